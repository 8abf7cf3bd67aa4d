"""Evaluations of several checkpoints on a whole split, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.pages.compare.kept_captions import Source, kept_evaluation
from app.pages.compare.work import SystemFailed, SystemId
from core.errors import StudioError
from core.events import Event


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

    for system in systems:
        try:
            yield from evaluate_checkpoint(system.path, source.dataset, source.split, root=root)
        except StudioError as error:
            yield SystemFailed(system=system, message=str(error))
        else:
            yield SystemEvaluated(system=system)
