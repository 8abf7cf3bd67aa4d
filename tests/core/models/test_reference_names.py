from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.errors import CheckpointError
from core.models.reference_names import from_reference_state_dict


def _without(state: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in state.items() if key != name}


@pytest.mark.parametrize(
    "missing",
    [
        "decoder.emb_layer.weight",
        "projection.2.bias",
        "decoder.layers.0.linear1.weight",
        "decoder.layers.1.multihead_attn.in_proj_bias",
    ],
)
def test_a_missing_tensor_of_the_baseline_is_named(
    baseline_tensors: Callable[[str], Any], missing: str
) -> None:
    state = _without(baseline_tensors("small_model.safetensors"), missing)
    with pytest.raises(CheckpointError, match=r"embedding|projection\.1|layers\.[01]\."):
        from_reference_state_dict(state)


def test_unknown_and_misshapen_tensors_of_the_baseline_are_refused(
    baseline_tensors: Callable[[str], Any],
) -> None:
    state = baseline_tensors("small_model.safetensors")
    with pytest.raises(CheckpointError, match=r"unknown tensor decoder\.norm\.weight"):
        from_reference_state_dict(
            {**state, "decoder.norm.weight": state["decoder.layers.0.norm1.weight"]}
        )
    with pytest.raises(CheckpointError, match=r"layers\.1\.contract\.weight of shape \(32, 63\)"):
        name = "decoder.layers.1.linear2.weight"
        from_reference_state_dict({**state, name: state[name][:, :63]})
