"""The engine of a batch: what it captions together, what it keeps apart, and what it gives up."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.batch import BatchRow, ItemEnded, ItemStarted, Journal, RowState, caption_batch
from core.batch import engine as batch_engine
from core.captions import Beam, Caption
from core.config import DecodingConfig
from core.errors import StudioError

RATE = 8_000


class Counter:
    """Captions a sound by its number of samples; refuses one of `bad` samples."""

    sample_rate = RATE

    def __init__(self, bad: int = -1) -> None:
        self.bad = bad
        self.together: list[int] = []

    def caption_waveforms(
        self, waveforms: Sequence[np.ndarray], sample_rate: int, decoding: DecodingConfig | None
    ) -> list[Caption]:
        self.together.append(len(waveforms))
        if any(len(samples) == self.bad for samples in waveforms):
            raise RuntimeError("out of memory")
        return [caption_of(f"{len(samples)} samples", len(samples)) for samples in waveforms]


def caption_of(text: str, count: int = RATE) -> Caption:
    return Caption(
        text=f"possibly {text}",
        log_prob=-0.5,
        tokens=(),
        beams=(Beam(text, -0.5, ()),),
        attention=np.zeros((0, 4), np.float32),
        frame_seconds=0.1,
        tags=(),
        duration=count / RATE,
        seconds_taken=0.1,
        checkpoint="/c.safetensors",
        confidence=0.4,
        wording="possible",
    )


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, int], Path]:
    def put(name: str, count: int) -> Path:
        path = tmp_path / name
        soundfile.write(path, np.full(count, 0.1, np.float32), RATE)
        return path

    return put


def test_each_file_gets_its_own_caption_once(write: Callable[[str, int], Path]) -> None:
    files = [write(f"{number}.wav", 400 + 10 * number) for number in range(60)]
    captioner = Counter()
    ended = [e for e in caption_batch(captioner, files) if isinstance(e, ItemEnded)]
    assert sorted(event.path for event in ended) == sorted(files)
    for event in ended:
        number = int(event.path.stem)
        assert event.caption is not None
        assert event.caption.beams[0].text == f"{400 + 10 * number} samples"
    assert max(captioner.together) <= batch_engine.AT_ONCE
    assert sum(captioner.together) == 60


def test_start_comes_before_the_end(write: Callable[[str, int], Path]) -> None:
    files = [write(f"{number}.wav", 400) for number in range(5)]
    started = set()
    for event in caption_batch(Counter(), files):
        if isinstance(event, ItemStarted):
            started.add(event.path)
        elif isinstance(event, ItemEnded):
            assert event.path in started
    assert started == set(files)


def test_one_bad_sound_spoils_no_other(write: Callable[[str, int], Path], tmp_path: Path) -> None:
    files = [write(f"{number}.wav", 400 + number) for number in range(10)]
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    files += [tmp_path / "broken.wav", tmp_path / "missing.wav"]
    ended = {
        e.path.stem: e for e in caption_batch(Counter(bad=405), files) if isinstance(e, ItemEnded)
    }
    assert len(ended) == 12
    assert "out of memory" in ended["5"].message
    assert "not a sound file" in ended["broken"].message
    assert "There is no file" in ended["missing"].message
    assert sum(event.caption is not None for event in ended.values()) == 9


def test_files_that_are_called_off_are_not_captioned(write: Callable[[str, int], Path]) -> None:
    files = [write(f"{number}.wav", 400) for number in range(4)]
    captioner = Counter()
    events = list(caption_batch(captioner, files, called_off=lambda path: path == files[2]))
    off = [e for e in events if isinstance(e, ItemEnded) and e.caption is None]
    assert [event.path for event in off] == [files[2]]
    assert off[0].message == ""
    assert sum(captioner.together) == 3


def test_long_files_are_captioned_alone(
    write: Callable[[str, int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_engine, "LONG_SECONDS", 0.5)
    monkeypatch.setattr(batch_engine, "LONGEST_SECONDS", 2.0)
    files = [
        write("long.wav", RATE),
        write("short.wav", 400),
        write("other.wav", 400),
        write("hours.wav", 3 * RATE),
    ]
    captioner = Counter()
    ended = {e.path.stem: e for e in caption_batch(captioner, files) if isinstance(e, ItemEnded)}
    caption = ended["long"].caption
    assert caption is not None and caption.duration == 1.0
    assert captioner.together[0] == 1
    assert "timeline" in ended["hours"].message


def test_closing_it_stops_the_readers(write: Callable[[str, int], Path]) -> None:
    files = [write(f"{number}.wav", 400) for number in range(100)]
    before = set(threading.enumerate())
    events = caption_batch(Counter(), files)
    next(events)
    assert set(threading.enumerate()) > before
    events.close()
    assert set(threading.enumerate()) <= before


def test_journal_gives_back_what_was_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "deep" / "queue.jsonl")
    a, b, c = (tmp_path / f"{name}.wav" for name in "abc")
    odd = Path("/x/\udcffodd.wav")
    journal.add([a, b, c, odd])
    journal.ended(BatchRow(a).captioned(caption_of("a dog"), 0.25))
    journal.ended(BatchRow(b).failed("'b.wav' is an empty file."))
    journal.remove([c])
    journal.ended(BatchRow(c).captioned(caption_of("late"), 0.25))
    with journal.path.open("ab") as stream:
        stream.write(b'{"add": ["/torn')
    journal.add([])
    journal.ended(BatchRow(odd).captioned(caption_of("odd"), 0.5))
    rows = journal.load()
    assert list(rows) == [a, b, odd]
    assert rows[a].state is RowState.DONE
    assert rows[a].caption == "possibly a dog"
    assert rows[a].record["hypothesis"] == "a dog"
    assert rows[a].confidence == 0.4
    assert rows[b].message == "'b.wav' is an empty file."
    assert rows[odd].caption == "possibly odd"
    journal.add([a])
    assert journal.load()[a].state is RowState.WAITING
    lines = journal.path.read_bytes().count(b"\n")
    journal.cancelled([a, c])
    assert journal.path.read_bytes().count(b"\n") == lines + 1
    assert journal.load()[a].state is RowState.CANCELLED
    assert c not in journal.load()
    journal.clear()
    assert journal.load() == {}


def test_journal_says_that_the_disk_refuses(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / "queue.jsonl")
    with pytest.raises(StudioError, match="cannot be kept"):
        journal.add([tmp_path / "a.wav"])


def test_row_that_waits_again_forgets_its_caption() -> None:
    row = BatchRow(Path("/x.wav")).captioned(caption_of("a dog"), 1.0)
    assert row.waiting().caption == ""
    assert dataclasses.replace(row, state=RowState.CANCELLED).caption
