"""What a running training is asked for in its folder, it does, and says so."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from core.events import (
    CheckpointSaved,
    EpochEnded,
    Event,
    Noted,
    Paused,
    PreviewCaptioned,
    Progress,
    RunEnded,
    RunPaused,
    StepLogged,
    ValidationEnded,
)
from core.runs import RunFolder, create_run, record, summarize
from core.runs.commands import Command, request
from core.runs.owner import owned
from core.training import run_requests
from core.training.prepare import Prepared
from core.training.run_requests import StopAsked, obeying, stoppable
from core.training.state import Position
from tests.core.training.conftest import tiny_config
from tests.core.training.test_trainer import comparable, same_weights, trainer, weights

CONFIG = tiny_config(training={"epochs": 2}, objectives=[{"name": "caption-ntxent"}])


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_requests, "_LOOK_SECONDS", 0.0)


def asked(
    events: Iterator[Event], folder: RunFolder, wishes: dict[int, list[Command]]
) -> Iterator[Event]:
    """Pull events, asking for something after some steps."""
    for event in events:
        yield event
        if isinstance(event, StepLogged):
            for command in wishes.get(event.step, []):
                request(folder.path, command)


def test_saving_previewing_and_validating_change_nothing_of_the_run(
    tmp_path: Path, folder: RunFolder, data: Prepared
) -> None:
    quiet = trainer(CONFIG, folder, data)
    expected = [comparable(event) for event in quiet.run()]
    other = create_run(CONFIG, tmp_path / "asked")
    disturbed = trainer(CONFIG, other, data)
    wishes: dict[int, list[Command]] = {2: ["save", "preview"], 4: ["validate"]}
    events = list(asked(record(other, disturbed.run()), other, wishes))
    assert same_weights(weights(quiet), weights(disturbed))
    words = [event.message for event in events if isinstance(event, Noted)]
    assert words == [
        "The state after step 2 was saved, as asked for.",
        "The preview clips were captioned after step 2, as asked for.",
        "The model was validated after step 4, as asked for.",
    ]
    assert next(e.step for e in events if isinstance(e, CheckpointSaved) and e.kind == "last") == 2
    assert [e.step for e in events if isinstance(e, ValidationEnded)] == [3, 4, 6]
    assert [e.step for e in events if isinstance(e, PreviewCaptioned)] == [2, 2, 3, 3, 4, 4, 6, 6]
    kinds = (StepLogged, EpochEnded)
    trained = [comparable(event) for event in events if isinstance(event, kinds)]
    assert trained == [event for event in expected if isinstance(event, kinds)]


def test_stop_saves_and_ends_the_events(tmp_path: Path, folder: RunFolder, data: Prepared) -> None:
    whole = trainer(CONFIG, folder, data)
    list(whole.run())
    other = create_run(CONFIG, tmp_path / "stopped")
    events = list(asked(record(other, trainer(CONFIG, other, data).run()), other, {2: ["stop"]}))
    assert isinstance(events[-2], CheckpointSaved)
    assert events[-1] == RunEnded(reason="stopped", epoch=0, step=2)
    assert summarize(other).state == "stopped"
    resumed = trainer(CONFIG, other, data, resume=True)
    list(record(other, resumed.run()))
    assert same_weights(weights(whole), weights(resumed))
    assert summarize(other).state == "finished"


def test_a_paused_run_stands_still_and_still_obeys(folder: RunFolder, data: Prepared) -> None:
    seen: list[Event] = []
    states: list[str] = []
    for event in record(folder, trainer(CONFIG, folder, data).run()):
        seen.append(event)
        if isinstance(event, StepLogged) and event.step == 2:
            request(folder.path, "pause")
        if isinstance(event, Progress) and event.phase == "Paused":
            states.append(summarize(folder).state)
            request(folder.path, "save" if len(states) == 1 else "continue")
    kinds = [type(event) for event in seen]
    pause, go_on = kinds.index(RunPaused), kinds.index(Paused)
    between = kinds[pause + 1 : go_on]
    assert StepLogged not in between
    assert [kind for kind in between if kind is not Progress] == [CheckpointSaved, Noted]
    assert states == ["paused", "paused"]
    assert [e.step for e in seen if isinstance(e, StepLogged)] == [1, 2, 3, 4, 5, 6]
    assert summarize(folder).state == "finished"


def test_a_paused_run_can_be_stopped(folder: RunFolder, data: Prepared) -> None:
    wishes: dict[int, list[Command]] = {2: ["pause", "stop"]}
    events = list(asked(record(folder, trainer(CONFIG, folder, data).run()), folder, wishes))
    assert [e.step for e in events if isinstance(e, StepLogged)] == [1, 2]
    assert summarize(folder).state == "stopped"


def test_what_was_asked_of_a_process_that_died_is_forgotten(
    folder: RunFolder, data: Prepared
) -> None:
    (folder.path / "commands").mkdir()
    (folder.path / "commands" / "0-1-stop").touch()
    events = list(record(folder, trainer(CONFIG, folder, data).run()))
    assert events[-1] == RunEnded(reason="finished", epoch=1, step=6)


@pytest.mark.parametrize("closes", [True, False])
def test_work_before_the_first_step_can_be_stopped(folder: RunFolder, closes: bool) -> None:
    ended: list[bool] = []

    def work() -> Iterator[Event]:
        try:
            for number in range(3):
                yield Progress(phase="Extracting features", done=number)
        finally:
            ended.append(True)

    with owned(folder.path):
        events = stoppable(folder, work())  # type: ignore[arg-type]
        next(events)
        if closes:
            events.close()
        else:
            request(folder.path, "stop")
            with pytest.raises(StopAsked):
                next(events)
    assert ended == [True]


def test_requests_are_carried_out_after_a_step_once_all_steps_were_reported(
    folder: RunFolder,
) -> None:
    step = StepLogged(
        epoch=0, step=1, losses={}, learning_rate=0.1, gradient_norm=1.0, examples_per_second=1.0
    )
    other = Progress(phase="Validating", done=0)
    position = Position()

    def work() -> Generator[Event, None, None]:
        position.unreported = [{}]
        yield other
        yield step
        position.unreported = []
        yield other
        yield step

    def save(command: Command) -> Iterator[Event]:
        yield Noted(message=command)

    with owned(folder.path):
        request(folder.path, "save")
        found = list(obeying(folder, work(), save, position))
    assert found == [other, step, other, step, Noted(message="save")]
