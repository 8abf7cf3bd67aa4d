"""The configuration of a run that goes on from a checkpoint, CE as CE+CL for instance. No torch."""

from __future__ import annotations

from pathlib import Path

from core.config import RunConfig
from core.models.checkpoint_header import read_checkpoint_info


def continued_config(checkpoint: Path, base: RunConfig | None = None) -> RunConfig:
    """Return the configuration of a new run that starts with the weights of a checkpoint.

    The checkpoint's own configuration, or `base` (a preset, say) with the model and the encoder
    that the weights were made for. Its vocabulary is taken over when the run starts, and schedules
    count from there. Raises `CheckpointError` when the file cannot be read.
    """
    own = read_checkpoint_info(checkpoint).config
    config = own if base is None else base
    data = config.data.model_copy(update={"encoder": own.data.encoder})
    training = config.training.model_copy(
        update={"initial_checkpoint": str(checkpoint.absolute()), "branch_from": ""}
    )
    changed = {"model": own.model, "data": data, "training": training, "name": ""}
    return config.model_copy(update=changed)
