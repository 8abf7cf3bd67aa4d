"""Weights of the DCASE 2024 Task 6 baseline under our names.

The baseline's Lightning checkpoints keep one packed matrix for query, key and value of each
attention, the table of positions, and the mask of words that may not repeat. The first is taken
apart for the cross-attention; the other two are not weights and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from core.errors import CheckpointError

_NOT_WEIGHTS = frozenset({"forbid_rep_mask", "decoder.pos_encoding.pos_embedding"})
_OUTSIDE_LAYERS = {
    "projection.2": "projection.1",
    "decoder.emb_layer": "embedding",
    "decoder.classifier": "classifier",
}
_IN_LAYER = {
    "self_attn.out_proj": "self_attention.output",
    "multihead_attn.out_proj": "cross_attention.output",
    "linear1": "expand",
    "linear2": "contract",
    "norm1": "norm_self",
    "norm2": "norm_cross",
    "norm3": "norm_feedforward",
}
_LAYER_NAME = re.compile(r"decoder\.layers\.(\d+)\.(.+)[._](weight|bias)")


def from_reference_state_dict(
    state: Mapping[str, Tensor], source: Path | str = "The baseline checkpoint"
) -> dict[str, Tensor]:
    """Return a state of `CaptionModel` from the ``state_dict`` of a baseline checkpoint.

    `source` is what an error calls it.
    Raises `CheckpointError` when a tensor is missing, unknown, or of a shape that does not fit the
    others; layers, widths and vocabulary may have any size.
    """
    renamed = {
        ours: part
        for name, tensor in state.items()
        if name not in _NOT_WEIGHTS
        for ours, part in _translate(name, tensor, source)
    }
    _check_complete(renamed, source)
    return renamed


def _translate(name: str, tensor: Tensor, source: Path | str) -> list[tuple[str, Tensor]]:
    module, _, kind = name.rpartition(".")
    if module in _OUTSIDE_LAYERS:
        return [(f"{_OUTSIDE_LAYERS[module]}.{kind}", tensor)]
    match = _LAYER_NAME.fullmatch(name)
    if match is None:
        raise _unknown(name, source)
    layer, module, kind = match.groups()
    prefix = f"layers.{layer}"
    if module in _IN_LAYER:
        return [(f"{prefix}.{_IN_LAYER[module]}.{kind}", tensor)]
    if module == "self_attn.in_proj":
        return [(f"{prefix}.self_attention.query_key_value.{kind}", tensor)]
    if module == "multihead_attn.in_proj":
        width = tensor.shape[0] // 3
        return [
            (f"{prefix}.cross_attention.query.{kind}", tensor[:width].clone()),
            (f"{prefix}.cross_attention.key_value.{kind}", tensor[width:].clone()),
        ]
    raise _unknown(name, source)


def _check_complete(state: Mapping[str, Tensor], source: Path | str) -> None:
    """Raise `CheckpointError` unless names and shapes are those of one consistent model."""
    layers = {int(name.split(".")[1]) for name in state if name.startswith("layers.")}
    for name in ("embedding.weight", "projection.1.weight", "layers.0.expand.weight"):
        if name not in state or state[name].ndim != 2:
            raise CheckpointError(
                f"{source} has no usable tensor for {name}; "
                "choose a checkpoint that the baseline's training wrote."
            )
    vocabulary, width = state["embedding.weight"].shape
    expected = _expected_shapes(
        len(layers),
        vocabulary,
        width,
        audio_dim=state["projection.1.weight"].shape[1],
        feedforward=state["layers.0.expand.weight"].shape[0],
    )
    for name, shape in expected.items():
        if name not in state:
            raise CheckpointError(
                f"{source} is incomplete: it lacks the tensor for {name}; get the file again."
            )
        if tuple(state[name].shape) != shape:
            raise CheckpointError(
                f"{source} has {name} of shape {tuple(state[name].shape)} where "
                f"its other tensors need {shape}, so it is damaged or of another model; "
                "get the file again."
            )
    for name in state:
        if name not in expected:
            raise _unknown(name, source)


def _expected_shapes(
    layers: int, vocabulary: int, width: int, *, audio_dim: int, feedforward: int
) -> dict[str, tuple[int, ...]]:
    matrices: dict[str, tuple[int, int]] = {
        "projection.1": (width, audio_dim),
        "classifier": (vocabulary, width),
    }
    norms = []
    for index in range(layers):
        layer = f"layers.{index}"
        matrices |= {
            f"{layer}.self_attention.query_key_value": (3 * width, width),
            f"{layer}.self_attention.output": (width, width),
            f"{layer}.cross_attention.query": (width, width),
            f"{layer}.cross_attention.key_value": (2 * width, width),
            f"{layer}.cross_attention.output": (width, width),
            f"{layer}.expand": (feedforward, width),
            f"{layer}.contract": (width, feedforward),
        }
        norms += [f"{layer}.norm_{name}" for name in ("self", "cross", "feedforward")]
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (vocabulary, width)}
    for name, shape in matrices.items():
        shapes[f"{name}.weight"] = shape
        shapes[f"{name}.bias"] = shape[:1]
    for name in norms:
        shapes[f"{name}.weight"] = shapes[f"{name}.bias"] = (width,)
    return shapes


def _unknown(name: str, source: Path | str) -> CheckpointError:
    return CheckpointError(
        f"{source} has the unknown tensor {name}, so it is of another model; "
        "choose a checkpoint that the baseline's training wrote."
    )
