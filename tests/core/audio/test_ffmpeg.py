"""Files for FFmpeg, decoded by a small stand-in for the command."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.audio.files import iterate_blocks, openable_suffixes, probe, read_audio
from core.errors import AudioFileError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")

# Speaks to a pipe as the real command does; what it "decodes" is told by the file's content.
STAND_IN = """#!{python}
import struct, sys
import numpy as np
arguments = sys.argv[1:]
given = dict(zip(arguments, arguments[1:]))
path = given["-i"].removeprefix("file:")
kind = open(path).read().strip()
if kind == "no sound":
    sys.exit("Stream map '0:a:0' matches no streams.")
if kind == "long" and "pipe:1" not in arguments:
    sys.exit("  Duration: 01:02:03.50, start: 0.000000, bitrate: 51 kb/s")
rate, channels, seconds = 22050, 2, 2.0
start, length = float(given.get("-ss", 0)), float(given.get("-t", 1e9))
ramp = np.arange(int(rate * seconds)) / (rate * seconds)
samples = np.stack([ramp, ramp / 2], axis=1).astype(">f4")
samples = samples[round(start * rate):][:round(min(length, seconds) * rate)]
out = sys.stdout.buffer
out.write(struct.pack(">4s5I", b".snd", 32, 0xFFFFFFFF, 6, rate, channels) + bytes(8))
if kind == "breaks":
    out.write(samples[:5000].tobytes())
    out.flush()
    sys.exit("Invalid data found when processing input")
try:
    out.write(samples.tobytes())
    if kind == "endless":
        while True:
            out.write(samples.tobytes())
except BrokenPipeError:
    sys.exit(1)
"""


@pytest.fixture(autouse=True)
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "bin" / "ffmpeg"
    script.parent.mkdir()
    script.write_text(STAND_IN.replace("{python}", sys.executable))
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(script.parent), prepend=os.pathsep)


def film(folder: Path, kind: str) -> Path:
    path = folder / "-film.mp4"
    path.write_text(kind)
    return path


def ramp(start: int, stop: int) -> np.ndarray[Any, Any]:
    return 0.75 * np.arange(start, stop) / 44_100


def test_decodes_to_mono(tmp_path: Path) -> None:
    path = film(tmp_path, "fine")
    info = probe(path)
    assert (info.sample_rate, info.channels, info.frames, info.format) == (22_050, 2, 44_100, "MP4")
    np.testing.assert_allclose(read_audio(path).samples, ramp(0, 44_100), atol=1e-6)
    assert ".m4a" in openable_suffixes()


def test_reads_a_part_and_resamples(tmp_path: Path) -> None:
    path = film(tmp_path, "fine")
    part = read_audio(path, start=0.5, duration=0.25)
    np.testing.assert_allclose(part.samples, ramp(11_025, 16_537), atol=1e-4)
    assert read_audio(path, sample_rate=16_000).duration == pytest.approx(2.0)


def test_blocks_of_an_endless_stream_may_be_left(tmp_path: Path) -> None:
    blocks = iterate_blocks(film(tmp_path, "endless"), 1.0, 22_050)
    assert sum(len(next(blocks)) for _ in range(5)) == 5 * 22_050
    blocks.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["no sound", "breaks"])
def test_a_failing_command_is_one_sentence(tmp_path: Path, kind: str) -> None:
    path = film(tmp_path, kind)
    for read in (probe, read_audio):
        with pytest.raises(AudioFileError, match=r"'-film\.mp4' is damaged or holds no sound"):
            read(path)


def test_a_part_behind_the_end(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="has no sound in it"):
        read_audio(film(tmp_path, "fine"), start=7.0)


def test_what_libsndfile_reads_is_not_given_to_the_command(tmp_path: Path) -> None:
    import soundfile

    soundfile.write(tmp_path / "plain.wav", np.zeros(100), 8_000)
    assert probe(tmp_path / "plain.wav").sample_rate == 8_000


def test_a_long_file_is_believed_and_not_decoded_to_its_end(tmp_path: Path) -> None:
    info = probe(film(tmp_path, "long"))
    assert info.duration == pytest.approx(3723.5)
    assert (info.sample_rate, info.channels) == (22_050, 2)


def test_a_timeline_ends_where_the_sound_does_whatever_was_stated(tmp_path: Path) -> None:
    from core.events import Progress
    from core.timeline import TimelineSettings, WindowCaptioned, caption_timeline
    from tests.core.timeline.fakes import Echo

    path = film(tmp_path, "long")
    events = list(caption_timeline(Echo(), path, TimelineSettings(1.0, 1.0)))
    windows = [event for event in events if isinstance(event, WindowCaptioned)]
    assert [event.window.start for event in windows] == [0.0, 1.0]
    assert isinstance(events[-1], Progress)
    assert events[-1].done == events[-1].total == 3724
