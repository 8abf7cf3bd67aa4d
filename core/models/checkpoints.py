"""Save and load trained caption models: one safetensors file with everything needed to use it.

The file format is described in `core.models.checkpoint_header`, which lists checkpoints without
importing torch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from core.config import RunConfig
from core.data.tokenizer import Tokenizer
from core.errors import CheckpointError
from core.files import write_proven
from core.models.caption_model import CaptionModel
from core.models.checkpoint_header import CheckpointInfo, metadata_of, read_checkpoint_info
from core.models.state_checks import mismatch


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A loaded checkpoint. The model is in evaluation mode, in float32, on the device asked for."""

    model: CaptionModel
    config: RunConfig
    tokenizer: Tokenizer
    info: CheckpointInfo


def save_checkpoint(
    path: Path | str,
    model: CaptionModel,
    config: RunConfig,
    tokenizer: Tokenizer,
    info: CheckpointInfo | None = None,
    *,
    half: bool = False,
) -> None:
    """Write a checkpoint, whole and readable or not at all.

    `half` stores weights as float16: half the size, for distribution, not for further training.
    An `info` without a date gets the present one. Raises `CheckpointError` when the model and the
    tokenizer do not belong together or the disk refuses.
    """
    path = Path(path)
    if model.vocabulary_size != tokenizer.size:
        raise CheckpointError(
            f"The model knows {model.vocabulary_size} tokens but the tokenizer {tokenizer.size}; "
            f"they do not belong together, so {path} was not written."
        )
    info = info or CheckpointInfo()
    if not info.created:
        info = replace(info, created=datetime.now(UTC).isoformat(timespec="seconds"))
    tensors = {name: _storable(tensor, half) for name, tensor in model.state_dict().items()}
    sizes = {
        "vocabulary_size": model.vocabulary_size,
        "audio_dim": model.audio_dim,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }
    metadata = metadata_of(config, tokenizer.to_json(), info, sizes)
    try:
        write_proven(path, save(tensors, metadata))
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"The checkpoint {path} could not be written ({error}).") from error


def load_checkpoint(path: Path | str, device: torch.device | str = "cpu") -> Checkpoint:
    """Load a checkpoint and build its model.

    Raises `CheckpointError` when the file is missing, damaged, of another kind, or when its tensors
    are not exactly those of the model that its configuration describes.
    """
    path = Path(path)
    header = read_checkpoint_info(path)
    try:
        tokenizer = Tokenizer.from_json(header.tokenizer_json)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path} is damaged: its tokenizer cannot be read ({error}); get the file again."
        ) from error
    if tokenizer.size != header.vocabulary_size:
        raise CheckpointError(
            f"{path} is damaged: its tokenizer has {tokenizer.size} tokens, its model "
            f"{header.vocabulary_size}; get the file again."
        )
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} is damaged ({error}); get the file again.") from error
    # Building a model draws initial weights; that must not disturb the draws of a running training.
    with torch.random.fork_rng(devices=[]):
        model = CaptionModel(header.config.model, header.vocabulary_size, header.audio_dim)
    load_strictly(model, tensors, path)
    model = model.to(device).eval()
    return Checkpoint(model, header.config, tokenizer, header.info)


def load_strictly(
    model: torch.nn.Module, tensors: dict[str, torch.Tensor], path: Path | str
) -> None:
    """Copy `tensors` into `model`; every name and shape must agree, every value be finite.

    Raises `CheckpointError` with a sentence that names what is missing, left over or misshapen.
    """
    if problem := mismatch(model.state_dict(), tensors):
        raise CheckpointError(f"{path} {problem}; it was made for another model or is damaged.")
    model.load_state_dict(tensors)


def _storable(tensor: torch.Tensor, half: bool) -> torch.Tensor:
    """Return a contiguous copy on the CPU that shares no memory, as safetensors demands."""
    if half and tensor.is_floating_point():
        tensor = tensor.to(torch.float16)
    return tensor.detach().to("cpu", copy=True).contiguous()
