"""Scoring a run's best checkpoint when its training is over."""

from __future__ import annotations

from collections.abc import Generator

from core.config import RunConfig
from core.errors import StudioError
from core.evaluation import evaluate_checkpoint
from core.events import Event, Noted, Warned
from core.runs import RunFolder


def final_evaluation(config: RunConfig, run: RunFolder) -> Generator[Event, None, None]:
    """Evaluate the best checkpoint on `validation.final_split`, if the run has both.

    Errors become warnings, since the run itself is complete.
    """
    split = config.validation.final_split
    if not split or not run.best.is_file():
        return
    yield Noted(message=f"Scoring the best checkpoint on {split}.")
    try:
        yield from evaluate_checkpoint(
            run.best, config.data.dataset, split, root=config.data.root, device=config.device
        )
    except StudioError as error:
        yield Warned(message=f"The best checkpoint was not scored: {error}")
