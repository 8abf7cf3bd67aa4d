"""Starting a run, and going on with one."""

from __future__ import annotations

from collections.abc import Iterator

from core.config import RunConfig
from core.data.tokenizer import Tokenizer
from core.errors import RunFolderError
from core.events import Event
from core.files import write_json_atomic, write_text_atomic
from core.runs import RunFolder, record
from core.runs.environment import describe_environment
from core.training.device import choose_device
from core.training.prepare import prepare
from core.training.trainer import Trainer


def train_run(config: RunConfig, run: RunFolder) -> Iterator[Event]:
    """Train a new run in its folder, recording every event there.

    Yields
    ------
    Event
        Progress of the feature extraction, then the training, then `RunEnded`.

    Raises
    ------
    StudioError
        For whatever the user can mend; the folder then says that the run failed, and why.
    """
    return record(run, _train(config, run, resume=False))


def resume_run(run: RunFolder) -> Iterator[Event]:
    """Go on with a stopped, interrupted or failed run from its last state.

    A run that ended before its first state was kept starts again from the beginning.
    Raises `RunFolderError` or `CheckpointError` when it cannot be resumed.
    """
    return record(run, _train(run.config(), run, resume=run.state.exists()))


def _train(config: RunConfig, run: RunFolder, resume: bool) -> Iterator[Event]:
    device = choose_device(config.device)
    write_json_atomic(run.environment_file, describe_environment(str(device), config.seed))
    tokenizer = _kept_tokenizer(run) if resume else None
    data = yield from prepare(config, device, tokenizer)
    write_text_atomic(run.tokenizer_file, data.tokenizer.to_json())
    yield from Trainer(config, run, data, device, resume).run()


def _kept_tokenizer(run: RunFolder) -> Tokenizer:
    try:
        return Tokenizer.from_json(run.tokenizer_file.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError) as error:
        raise RunFolderError(
            f"{run.tokenizer_file} is missing or damaged, so the run cannot be resumed."
        ) from error
