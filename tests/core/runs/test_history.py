"""What a resumed run undid is not shown."""

from __future__ import annotations

from dataclasses import replace

from core.events import (
    EpochEnded,
    Event,
    RunStarted,
    StepLogged,
    ValidationEnded,
    ValidationScored,
    Warned,
)
from core.runs import effective, is_undone


def started(epoch: int, step: int) -> RunStarted:
    return RunStarted(
        epochs=9,
        steps_per_epoch=2,
        device="cpu",
        parameters=1,
        vocabulary_size=9,
        train_clips=4,
        validation_clips=2,
        epoch=epoch,
        step=step,
    )


def stepped(step: int) -> StepLogged:
    return StepLogged(
        epoch=(step - 1) // 2,
        step=step,
        losses={"total": 1.0},
        learning_rate=0.1,
        gradient_norm=1.0,
        examples_per_second=1.0,
    )


def ended(epoch: int) -> EpochEnded:
    return EpochEnded(epoch=epoch, step=2 * epoch + 2, losses={}, seconds=1.0)


def test_a_killed_run_repeats_what_lay_behind_its_last_state() -> None:
    validated = ValidationEnded(epoch=0, step=2, losses={})
    warned = Warned(message="slow")
    before: list[Event] = [started(0, 0), stepped(1), stepped(2), ended(0), validated, warned]
    undone: list[Event] = [stepped(3), stepped(4), ended(1)]
    again: list[Event] = [started(1, 3), stepped(4), ended(1)]
    events = [(float(time), event) for time, event in enumerate(before + undone + again)]
    kept = [event for _, event in effective(events)]
    assert kept == [*before, stepped(3), *again]


def test_a_run_that_was_never_stopped_is_whole() -> None:
    events = [(float(step), stepped(step)) for step in range(1, 6)]
    assert effective(events) == events


def test_a_validation_that_was_asked_for_within_an_epoch_is_kept() -> None:
    def resumed(epoch: int, at: int) -> RunStarted:
        return RunStarted(
            epochs=4,
            steps_per_epoch=10,
            device="cpu",
            parameters=1,
            vocabulary_size=1,
            train_clips=1,
            validation_clips=1,
            epoch=epoch,
            step=at,
        )

    asked = ValidationEnded(epoch=1, step=15, losses={"ce": 1.0})
    ended = ValidationEnded(epoch=1, step=20, losses={"ce": 1.0})
    assert not is_undone(asked, resumed(1, 15))
    assert not is_undone(asked, resumed(1, 18))
    assert is_undone(asked, resumed(1, 14))
    assert is_undone(ended, resumed(1, 20))
    assert not is_undone(ended, resumed(2, 20))


def test_scores_that_are_told_again_stand_once() -> None:
    validated = ValidationEnded(epoch=0, step=2, losses={})
    scored = ValidationScored(epoch=0, step=2, metrics={"cider_d": 0.1})
    again = replace(started(1, 2), unscored_step=2)
    told: list[Event] = [started(0, 0), validated, ended(1), scored, again, ended(1), scored]
    kept = [event for _, event in effective([(0.0, event) for event in told])]
    assert kept == [started(0, 0), validated, again, ended(1), scored]
    assert not is_undone(scored, started(1, 2))
