"""Reading the figures of several steps together changes nothing that is told or learnt."""

from __future__ import annotations

from math import inf, nan
from pathlib import Path

import pytest
import torch

from core.config import RunConfig
from core.errors import StudioError
from core.events import Event, Progress, RunStarted, StepLogged, Warned
from core.runs import RunFolder, create_run, effective, record
from core.training.prepare import Prepared
from core.training.state import Position
from core.training.step_figures import MOST_BAD_STEPS, Figures, StepLog
from tests.core.training.conftest import tiny_config
from tests.core.training.test_trainer import comparable, same_weights, trainer, weights


def config(log_every: int) -> RunConfig:
    sizes = {"epochs": 2, "batch_size": 4, "accumulate": 1, "mixup_alpha": 0.0}
    return tiny_config(
        training={**sizes, "log_every": log_every}, validation={"previews": 0, "every_epochs": 2}
    )


def told(events: list[Event]) -> list[Event]:
    return [comparable(event) for event in events if not isinstance(event, Progress)]


def figures(total: float, norm: float = 1.0) -> Figures:
    return Figures(("ce", "total"), torch.tensor([0.5, total, norm]))


@pytest.mark.parametrize(
    ("total", "norm", "bad"),
    [(1.0, 1.0, 0), (nan, 1.0, 1), (inf, 1.0, 1), (1.0, nan, 1), (1.0, inf, 1)],
)
def test_a_step_is_bad_where_its_loss_or_its_gradient_is_not_finite(
    total: float, norm: float, bad: int
) -> None:
    assert float(figures(total, norm).bad) == bad


def test_bad_steps_are_told_and_do_not_count_towards_the_means() -> None:
    position = Position()
    log = StepLog(position, every=3)
    for step, total in ((1, 2.0), (2, nan), (3, 4.0)):
        log.add(0, step, 0.1, 5, figures(total))
    events = list(log.report())
    warnings = [event.message for event in events if isinstance(event, Warned)]
    assert warnings == ["Step 2 was skipped: its loss is not finite."]
    assert position.mean_losses() == {"ce": 0.5, "total": 3.0}


def test_only_bad_steps_in_a_row_end_a_run() -> None:
    log = StepLog(Position(), every=1)

    def step(total: float) -> None:
        log.add(0, 1, 0.1, 5, figures(total))
        list(log.report())

    for _ in range(3):
        for _ in range(MOST_BAD_STEPS - 1):
            step(nan)
        step(1.0)
    for _ in range(MOST_BAD_STEPS - 1):
        step(nan)
    with pytest.raises(StudioError, match="10 steps in a row"):
        step(nan)


def test_speed_is_that_of_all_steps_read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("core.training.step_figures.time.monotonic", lambda: now[0])
    log = StepLog(Position(), every=2)
    for step in (1, 2):
        log.begin()
        now[0] += 2.0
        log.add(0, step, 0.1, 6, figures(1.0))
    speeds = {event.examples_per_second for event in log.report() if isinstance(event, StepLogged)}
    assert speeds == {3.0}


def test_steps_read_together_are_the_same_steps(
    tmp_path: Path, folder: RunFolder, data: Prepared
) -> None:
    data.train.frames[3] = float("nan")  # One step of each epoch is skipped.
    one = trainer(config(1), folder, data)
    expected = told(list(one.run()))
    eight = trainer(config(8), create_run(tiny_config(), tmp_path / "eight"), data)
    events = []
    for event in eight.run():
        events.append(event)
        if isinstance(event, StepLogged) and event.step == 1:
            assert eight.position.step == 6  # The epoch's end comes before the eighth step.
    # Compared as text, for a NaN is not equal to itself.
    assert list(map(repr, told(events))) == list(map(repr, expected))
    assert sum(isinstance(event, Warned) for event in events) == 2
    assert same_weights(weights(one), weights(eight))


@pytest.mark.parametrize("stop_after", [2, 4, 7])
def test_what_a_closed_run_had_not_told_it_tells_when_it_goes_on(
    tmp_path: Path, folder: RunFolder, data: Prepared, stop_after: int
) -> None:
    values = config(4)
    whole = trainer(values, folder, data)
    expected = [event for event in told(list(whole.run())) if isinstance(event, StepLogged)]
    other = create_run(tiny_config(), tmp_path / "stopped")
    events = record(other, trainer(values, other, data).run())
    for event in events:
        if isinstance(event, StepLogged) and event.step == stop_after:
            break
    events.close()  # type: ignore[attr-defined]
    # Killed after it told the rest: the steps that are told again stand there once.
    again = record(other, trainer(values, other, data, resume=True).run())
    started = next(event for event in again if isinstance(event, RunStarted))
    assert started.step == stop_after
    before = other.state.read_bytes()
    for event in again:
        if isinstance(event, StepLogged):
            break
    again.close()  # type: ignore[attr-defined]
    other.state.write_bytes(before)
    resumed = trainer(values, other, data, resume=True)
    list(record(other, resumed.run()))
    steps = [event for _, event in effective(other.events.read_all())]
    assert [comparable(e) for e in steps if isinstance(e, StepLogged)] == expected
    assert same_weights(weights(whole), weights(resumed))
