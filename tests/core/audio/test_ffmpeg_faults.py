"""What the real FFmpeg does too rarely to wait for, done by a small stand-in for the program."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from core.audio.files import iterate_blocks, probe, read_audio
from core.errors import AudioFileError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")

# Speaks to a pipe as the real program does; what it "decodes" is told by the file's content.
STAND_IN = """#!{python}
import struct, sys
import numpy as np
arguments = sys.argv[1:]
path = arguments[arguments.index("-i") + 1].removeprefix("file:")
kind = open(path).read().strip()
stated = {"long": "01:02:03.50", "short": "00:00:00.01"}.get(kind, "N/A")
print(f"  Duration: {stated}, start: 0.000000, bitrate: 51 kb/s", file=sys.stderr, flush=True)
late = {"late": "11025", "absurd": "99999999999"}.get(kind)
if late:
    print(f"[Eval @ 0x7f00] {late}.000000", file=sys.stderr, flush=True)
if "copy" in arguments:
    print("Nothing can be counted.", file=sys.stderr)
    sys.exit(1)
rate, channels, seconds = 22050, 2, 2.0
ramp = np.arange(int(rate * seconds)) / (rate * seconds)
samples = np.stack([ramp, ramp / 2], axis=1).astype(">f4")
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
    path = folder / "film.mp4"
    path.write_text(kind)
    return path


def test_blocks_of_an_endless_stream_may_be_left(tmp_path: Path) -> None:
    blocks = iterate_blocks(film(tmp_path, "endless"), 1.0, 22_050)
    assert sum(len(next(blocks)) for _ in range(5)) == 5 * 22_050
    blocks.close()  # type: ignore[attr-defined]


def test_one_that_breaks_on_its_way_is_one_sentence(tmp_path: Path) -> None:
    path = film(tmp_path, "breaks")
    for read in (probe, read_audio):
        with pytest.raises(AudioFileError, match=r"'film\.mp4' is damaged or is not a sound file"):
            read(path)


def test_a_long_file_is_believed_and_not_decoded_to_its_end(tmp_path: Path) -> None:
    info = probe(film(tmp_path, "long"))
    assert info.duration == pytest.approx(3723.5)
    assert (info.sample_rate, info.channels) == (22_050, 2)


def test_a_track_is_not_believed_to_begin_later_than_the_file_is_long(tmp_path: Path) -> None:
    assert probe(film(tmp_path, "late")).duration == 2.5
    assert not read_audio(film(tmp_path, "late")).samples[:11_025].any()
    assert probe(film(tmp_path, "absurd")).duration == 2.0


def test_one_whose_packets_cannot_be_counted_is_decoded_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.audio.files._MEASURED_SECONDS", 0.1)
    for kind in ("fine", "short"):
        assert probe(film(tmp_path, kind)).duration == 2.0


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
