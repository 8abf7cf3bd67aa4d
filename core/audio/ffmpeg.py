"""Decoding through the ``ffmpeg`` command, for formats that libsndfile does not read."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

_AU_MAGIC = b".snd"
_AU_HEADER = struct.Struct(">4s5I")
# 32-bit float, in the numbering of the AU format.
_AU_FLOAT = 6
_DURATION = re.compile(rb"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?),")
# Seconds; describing a file takes a twentieth of one.
_PATIENCE = 20.0


class FfmpegError(Exception):
    """The command failed; the text is its own last line."""


def available() -> bool:
    """Whether the ``ffmpeg`` command is on the search path."""
    return shutil.which("ffmpeg") is not None


def stated_seconds(path: Path) -> float | None:
    """Return the length that a file's container states, in seconds; None where it states none.

    Nothing is decoded for it. It may be that of the pictures, and some files state a wrong one.
    """
    command = ["ffmpeg", "-hide_banner", "-nostdin", "-i", f"file:{path}"]
    try:
        # Without an output the command only describes the file, and ends with an error.
        told = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _DURATION.search(told.stderr)
    if found is None:
        return None
    hours, minutes, seconds = (float(part) for part in found.groups())
    return (hours * 60 + minutes) * 60 + seconds


class FfmpegStream:
    """A running decoder: `sample_rate`, `channels`, and blocks of samples."""

    def __init__(self, output: IO[bytes]) -> None:
        header = output.read(_AU_HEADER.size)
        if len(header) < _AU_HEADER.size:
            raise FfmpegError("it found no sound")
        magic, offset, _size, encoding, self.sample_rate, self.channels = _AU_HEADER.unpack(header)
        if magic != _AU_MAGIC or encoding != _AU_FLOAT or not self.sample_rate * self.channels:
            raise FfmpegError("it sent something that is not sound")
        output.read(offset - _AU_HEADER.size)
        self._output = output

    def blocks(self, frames: int) -> Iterator[NDArray[np.float32]]:
        """Yield blocks (n, channels) of `frames` samples; the last may be shorter."""
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

    The decoder is stopped when the block is left. Raises `FfmpegError` when it cannot start, finds
    no sound, or fails on its way.
    """
    command = ["ffmpeg", "-v", "error", "-nostdin"]
    if start:
        command += ["-ss", f"{start:.9f}"]
    # "file:" keeps names that look like an address or an option from being taken for one.
    command += ["-i", f"file:{path}", "-map", "0:a:0"]
    if duration is not None:
        command += ["-t", f"{duration:.9f}"]
    # The AU format is the simplest that states rate and channels and can go through a pipe.
    command += ["-c:a", "pcm_f32be", "-f", "au", "pipe:1"]
    with tempfile.TemporaryFile() as messages:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=messages
            )
        except OSError as error:
            raise FfmpegError(str(error.strerror)) from error
        assert process.stdout is not None
        try:
            yield FfmpegStream(process.stdout)
            if not process.stdout.read(1) and process.wait() != 0:
                raise FfmpegError(_last_line(messages) or f"exit status {process.returncode}")
        except FfmpegError as error:
            process.kill()
            process.wait()
            raise FfmpegError(_last_line(messages) or str(error)) from error
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def _last_line(messages: IO[bytes]) -> str:
    messages.seek(0)
    lines = messages.read().decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
