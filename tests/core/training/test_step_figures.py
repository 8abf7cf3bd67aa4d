"""Reading the figures of several steps together changes nothing that is told or learnt."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.config import RunConfig
from core.events import Event, Progress, RunStarted, StepLogged, Warned
from core.runs import RunFolder, create_run, effective, record
from core.training.prepare import Prepared
from tests.core.training.conftest import tiny_config
from tests.core.training.test_trainer import comparable, same_weights, trainer, weights


def config(log_every: int) -> RunConfig:
    sizes = {"epochs": 2, "batch_size": 4, "accumulate": 1, "mixup_alpha": 0.0}
    return tiny_config(
        training={**sizes, "log_every": log_every}, validation={"previews": 0, "every_epochs": 2}
    )


def told(events: list[Event]) -> list[Event]:
    return [comparable(event) for event in events if not isinstance(event, Progress)]


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
