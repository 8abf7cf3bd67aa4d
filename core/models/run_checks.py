"""What would keep a run from starting, found before it starts, for the form. No torch."""

from __future__ import annotations

from collections.abc import Iterator

from core.config import Problem, RunConfig
from core.data.dataset_checks import check_dataset, open_run_dataset
from core.errors import CheckpointError, StudioError
from core.models.checkpoint_files import find_checkpoint
from core.models.checkpoint_header import read_checkpoint_info
from core.runs.branching import branch_source


def check_run(config: RunConfig) -> list[Problem]:
    """Return what would keep a run from starting, field by field.

    Opens the dataset and reads the checkpoint's header, so it takes a moment. What a configuration
    can check by itself (a batch of one clip with contrast, a temperature of 0, a weight below 0, an
    unknown method) is refused when it is created.
    """
    problems = list(_check_origin(config))
    try:
        dataset = open_run_dataset(config)
    except StudioError as error:
        return [Problem(field="data.dataset", sentence=str(error)), *problems]
    return [*check_dataset(config, dataset), *problems]


def _check_origin(config: RunConfig) -> Iterator[Problem]:
    training = config.training
    try:
        if training.branch_from:
            branch_source(config)
    except StudioError as error:
        yield Problem(field="training.branch_from", sentence=str(error))
    if not training.initial_checkpoint:
        return
    try:
        header = read_checkpoint_info(find_checkpoint(training.initial_checkpoint))
    except CheckpointError as error:
        yield Problem(field="training.initial_checkpoint", sentence=str(error))
        return
    if header.config.model != config.model:
        yield Problem(
            field="training.initial_checkpoint",
            sentence=f"The model of {header.path.name} differs from these settings; use the "
            "checkpoint's own model settings.",
        )
    encoder = header.info.encoder or header.config.data.encoder
    if encoder != config.data.encoder:
        yield Problem(
            field="data.encoder",
            sentence=f"{header.path.name} was trained on features of {encoder}; choose that "
            "encoder.",
        )
