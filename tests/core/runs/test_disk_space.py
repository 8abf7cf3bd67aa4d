"""A full disk makes a run wait, not fail; what is written is whole."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path

import pytest

import core.files
from core.config import RunConfig
from core.events import Event, Paused, Progress, RunEnded, RunStarted, StepLogged, Warned
from core.files import append_line, is_disk_full, remove_leftovers, write_bytes_atomic, write_proven
from core.runs import RunFolder, create_run, record, summarize
from core.runs import disk_space as waiting
from core.runs.disk_space import when_there_is_space

STARTED = RunStarted(
    epochs=1,
    steps_per_epoch=3,
    device="cpu",
    parameters=1,
    vocabulary_size=1,
    train_clips=1,
    validation_clips=1,
)


def step(number: int) -> StepLogged:
    return StepLogged(
        epoch=0,
        step=number,
        losses={"total": 1.0},
        learning_rate=0.1,
        gradient_norm=1.0,
        examples_per_second=1.0,
    )


class SmallDisk:
    """Takes half of what is written, then has no space, as often as `refusals` says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refusals = 0
        self._put: Callable[[FileIO, bytes], None] = core.files._put
        monkeypatch.setattr(core.files, "_put", self.put)
        monkeypatch.setattr(waiting, "RETRY_SECONDS", 0.0)

    def put(self, stream: FileIO, content: bytes) -> None:
        if not self.refusals:
            return self._put(stream, content)
        self.refusals -= 1
        self._put(stream, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> SmallDisk:
    return SmallDisk(monkeypatch)


def test_a_line_is_appended_whole_or_not_at_all(tmp_path: Path, small_disk: SmallDisk) -> None:
    path = tmp_path / "events.jsonl"
    append_line(path, b"one")
    small_disk.refusals = 1
    with pytest.raises(OSError, match="No space"):
        append_line(path, b"two")
    assert path.read_bytes() == b"one\n"
    path.write_bytes(b"one\ntor")
    append_line(path, b"two")
    assert path.read_bytes() == b"one\ntor\ntwo\n"


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, small_disk: SmallDisk) -> None:
    path, previous = tmp_path / "state", tmp_path / "previous"
    write_proven(path, b"first", previous)
    assert not previous.exists()
    for write in (write_bytes_atomic, lambda path, content: write_proven(path, content, previous)):
        small_disk.refusals = 1
        with pytest.raises(OSError, match="No space"):
            write(path, b"second")
        assert [item.name for item in tmp_path.iterdir()] == ["state"]
        assert path.read_bytes() == b"first"
    write_proven(path, b"second", previous)
    write_proven(path, b"third", previous)
    assert (path.read_bytes(), previous.read_bytes()) == (b"third", b"second")


def test_what_cannot_be_read_back_replaces_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state"
    write_proven(path, b"first")
    put = core.files._put
    monkeypatch.setattr(core.files, "_put", lambda stream, content: put(stream, b"sec0nd"))
    with pytest.raises(OSError, match="cannot be read back"):
        write_proven(path, b"second")
    assert path.read_bytes() == b"first"


def test_a_file_system_without_links_keeps_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr("os.link", refuse)
    path, previous = tmp_path / "state", tmp_path / "previous"
    write_proven(path, b"first", previous)
    write_proven(path, b"second", previous)
    assert (path.read_bytes(), previous.read_bytes()) == (b"second", b"first")


def test_a_recorded_run_waits_for_space_and_loses_no_event(small_disk: SmallDisk) -> None:
    run = create_run(RunConfig())

    def engine() -> Iterator[Event]:
        yield STARTED
        small_disk.refusals = 3
        yield step(1)
        yield step(2)

    told = list(record(run, engine()))
    waits = [event for event in told if isinstance(event, Progress)]
    assert len(waits) == 3
    assert "is full; free some space" in waits[0].message
    kept = [event for _, event in run.events.read_all()]
    assert [e.step for e in kept if isinstance(e, StepLogged)] == [1, 2]
    assert [type(e) for e in kept if isinstance(e, Warned | Paused)] == [Warned, Paused]
    assert "nothing was lost" in run.log_file.read_text()
    assert kept[-1] == RunEnded(reason="finished", epoch=0, step=2)


def test_a_run_that_waits_for_space_can_be_stopped(small_disk: SmallDisk) -> None:
    run = create_run(RunConfig())
    closed = []

    def engine() -> Iterator[Event]:
        try:
            yield STARTED
            small_disk.refusals = 10
            yield step(1)
        finally:
            closed.append(True)

    events = record(run, engine())
    for event in events:
        if isinstance(event, Progress):
            break
    events.close()  # type: ignore[attr-defined]
    assert closed == [True]
    assert summarize(run).state == "interrupted"
    assert [type(event) for _, event in run.events.read_all()] == [RunStarted]


def test_other_errors_are_raised() -> None:
    def write() -> None:
        raise OSError(errno.EIO, "broken")

    with pytest.raises(OSError, match="broken"):
        list(when_there_is_space(write, Path("here")))


def test_a_full_disk_is_known_behind_other_errors() -> None:
    full = OSError(errno.ENOSPC, "full")
    other = ValueError("not written")
    other.__cause__ = full
    assert is_disk_full(full)
    assert is_disk_full(other)
    assert not is_disk_full(OSError(errno.EACCES, "no"))


def test_what_a_killed_process_was_writing_is_removed(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.checkpoints.mkdir()
    (run.checkpoints / ".last.state.pt.abc.part").touch()
    run.last.touch()
    remove_leftovers(run.checkpoints)
    assert list(run.checkpoints.iterdir()) == [run.last]
