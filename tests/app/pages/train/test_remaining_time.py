from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from app.pages.train.remaining_time import (
    CONTRAST_COSTS,
    checks_between,
    remaining_seconds,
    stretches,
)
from app.runs.history import RunHistory
from core.config import RunConfig
from core.events import Event, Paused, RunStarted, ValidationEnded
from core.runs.event_columns import StepBlock

PER_EPOCH = 100


def config_of(epochs: int = 10, contrast_from: int | None = None, every: int = 1) -> RunConfig:
    terms = [] if contrast_from is None else [{"name": "caption-ntxent", "weight": 0.1}]
    for term in terms:
        term["start_epoch"] = contrast_from
    return RunConfig.model_validate(
        {
            "objectives": terms,
            "training": {"epochs": epochs},
            "validation": {"every_epochs": every},
        }
    )


def started(epochs: int = 10, step: int = 0) -> RunStarted:
    return RunStarted(
        epochs=epochs,
        steps_per_epoch=PER_EPOCH,
        device="cpu",
        parameters=1,
        vocabulary_size=1,
        train_clips=1,
        validation_clips=1,
        epoch=step // PER_EPOCH,
        step=step,
    )


class Log:
    """Writes a history as a run would: steps of some seconds, and what happens between them."""

    def __init__(self, epochs: int = 10, step: int = 0) -> None:
        self.history, self.clock, self.step = RunHistory(), 1000.0, step
        self.note(started(epochs, step))

    def note(self, event: Event, seconds: float = 0.0) -> None:
        self.clock += seconds
        self.history.take([(self.clock, event)])

    def steps(self, count: int, seconds: float) -> None:
        numbers = self.step + 1.0 + np.arange(count)
        times = self.clock + seconds * (1.0 + np.arange(count))
        columns = {"time": times, "step": numbers, "number": (numbers - 1) // PER_EPOCH}
        self.history.take([StepBlock(columns, ("ce",))])
        self.step, self.clock = int(numbers[-1]), float(times[-1])

    def check(self, seconds: float) -> None:
        epoch = self.step // PER_EPOCH - 1
        event = ValidationEnded(epoch=epoch, step=self.step, losses={"ce": 1.0}, seconds=seconds)
        self.note(event, seconds)


def test_nothing_is_promised_before_enough_was_seen() -> None:
    log = Log()
    assert remaining_seconds(log.history, config_of()) is None
    log.steps(9, 1.0)
    assert remaining_seconds(log.history, config_of()) is None
    log.steps(9, 1.0)
    assert remaining_seconds(log.history, config_of()) is not None
    quick = Log()
    quick.steps(50, 0.001)
    assert remaining_seconds(quick.history, config_of()) is None


def test_the_pace_is_that_of_this_start() -> None:
    log = Log()
    log.steps(2 * PER_EPOCH, 9.0)
    log.note(started(step=PER_EPOCH), 3600.0)
    log.step = PER_EPOCH
    log.steps(PER_EPOCH, 0.1)
    log.check(0.0)
    assert remaining_seconds(log.history, config_of()) == pytest.approx(80.0)


def test_contrast_that_starts_later_is_expected_to_cost_more() -> None:
    log = Log()
    log.steps(PER_EPOCH, 0.1)
    log.check(0.0)
    plain, late = config_of(), config_of(contrast_from=5)
    assert remaining_seconds(log.history, plain) == pytest.approx(90.0)
    expected = 4 * 10.0 + 5 * 10.0 * CONTRAST_COSTS
    assert remaining_seconds(log.history, late) == pytest.approx(expected)


def test_a_loss_that_was_seen_has_the_pace_that_was_measured() -> None:
    log = Log()
    log.steps(5 * PER_EPOCH, 0.1)
    log.steps(PER_EPOCH, 0.3)
    log.check(0.0)
    assert remaining_seconds(log.history, config_of(contrast_from=5)) == pytest.approx(
        4 * 30.0, rel=0.02
    )


def test_validations_count_for_themselves() -> None:
    log = Log()
    log.steps(PER_EPOCH, 0.1)
    # None was seen: a fifth of an epoch each.
    assert remaining_seconds(log.history, config_of()) == pytest.approx(90.0 + 9 * 2.0)
    log.check(30.0)
    log.steps(PER_EPOCH, 0.1)
    log.check(30.0)
    assert remaining_seconds(log.history, config_of()) == pytest.approx(80.0 + 8 * 30.0, rel=0.01)
    seldom = config_of(every=4)
    assert [checks_between(seldom, 0, 10), checks_between(seldom, 8, 10)] == [3, 1]


def test_a_pause_does_not_count() -> None:
    log = Log()
    log.steps(PER_EPOCH // 2, 0.1)
    log.note(Paused(seconds=500.0), 500.0)
    log.steps(PER_EPOCH // 2, 0.1)
    log.check(0.0)
    assert remaining_seconds(log.history, config_of()) == pytest.approx(90.0, rel=0.01)


def test_stretches_have_one_loss_each() -> None:
    def parts(config: RunConfig, epochs: int) -> Iterable[tuple[int, int, int]]:
        return [(first, last, len(terms)) for first, last, terms in stretches(config, epochs)]

    assert parts(config_of(), 10) == [(0, 10, 0)]
    assert parts(config_of(contrast_from=4), 10) == [(0, 4, 0), (4, 10, 1)]
    assert parts(config_of(contrast_from=4), 3) == [(0, 3, 0)]
