"""The one line of events that led to where a run stands.

A run that was killed goes on from its last kept state, which may lie before the last events it
wrote. What it had written beyond that state was undone, so it is left out: curves never zig-zag.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.events import (
    CaptionsMapped,
    CheckpointSaved,
    EpochEnded,
    Event,
    PreviewCaptioned,
    RunStarted,
    StepLogged,
    ValidationEnded,
    ValidationScored,
)

_OF_AN_EPOCH = (
    EpochEnded,
    ValidationEnded,
    ValidationScored,
    CheckpointSaved,
    PreviewCaptioned,
    CaptionsMapped,
)


def is_undone(event: Event, resumed: RunStarted) -> bool:
    """Say whether a resumed run repeats `event`, which stands before `resumed` in the file."""
    if isinstance(event, StepLogged):
        return event.step > resumed.step
    if not isinstance(event, _OF_AN_EPOCH):
        return False
    if event.step == 0:
        return resumed.step == 0
    if isinstance(event, ValidationScored) and event.step == resumed.unscored_step:
        return True
    if event.step < (event.epoch + 1) * resumed.steps_per_epoch:
        # Asked for in the midst of an epoch, which a resumed run does not repeat.
        return event.step > resumed.step
    return event.epoch >= resumed.epoch


def effective(events: Iterable[tuple[float, Event]]) -> list[tuple[float, Event]]:
    """Return (time, event) of a run without what later resumptions undid."""
    kept: list[tuple[float, Event]] = []
    for time, event in events:
        if isinstance(event, RunStarted):
            kept = [(then, other) for then, other in kept if not is_undone(other, event)]
        kept.append((time, event))
    return kept
