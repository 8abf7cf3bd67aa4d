"""Decoding through the FFmpeg program, for formats that libsndfile does not read."""

from __future__ import annotations

import io
import math
import re
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from core.audio.ffmpeg_program import find_ffmpeg
from core.programs import NO_WINDOW

_AU_MAGIC = b".snd"
_AU_HEADER = struct.Struct(">4s5I")
# 32-bit float, in the numbering of the AU format.
_AU_FLOAT = 6
_DURATION = re.compile(rb"^  Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?),", re.M)
_GUESSED = b"Estimating duration from bitrate"
_CUT_OFF = (b"partial file", b"File ended prematurely")
_NO_TRACK = b"matches no streams"
# What the filters print: the number of the first sample that there is.
_FIRST = re.compile(rb"^(?:\[Eval @ [^\]]*\] )?(\d+)\.0+\r?$", re.M)
_COUNTED = re.compile(rb"^out_time_us=(\d+)$", re.M)
# As of a header of libsndfile's formats.
_WHOLE = 0.99
_END = 0.98
# Seconds; the packets of an hour are counted in half of one.
_PATIENCE = 20.0
# Decoders need some of what comes before a part until they give what they give of the whole file.
_LEAD_SECONDS = 1.0
# Where a file states no length, a track begins at most so late.
_LATEST_SECONDS = 60.0
# By more than this no container rounds its times.
_MARGIN_SECONDS = 0.05
# Decoding so much costs no more than a start of the program, and some formats (FLV) lead astray
# whoever looks for a place so near to their beginning.
_NEAR_SECONDS = 5.0
# FFmpeg counts the time of these, which state none, in units that are no multiple of a sample, and
# is off by a second in an hour. They are decoded from their start, and their samples counted.
_WITHOUT_TIME = frozenset({".ac3", ".eac3"})


class FfmpegError(Exception):
    """The program failed; the text is its own last line."""


class NotStartedError(FfmpegError):
    """There is no program, or it does not start."""


class NoSoundTrackError(FfmpegError):
    """The file has no sound track, as a silent video."""


class CutOffError(FfmpegError):
    """The file ends before the `seconds` that it states."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"it ends before {seconds:.1f} s")
        self.seconds = seconds


class FfmpegStream:
    """A running decoder: `sample_rate`, `channels`, and blocks of samples.

    `stated_seconds` is the length that the file's container states, None where it states none. It
    may be that of the pictures, and some files state a wrong one. `guessed_seconds` is that, or
    else what FFmpeg guesses from the size of the file, 0 where it does not.
    """

    def __init__(self, output: IO[bytes]) -> None:
        header = output.read(_AU_HEADER.size)
        if len(header) < _AU_HEADER.size:
            raise FfmpegError("it found no sound")
        magic, offset, _size, encoding, self.sample_rate, self.channels = _AU_HEADER.unpack(header)
        if magic != _AU_MAGIC or encoding != _AU_FLOAT or not self.sample_rate * self.channels:
            raise FfmpegError("it sent something that is not sound")
        output.read(offset - _AU_HEADER.size)
        self._output = output
        self._silence = 0
        self._left = math.inf
        self.stated_seconds: float | None = None
        self.guessed_seconds = 0.0
        self.frames_read = 0

    def describe(self, told: bytes, duration: float | None) -> None:
        """Take from the program's messages what it says of a file, or of so much of it."""
        length = _length(told)
        self.stated_seconds = None if _GUESSED in told else length
        self.guessed_seconds = length or 0.0
        first = _FIRST.search(told)
        latest = _LATEST_SECONDS if self.stated_seconds is None else self.stated_seconds
        # A later time than the file has is no time.
        if first is not None and int(first[1]) <= latest * self.sample_rate:
            self._silence = int(first[1])
        if duration is not None:
            self._left = max(1, round(duration * self.sample_rate))

    def blocks(self, frames: int) -> Iterator[NDArray[np.float32]]:
        """Yield blocks (n, channels) of `frames` samples; the last may be shorter."""
        for block in self._all_blocks(frames):
            part = block[: int(min(self._left, len(block)))]
            self._left -= len(part)
            self.frames_read += len(part)
            if len(part):
                yield part
            if not self._left:
                return

    def _all_blocks(self, frames: int) -> Iterator[NDArray[np.float32]]:
        while self._silence:
            count = min(self._silence, frames)
            self._silence -= count
            yield np.zeros((count, self.channels), np.float32)
        frame_bytes = 4 * self.channels
        while content := self._output.read(frames * frame_bytes):
            whole = len(content) - len(content) % frame_bytes
            samples = np.frombuffer(content[:whole], ">f4").reshape(-1, self.channels)
            yield samples.astype(np.float32)


@contextmanager
def open_ffmpeg(
    path: Path, start: float = 0.0, duration: float | None = None
) -> Iterator[FfmpegStream]:
    """Decode the first sound track of a file, from `start` for `duration` seconds.

    Time is that of the container: a track that begins later than the pictures begins with silence.
    The decoder is stopped when the block is left. Raises `FfmpegError` when it cannot start, finds
    no sound, or fails on its way, and where the file turns out to be cut off.
    """
    command = _command(path, start, duration)
    with _messages_file() as messages, messages.open("wb") as written:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=written,
                creationflags=NO_WINDOW,
            )
        except OSError as error:
            raise NotStartedError(str(error.strerror)) from error
        assert process.stdout is not None
        try:
            stream = FfmpegStream(process.stdout)
            # All that is asked for here is written before the first sample.
            stream.describe(messages.read_bytes(), duration)
            yield stream
            if not process.stdout.read(1):
                if process.wait() != 0:
                    raise FfmpegError(f"exit status {process.returncode}")
                seconds = start + stream.frames_read / stream.sample_rate
                _check_whole(seconds, stream.stated_seconds, messages.read_bytes())
        except CutOffError:
            raise
        except FfmpegError as error:
            process.kill()
            process.wait()
            told = messages.read_bytes()
            kind = NoSoundTrackError if _NO_TRACK in told else FfmpegError
            raise kind(_last_line(told) or str(error)) from error
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def glimpse(
    path: Path, start: float, duration: float, patience: float
) -> NDArray[np.float32] | None:
    """Return a short part (n, channels); None where it cannot be had in `patience` seconds."""
    if path.suffix.lower() in _WITHOUT_TIME:
        return None
    try:
        told = subprocess.run(
            _command(path, start, duration),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=patience,
            check=True,
            creationflags=NO_WINDOW,
        )
        stream = FfmpegStream(io.BytesIO(told.stdout))
        stream.describe(told.stderr, duration)
    except (OSError, subprocess.SubprocessError, FfmpegError):
        return None
    parts = list(stream.blocks(stream.sample_rate))
    return np.concatenate(parts) if parts else None


def has_sound_near(path: Path, seconds: float) -> bool:
    """Whether there is any sound around the end of a track said to be `seconds` long."""
    with open_ffmpeg(path, _END * seconds, _LEAD_SECONDS) as stream:
        return next(stream.blocks(stream.sample_rate), None) is not None


def counted_seconds(path: Path, stated: float | None = None) -> float | None:
    """Return the length of the first sound track by its packets; None where that fails.

    Nothing is decoded for it, but the file is read to its end. Raises `CutOffError` where that
    comes before the `stated` length.
    """
    command = [_program(), "-v", "error", "-nostdin", "-i", f"file:{path}", "-map", "0:a:0"]
    command += ["-c", "copy", "-progress", "pipe:1", "-f", "null", "-"]
    try:
        told = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=True,
            creationflags=NO_WINDOW,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    counts = _COUNTED.findall(told.stdout)
    if not counts:
        return None
    seconds = int(counts[-1]) / 1e6
    _check_whole(seconds, stated, told.stderr)
    return seconds


def _command(path: Path, start: float, duration: float | None) -> list[str]:
    command = [_program(), "-hide_banner", "-nostats", "-nostdin", "-copyts", "-start_at_zero"]
    timed = path.suffix.lower() not in _WITHOUT_TIME
    if timed and start > _NEAR_SECONDS:
        command += ["-ss", f"{start - _LEAD_SECONDS:.6f}"]
    # "file:" keeps names that look like an address or an option from being taken for one.
    command += ["-i", f"file:{path}", "-map", "0:a:0", "-af", _filters(timed, start, duration)]
    # The AU format is the simplest that states rate and channels and can go through a pipe.
    return [*command, "-c:a", "pcm_f32be", "-f", "au", "pipe:1"]


def _program() -> str:
    program = find_ffmpeg()
    if program is None:
        raise NotStartedError("there is no FFmpeg")
    return program


@contextmanager
def _messages_file() -> Iterator[Path]:
    """Give a place for the program's messages, which a pipe would stop it over."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="aac-studio-", ignore_cleanup_errors=True)
    except OSError as error:
        raise NotStartedError(str(error.strerror)) from error
    with folder as name:
        yield Path(name, "messages")


def _filters(timed: bool, start: float, duration: float | None) -> str:
    """Return what makes time `start` of the container the first sample, to the sample.

    What is missing before the first sample that there is, is told for `FfmpegStream.describe` and
    not filled in here: FFmpeg begins anew with its filters where a file changes its channels or
    rate. Times further on, often rounded or plainly wrong, never make a hole in the sound.
    """
    clock = "PTS" if timed else "N/SR/TB"
    shift = f"asetpts={clock}-round({start:.9f}/TB),atrim=start=0,asetpts=if(N\\,PTS\\,print(PTS))"
    # A little more than is asked for: the stream counts the samples.
    return shift if duration is None else f"{shift},atrim=end={duration + _MARGIN_SECONDS:.9f}"


def _length(told: bytes) -> float | None:
    found = _DURATION.search(told)
    if found is None:
        return None
    hours, minutes, seconds = (float(part) for part in found.groups())
    return (hours * 60 + minutes) * 60 + seconds


def _check_whole(seconds: float, stated: float | None, told: bytes) -> None:
    """Refuse a file that ends before what it states."""
    if stated is not None and seconds < stated * _WHOLE and any(mark in told for mark in _CUT_OFF):
        raise CutOffError(stated)


def _last_line(told: bytes) -> str:
    lines = told.decode("utf-8", "replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
