"""Evaluations of several checkpoints on a whole split, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.pages.compare.kept_captions import Source, kept_evaluation
from app.pages.compare.work import SystemFailed, SystemId
from core.errors import StudioError
from core.events import Event, Progress

# The length of one system's bar, and where captioning ends and scoring begins.
_WHOLE, _CAPTIONED = 1000, 900


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemEvaluated(Event):
    """The evaluation of `system` is kept now."""

    system: SystemId


def unevaluated(systems: Sequence[SystemId], source: Source) -> list[SystemId]:
    """Return the checkpoints without a recent evaluation on the split."""
    if not source.dataset:
        return []
    return [
        system
        for system in systems
        if not system.is_table and kept_evaluation(system, source) is None
    ]


def evaluate_systems(
    systems: Sequence[SystemId], source: Source, root: str = ""
) -> Iterator[Event]:
    """Evaluate each; one that cannot be evaluated yields `SystemFailed` and the next goes on.

    Closing it keeps what is captioned; the next call goes on from there.
    """
    from core.evaluation.evaluate import evaluate_checkpoint

    for number, system in enumerate(systems):
        work = evaluate_checkpoint(system.path, source.dataset, source.split, root=root)
        try:
            yield from _counted(work, number, len(systems))
        except StudioError as error:
            yield SystemFailed(system=system, message=str(error))
        else:
            yield SystemEvaluated(system=system)


def _counted(work: Iterator[Event], number: int, systems: int) -> Iterator[Event]:
    """Pass events on, their progress as that of all systems together.

    Scoring, whose length nobody knows, takes the last tenth of each system.
    """
    which = f"{number + 1} of {systems}: " if systems > 1 else ""
    at = 0
    for event in work:
        if not isinstance(event, Progress):
            yield event
            continue
        if event.phase.startswith("Scoring"):
            at = _CAPTIONED
        elif event.phase == "Captioning" and event.total:
            at = max(at, round(_CAPTIONED * min(1.0, event.done / event.total)))
        count = f"{event.done:,} of {event.total:,}" if event.total else event.message
        done, total = number * _WHOLE + at, systems * _WHOLE
        text = f"{which}{event.phase.lower()} {count}".rstrip()
        yield Progress(phase="Evaluating", done=done, total=total, message=text)
