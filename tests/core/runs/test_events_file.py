"""The events file under fire: torn lines, live readers, killed writers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RunFolderError
from core.events import Event, Warned
from core.runs import EventsFile


def messages(events: list[tuple[float, Event]]) -> list[str]:
    return [event.message for _, event in events if isinstance(event, Warned)]


def test_what_is_appended_is_read_with_its_time(tmp_path: Path) -> None:
    file = EventsFile(tmp_path / "events.jsonl")
    assert (file.read_all(), file.last()) == ([], None)
    file.append(Warned(message="Ä\n1"), 12.3456)
    file.append(Warned(message="2"), 13.0)
    assert file.read_all() == [(12.346, Warned(message="Ä\n1")), (13.0, Warned(message="2"))]
    assert file.last() == (13.0, Warned(message="2"))


def test_a_reader_goes_on_where_it_stopped(tmp_path: Path) -> None:
    writer, reader = EventsFile(tmp_path / "e"), EventsFile(tmp_path / "e")
    writer.append(Warned(message="1"), 1)
    assert messages(list(reader.read_new())) == ["1"]
    assert list(reader.read_new()) == []
    writer.append(Warned(message="2"), 2)
    writer.append(Warned(message="3"), 3)
    assert messages(list(reader.read_new())) == ["2", "3"]
    assert messages(reader.read_all()) == ["1", "2", "3"]


def test_a_line_being_written_is_read_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "e"
    EventsFile(path).append(Warned(message="1"), 1)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:20])
    reader = EventsFile(path)
    assert messages(list(reader.read_new())) == ["1"]
    path.write_bytes(whole + whole)
    assert messages(list(reader.read_new())) == ["1"]


@given(st.integers(1, 200))
def test_a_torn_last_line_costs_only_itself(cut: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "e"
        file = EventsFile(path)
        for number in range(3):
            file.append(Warned(message=str(number)), number)
        content = path.read_bytes()
        path.write_bytes(content[: max(0, len(content) - cut)])
        before = messages(EventsFile(path).read_all())
        EventsFile(path).append(Warned(message="after"), 9)
        after = messages(EventsFile(path).read_all())
        assert after[-1] == "after"
        # Cut between text and line end, the line is whole again once the next one is written.
        assert after[:-1][: len(before)] == before
        assert before == [str(number) for number in range(len(before))]
        assert EventsFile(path).last() == (9.0, Warned(message="after"))


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b'{"event": "Warned"}', b"{" * 10_000]
)
def test_rubbish_between_events_is_skipped(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "e"
    EventsFile(path).append(Warned(message="1"), 1)
    with path.open("ab") as stream:
        stream.write(line + b"\n")
    EventsFile(path).append(Warned(message="2"), 2)
    assert messages(EventsFile(path).read_all()) == ["1", "2"]
    with path.open("ab") as stream:
        stream.write(line + b"\n")
    assert EventsFile(path).last() == (2.0, Warned(message="2"))


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").mkdir()
    with pytest.raises(RunFolderError, match=r"events\.jsonl cannot be read"):
        EventsFile(tmp_path / "events.jsonl").read_all()


def test_the_last_event_of_a_long_file(tmp_path: Path) -> None:
    file = EventsFile(tmp_path / "e")
    for number in range(50):
        file.append(Warned(message="x" * 4000 + str(number)), number)
    found = file.last()
    assert found is not None
    assert found[0] == 49


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_a_killed_writer_loses_at_most_one_line(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from core.events import Warned\n"
        "from core.runs import EventsFile\n"
        "file = EventsFile(Path(sys.argv[1])); number = 0\n"
        "while True:\n"
        "    file.append(Warned(message=str(number)), number); number += 1\n"
        "    if number == 50: print(flush=True)\n"
    )
    path = tmp_path / "e"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    found = messages(EventsFile(path).read_all())
    assert len(found) >= 50
    assert found == [str(number) for number in range(len(found))]
    EventsFile(path).append(Warned(message="resumed"), 1.0)
    assert messages(EventsFile(path).read_all())[-1] == "resumed"
