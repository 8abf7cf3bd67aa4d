"""Turn a checkpoint of the DCASE 2024 Task 6 baseline into one of ours.

The baseline (https://github.com/Labbeti/dcase2024-task6-baseline) saves Lightning ``.ckpt`` files
and, apart from them, a ``tokenizer.json``. The former are pickles that hold configuration objects,
so neither ``weights_only=True`` reads them nor may they be unpickled: `core.models.torch_files`
takes out tensors and plain values and runs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from core.config import RunConfig, parse_config
from core.data.stopwords import tokens_allowed_once
from core.data.tokenizer import Tokenizer
from core.errors import CheckpointError
from core.models.caption_model import CaptionModel
from core.models.checkpoint_header import CheckpointInfo
from core.models.checkpoints import load_strictly, save_checkpoint
from core.models.reference_names import from_reference_state_dict
from core.models.torch_files import TorchFileError, read_torch_file

# The baseline has no setting for the number of heads, and no tensor tells it.
_HEADS = 8
# What the baseline was trained on and with; not written in its checkpoints.
_DATASET = "clotho"
_ENCODER = "convnext-tiny"

# Our setting, and the baseline's hyper-parameter that it is read from.
_HYPER_PARAMETERS = {
    ("training", "epochs"): "sched_num_steps",
    ("training", "label_smoothing"): "label_smoothing",
    ("training", "mixup_alpha"): "mixup_alpha",
    ("optimizer", "learning_rate"): "lr",
    ("optimizer", "epsilon"): "eps",
    ("optimizer", "weight_decay"): "weight_decay",
    ("decoding", "beam_size"): "beam_size",
    ("decoding", "min_tokens"): "min_pred_size",
    ("decoding", "max_tokens"): "max_pred_size",
}


def import_reference(
    checkpoint: Path | str, tokenizer_file: Path | str, target: Path | str
) -> CheckpointInfo:
    """Convert a baseline checkpoint with its ``tokenizer.json`` and return what is known of it.

    Raises `CheckpointError` when either file is missing, damaged or of another kind, or when the
    two do not belong together; nothing is written then.
    """
    checkpoint = Path(checkpoint)
    content = _read_checkpoint(checkpoint)
    state = from_reference_state_dict(_tensors(content, checkpoint), checkpoint)
    tokenizer = _read_tokenizer(Path(tokenizer_file))
    vocabulary, audio_dim = len(state["embedding.weight"]), state["projection.1.weight"].shape[1]
    if tokenizer.size != vocabulary:
        raise CheckpointError(
            f"{tokenizer_file} has {tokenizer.size} tokens but {checkpoint} was trained with "
            f"{vocabulary}; choose the tokenizer.json of the same run."
        )
    config, notes = _config(content, state, tokenizer, checkpoint)
    with torch.random.fork_rng(devices=[]):
        model = CaptionModel(config.model, vocabulary, audio_dim)
    load_strictly(model, state, checkpoint)
    epoch, step = content.get("epoch"), content.get("global_step")
    info = CheckpointInfo(
        # Lightning numbers epochs from 0 and saves within one; ours says how many were seen.
        epoch=epoch + 1 if isinstance(epoch, int) else 0,
        step=step if isinstance(step, int) else 0,
        metrics=_metrics(content),
        encoder=_ENCODER,
        origin=f"imported from {checkpoint.name}",
        notes=notes,
    )
    save_checkpoint(target, model, config, tokenizer, info)
    return info


def _read_checkpoint(path: Path) -> dict[str, Any]:
    try:
        content = read_torch_file(path)
    except TorchFileError as error:
        raise CheckpointError(f"{path} {error}.") from error
    if not isinstance(content, dict) or not isinstance(content.get("state_dict"), dict):
        raise CheckpointError(
            f"{path} has no state_dict; choose a .ckpt file that the baseline's training wrote."
        )
    return content


def _tensors(content: Mapping[str, Any], path: Path) -> dict[str, torch.Tensor]:
    for name, value in content["state_dict"].items():
        # None of the baseline's tensors is a single number, and parts of them are cut out.
        if not isinstance(name, str) or not isinstance(value, torch.Tensor) or not value.ndim:
            raise CheckpointError(f"{path} has {name} that is not a weight; get the file again.")
    return dict(content["state_dict"])


def _read_tokenizer(path: Path) -> Tokenizer:
    try:
        return Tokenizer.from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(
            f"There is no tokenizer at {path}; choose the tokenizer.json of the same run."
        ) from None
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} is not a tokenizer of the baseline ({error}); choose its tokenizer.json."
        ) from error


def _config(
    content: Mapping[str, Any],
    state: Mapping[str, torch.Tensor],
    tokenizer: Tokenizer,
    path: Path,
) -> tuple[RunConfig, str]:
    """Return the settings of the run as far as they are known, and a note on what is not."""
    width = state["embedding.weight"].shape[1]
    values: dict[str, dict[str, Any]] = {
        "data": {"dataset": _DATASET, "encoder": _ENCODER},
        "model": {
            "d_model": width,
            "layers": 1 + max(int(name.split(".")[1]) for name in state if name[:7] == "layers."),
            "heads": _HEADS,
            "feedforward": len(state["layers.0.expand.weight"]),
        },
        "training": {},
        "optimizer": {},
        "decoding": {},
    }
    given = content.get("hyper_parameters")
    given = given if isinstance(given, dict) else {}
    for (section, field), name in _HYPER_PARAMETERS.items():
        if isinstance(given.get(name), int | float):
            values[section][field] = given[name]
    betas = given.get("betas")
    if isinstance(betas, list | tuple) and len(betas) == 2:
        values["optimizer"] |= {"beta1": betas[0], "beta2": betas[1]}
    banned = content["state_dict"].get("forbid_rep_mask")
    values["decoding"]["forbid_repeated"], notes = _repetition(banned, tokenizer)
    return parse_config(values, f"{path} (its hyper-parameters)"), notes


def _repetition(banned: torch.Tensor | None, tokenizer: Tokenizer) -> tuple[str, str]:
    """Return our rule for the words that were not to be repeated, and a note where none fits."""
    if banned is None:
        return "content_words", ""
    if not banned.any():
        return "none", ""
    for rule in ("content_words", "all"):
        ours = tokens_allowed_once(tokenizer, rule)
        if ours is not None and torch.equal(ours, banned):
            return rule, ""
    if banned.shape != (tokenizer.size,):
        return "content_words", "Its list of words that may be repeated is of another vocabulary."
    ours = tokens_allowed_once(tokenizer, "content_words")
    assert ours is not None
    differing = [tokenizer.words[index] for index in torch.nonzero(ours != banned)[:, 0]]
    return "content_words", (
        "Its list of words that may be repeated differs from ours in: "
        f"{', '.join(differing[:20])}{' ...' if len(differing) > 20 else ''}."
    )


def _metrics(content: Mapping[str, Any]) -> dict[str, float]:
    """Return the validation loss at the moment of saving, where the file tells it."""
    callbacks = content.get("callbacks")
    for callback in callbacks.values() if isinstance(callbacks, dict) else ():
        if isinstance(callback, dict) and callback.get("monitor") == "val/loss":
            score = callback.get("current_score")
            if isinstance(score, torch.Tensor) and score.numel() == 1 and score.isfinite():
                return {"loss": float(score)}
    return {}
