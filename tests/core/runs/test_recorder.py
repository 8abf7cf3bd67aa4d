"""The recorder: every way in which a run may end is written down, and nothing is lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.config import RunConfig
from core.errors import CheckpointError, RunFolderError
from core.events import (
    CheckpointSaved,
    EpochEnded,
    Event,
    Paused,
    PreviewCaptioned,
    Progress,
    RunEnded,
    RunStarted,
    Warned,
)
from core.files import write_json_atomic
from core.runs import RunFolder, create_run, record, summarize
from core.runs.owner import owned, owner_is_alive

STARTED = RunStarted(
    epochs=2,
    steps_per_epoch=1,
    device="cpu",
    parameters=1,
    vocabulary_size=1,
    train_clips=1,
    validation_clips=1,
)
ENDED = EpochEnded(epoch=0, step=7, losses={}, seconds=0.1)
PREVIEW = PreviewCaptioned(epoch=0, step=7, clip="a", caption="rain", log_prob=-1.0)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return create_run(RunConfig(), tmp_path)


def kept(run: RunFolder) -> list[Event]:
    return [event for _, event in run.events.read_all()]


class Engine:
    """A generator of events that notes how it was ended."""

    def __init__(self, *events: Event, error: BaseException | None = None) -> None:
        self.events, self.error, self.saved = events, error, False

    def run(self) -> Iterator[Event]:
        try:
            yield from self.events
            if self.error is not None:
                raise self.error
        finally:
            self.saved = True


def test_a_finished_run(run: RunFolder) -> None:
    events = [STARTED, Progress(phase="Validating", done=0), ENDED, PREVIEW]
    passed = list(record(run, Engine(*events).run()))
    end = RunEnded(reason="finished", epoch=0, step=7)
    assert passed == [*events, end]
    assert kept(run) == [STARTED, ENDED, end]
    assert [event for _, event in run.previews.read_all()] == [PREVIEW]
    assert not owner_is_alive(run.path)
    assert not (run.path / "owner.json").exists()


def test_an_event_is_on_disk_before_it_is_passed_on(run: RunFolder) -> None:
    events = record(run, Engine(STARTED, ENDED).run())
    for event in events:
        assert kept(run)[-1] == event
        if isinstance(event, STARTED.__class__):
            assert summarize(run).state == "running"


def test_a_stopped_run_saves_first_and_then_says_so(run: RunFolder) -> None:
    engine = Engine(STARTED, ENDED, ENDED)
    events = record(run, engine.run())
    next(events), next(events)
    events.close()  # type: ignore[attr-defined]
    assert engine.saved
    assert kept(run)[-1] == RunEnded(reason="stopped", epoch=0, step=7)
    assert summarize(run).state == "stopped"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (CheckpointError("x is damaged; get it again."), "x is damaged; get it again."),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (KeyboardInterrupt(), "KeyboardInterrupt: "),
    ],
)
def test_a_failed_run_tells_why(run: RunFolder, error: BaseException, sentence: str) -> None:
    with pytest.raises(type(error)):
        list(record(run, Engine(STARTED, error=error).run()))
    last = kept(run)[-1]
    assert isinstance(last, RunEnded)
    assert (last.reason, last.message) == ("failed", sentence)
    assert "Traceback" in run.log_file.read_text(encoding="utf-8")
    assert summarize(run).state == "failed"


def test_a_stop_that_cannot_save_is_a_failure(run: RunFolder) -> None:
    def engine() -> Iterator[Event]:
        try:
            yield STARTED
            yield ENDED
        finally:
            raise CheckpointError("The disk is full.")

    events = record(run, engine())
    next(events)
    with pytest.raises(CheckpointError):
        events.close()  # type: ignore[attr-defined]
    assert summarize(run).problem == "The disk is full."


def test_warnings_are_logged(run: RunFolder) -> None:
    list(record(run, Engine(Warned(message="3 clips were left out.")).run()))
    assert "3 clips were left out." in run.log_file.read_text(encoding="utf-8")


def test_a_resumed_run_appends(run: RunFolder) -> None:
    events = record(run, Engine(STARTED, ENDED).run())
    next(events)
    events.close()  # type: ignore[attr-defined]
    saved = CheckpointSaved(epoch=1, step=9, kind="last", path="x")
    list(record(run, Engine(STARTED, saved).run()))
    reasons = [event.reason for event in kept(run) if isinstance(event, RunEnded)]
    assert reasons == ["stopped", "finished"]


# -- the owner -----------------------------------------------------------------------------------


def test_two_writers_do_not_meet(run: RunFolder) -> None:
    first = record(run, Engine(STARTED, ENDED).run())
    next(first)
    assert owner_is_alive(run.path)
    with pytest.raises(RunFolderError, match=f"{run.name} is being written"):
        next(record(run, Engine(STARTED).run()))
    assert owner_is_alive(run.path)
    list(first)
    assert summarize(run).state == "finished"


def test_a_dead_owner_is_no_owner(run: RunFolder) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    started = psutil.Process(process.pid).create_time()
    process.wait()
    note = {"host": socket.gethostname(), "pid": process.pid, "started": started}
    write_json_atomic(run.path / "owner.json", note)
    assert not owner_is_alive(run.path)
    with owned(run.path):
        assert owner_is_alive(run.path)


def test_a_reused_process_number_is_no_owner(run: RunFolder) -> None:
    note = {"host": socket.gethostname(), "pid": os.getpid(), "started": 1.0}
    write_json_atomic(run.path / "owner.json", note)
    assert not owner_is_alive(run.path)


def test_other_machines_are_believed(run: RunFolder) -> None:
    note = {"host": "elsewhere", "pid": 1, "started": 1.0}
    write_json_atomic(run.path / "owner.json", note)
    assert owner_is_alive(run.path)


@pytest.mark.parametrize("note", ["", "{", "[]", "{}", '{"host": 1, "pid": "x", "started": 0}'])
def test_a_broken_note_is_no_owner(run: RunFolder, note: str) -> None:
    (run.path / "owner.json").write_text(note)
    assert not owner_is_alive(run.path)


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_a_killed_run_is_interrupted_and_can_be_written_again(run: RunFolder) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from core.events import RunStarted; from core.runs import open_run, record\n"
        "started = RunStarted(epochs=2, steps_per_epoch=1, device='cpu', parameters=1,\n"
        "    vocabulary_size=1, train_clips=1, validation_clips=1)\n"
        "def engine():\n"
        "    yield started\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "list(record(open_run(Path(sys.argv[1])), engine()))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", program, str(run.path)], env=environment)
    assert ended.returncode == -signal.SIGKILL
    assert (run.path / "owner.json").exists()
    assert summarize(run).state == "interrupted"
    list(record(run, Engine(STARTED).run()))
    assert summarize(run).state == "finished"


def test_a_pause_is_told_as_such(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("core.runs.recorder.time.monotonic", lambda: clock[0])
    recorded = record(run, iter([STARTED, ENDED, ENDED]))
    next(recorded)
    clock[0] += 0.5
    next(recorded)
    clock[0] += 90.0
    next(recorded)
    clock[0] += 7.0
    recorded.close()  # type: ignore[attr-defined]
    pauses = [event.seconds for event in kept(run) if isinstance(event, Paused)]
    assert pauses == [90.0, 7.0]
    assert kept(run)[2] == Paused(seconds=90.0)
    assert kept(run)[-1] == RunEnded(reason="stopped", step=7)
