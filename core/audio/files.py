"""Sound files to mono float32 samples.

libsndfile (through soundfile) reads WAV, FLAC, OGG, Opus, MP3, AIFF, CAF and more; anything else
goes through the ``ffmpeg`` command where it is installed. Everything is read in blocks, so a file
of hours costs no more memory than what is asked of it. Every failure is an `AudioFileError` of one
sentence.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import soundfile
from numpy.typing import NDArray

from core.audio import ffmpeg
from core.audio.resample import regroup, resample_blocks
from core.errors import AudioFileError

NATIVE_SUFFIXES = (
    *(".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".aifc"),
    *(".caf", ".au", ".snd", ".w64", ".rf64"),
)
FFMPEG_SUFFIXES = (
    *(".m4a", ".mp4", ".aac", ".wma", ".webm", ".mka", ".mkv", ".mov", ".m4b"),
    *(".ac3", ".amr", ".ape", ".wv", ".3gp", ".avi", ".m4v", ".wmv", ".flv", ".mpg", ".mpeg"),
)

_BLOCK_FRAMES = 1 << 17
# Decoding longer sounds only to measure them would take seconds.
_MEASURED_SECONDS = 120.0
_LOWEST_RATE, _HIGHEST_RATE = 1_000, 2_000_000
# libsndfile gives a huge number of frames where a stream does not state its length.
_UNKNOWN_FRAMES = 1 << 48
# Writers into a pipe put a size near 2^31 or 2^32 where they cannot know it.
_PLACEHOLDER_SIZE = 0x7FFF_0000
# Headers are often wrong by some bytes; a file counts as cut off where over 1 % is missing.
_WHOLE = 0.99
_DECLARED = re.compile(
    r"^\s*(data|SSND|Data Size|riff|Riff size)\s*:\s*(\d+) \(should be (\d+)\)", re.M
)

# Float files may hold integers unscaled, up to 2^31; the squares of much more than that overflow
# in a spectrogram, and what comes out of it is no sound.
_LOUDEST = 1e12

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What a sound file says of itself: rate in Hz, channels, length in samples, format."""

    path: Path
    sample_rate: int
    channels: int
    frames: int
    format: str

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate


@dataclass(frozen=True, slots=True, eq=False)
class Waveform:
    """Mono sound: `samples` (n,) float32, full scale = 1, at `sample_rate` Hz."""

    samples: Samples
    sample_rate: int

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


def openable_suffixes() -> tuple[str, ...]:
    """Suffixes of the sound files that can be opened on this machine, lower case, with the dot."""
    return NATIVE_SUFFIXES + (FFMPEG_SUFFIXES if ffmpeg.available() else ())


def probe(path: str | Path) -> AudioInfo:
    """Read what a file says of itself.

    A file that needs FFmpeg is decoded to measure it, but for a long one, whose container is
    believed: it may turn out a little shorter or longer.

    Raises
    ------
    AudioFileError
        As `read_audio`, as far as the header tells.
    """
    path = Path(path)
    _check_file(path)
    if (file := _open_native(path)) is not None:
        with file:
            _check_header(path, file)
            return AudioInfo(path, file.samplerate, file.channels, file.frames, file.format)
    stated = ffmpeg.stated_seconds(path) if ffmpeg.available() else None
    with _decoded_by_ffmpeg(path, 0.0, None) as (sample_rate, channels, blocks):
        if stated is not None and stated >= _MEASURED_SECONDS:
            frames = round(stated * sample_rate) if len(next(blocks, ())) else 0
        else:
            frames = sum(len(block) for block in blocks)
    if not frames:
        _fail_empty(path)
    return AudioInfo(path, sample_rate, channels, frames, path.suffix.lstrip(".").upper())


def read_audio(
    path: str | Path,
    sample_rate: int | None = None,
    start: float = 0.0,
    duration: float | None = None,
) -> Waveform:
    """Read a file, or a part of it, as mono (the mean of the channels).

    Parameters
    ----------
    path
        The sound file.
    sample_rate
        Rate to resample to, in Hz; None keeps the file's own.
    start, duration
        The part to read, in seconds. A part that reaches beyond the end is cut there.

    Raises
    ------
    AudioFileError
        The file is missing, empty, unreadable, cut off or no sound; it has no samples in the
        part asked for, or samples that are no numbers.
    """
    path = Path(path)
    with _open_mono(path, start, duration) as (rate, blocks):
        target = sample_rate or rate
        parts = list(resample_blocks(blocks, rate, target))
    # A few samples may resample to none at all; a sound is never shorter than one sample.
    return Waveform(np.concatenate(parts) if parts else np.zeros(1, np.float32), target)


def iterate_blocks(
    path: str | Path,
    seconds: float,
    sample_rate: int,
    start: float = 0.0,
    duration: float | None = None,
) -> Iterator[Samples]:
    """Yield a file as mono blocks (n,) of `seconds` at `sample_rate`; the last may be shorter.

    Joined together they are exactly what `read_audio` returns, in memory that does not grow with
    the length of the file. Raises `AudioFileError` as `read_audio` does, where it comes upon the
    fault.
    """
    size = max(1, round(seconds * sample_rate))
    with _open_mono(Path(path), start, duration) as (rate, blocks):
        yield from regroup(resample_blocks(blocks, rate, sample_rate), size)


def read_moments(
    path: str | Path, times: Iterable[float], seconds: float
) -> Iterator[tuple[float, Samples]]:
    """Yield short stretches (n,) of a file, `seconds` long, at `times` in seconds, as mono.

    For a quick look all over a file: a format that needs FFmpeg, where each stretch would cost a
    start of the program, yields nothing, and a stretch that cannot be read is left out.
    """
    path = Path(path)
    _check_file(path)
    if (file := _open_native(path)) is None:
        return
    with file:
        length = max(1, round(seconds * file.samplerate))
        for time in times:
            try:
                file.seek(min(round(time * file.samplerate), max(file.frames - 1, 0)))
                block = file.read(length, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError:
                continue
            if len(block) and np.isfinite(block).all():
                yield time, block.mean(axis=1)


@contextmanager
def _open_mono(
    path: Path, start: float, duration: float | None
) -> Iterator[tuple[int, Iterator[Samples]]]:
    """Give the sample rate and the mono blocks of a part of a file."""
    if start < 0 or (duration is not None and duration <= 0) or not math.isfinite(start):
        raise ValueError(f"no such part of a sound: from {start} s for {duration} s")
    _check_file(path)
    if (file := _open_native(path)) is not None:
        with file:
            _check_header(path, file)
            yield file.samplerate, _mono(path, _native_blocks(path, file, start, duration))
    else:
        with _decoded_by_ffmpeg(path, start, duration) as (rate, _channels, blocks):
            yield rate, _mono(path, blocks)


def _open_native(path: Path) -> soundfile.SoundFile | None:
    """Open a file with libsndfile, or return None where that is something for FFmpeg."""
    try:
        # Names are bytes where the system says so; not every one of them is text.
        file = soundfile.SoundFile(path if os.name == "nt" else os.fsencode(path))
    except (soundfile.LibsndfileError, TypeError):  # TypeError: a headerless ".raw" file
        return None
    if file.frames < _UNKNOWN_FRAMES:
        return file
    file.close()
    if ffmpeg.available():
        return None
    raise AudioFileError(
        f"'{path.name}' does not state its length; save it again from another program, "
        "or install FFmpeg to open it as it is."
    )


def _native_blocks(
    path: Path, file: soundfile.SoundFile, start: float, duration: float | None
) -> Iterator[NDArray[np.float32]]:
    """Yield blocks (n, channels) of the part from `start` for `duration` seconds."""
    first = round(start * file.samplerate)
    if first >= file.frames:
        raise AudioFileError(
            f"'{path.name}' is only {file.frames / file.samplerate:.2f} s long and has no sound "
            f"at {start:.2f} s; choose an earlier part."
        )
    left = file.frames - first
    if duration is not None:
        left = min(left, max(1, round(duration * file.samplerate)))
    try:
        if first:
            file.seek(first)
        while left:
            block = file.read(min(left, _BLOCK_FRAMES), dtype="float32", always_2d=True)
            if not len(block):
                break
            left -= len(block)
            yield block
    except soundfile.LibsndfileError as error:
        raise AudioFileError(
            f"'{path.name}' is damaged or cut off; copy or download it again."
        ) from error


def _mono(path: Path, blocks: Iterator[NDArray[np.float32]]) -> Iterator[Samples]:
    """Average the channels; refuse samples that are no numbers and a sound without samples."""
    count = 0
    for block in blocks:
        with np.errstate(over="ignore", invalid="ignore"):
            samples = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)
        if not np.isfinite(samples).all():
            raise AudioFileError(
                f"'{path.name}' contains samples that are no numbers (NaN or infinite); "
                "export it again as 16-bit or 24-bit WAV or FLAC."
            )
        if max(samples.max(initial=0), -samples.min(initial=0)) > _LOUDEST:
            raise AudioFileError(
                f"'{path.name}' contains samples far beyond full scale, as damaged files have; "
                "export it again as 16-bit or 24-bit WAV or FLAC."
            )
        count += len(samples)
        yield samples
    if not count:
        _fail_empty(path)


@contextmanager
def _decoded_by_ffmpeg(
    path: Path, start: float, duration: float | None
) -> Iterator[tuple[int, int, Iterator[NDArray[np.float32]]]]:
    """Give rate, channels and blocks (n, channels) of a file that libsndfile does not read."""
    kind = path.suffix.lstrip(".").upper()
    if not ffmpeg.available():
        if path.suffix.lower() in FFMPEG_SUFFIXES:
            raise AudioFileError(f"'{path.name}' cannot be opened: install FFmpeg to open {kind}.")
        raise AudioFileError(
            f"'{path.name}' is damaged or is not a sound file; choose a WAV, FLAC, OGG, Opus, MP3 "
            "or AIFF file, or install FFmpeg to open more formats."
        )
    try:
        with ffmpeg.open_ffmpeg(path, start, duration) as stream:
            _check_rate(path, stream.sample_rate)
            yield stream.sample_rate, stream.channels, stream.blocks(_BLOCK_FRAMES)
    except ffmpeg.FfmpegError as error:
        raise AudioFileError(
            f"'{path.name}' is damaged or holds no sound that FFmpeg can decode; "
            "choose another file or convert it to WAV."
        ) from error


def _check_file(path: Path) -> None:
    """Refuse what is no readable file with content."""
    try:
        if path.is_dir():
            raise AudioFileError(f"'{path}' is a folder; choose a sound file in it.")
        if not path.is_file():
            raise AudioFileError(f"There is no file '{path}'; check its name and its drive.")
        with path.open("rb") as stream:
            if not stream.read(1):
                raise AudioFileError(
                    f"'{path.name}' is an empty file (0 bytes); copy or download it again."
                )
    except PermissionError as error:
        raise AudioFileError(
            f"You have no permission to read '{path}'; change its access rights or copy it."
        ) from error
    except OSError as error:
        raise AudioFileError(
            f"'{path}' cannot be read ({error.strerror}); copy it to another drive."
        ) from error


def _check_header(path: Path, file: soundfile.SoundFile) -> None:
    """Refuse a file that has no samples, lacks a part of them, or states an absurd rate."""
    _check_rate(path, file.samplerate)
    for field, declared, actual in _DECLARED.findall(file.extra_info):
        # Only these two formats state the size of the sound in the size of the whole alone.
        if field.lower().startswith("riff") and file.format not in ("W64", "RF64"):
            continue
        if int(actual) < int(declared) * _WHOLE and int(declared) < _PLACEHOLDER_SIZE:
            whole = file.frames * int(declared) / max(1, int(actual)) / file.samplerate
            raise AudioFileError(
                f"'{path.name}' is cut off after {file.frames / file.samplerate:.1f} s of about "
                f"{whole:.1f} s; copy or download it again."
            )
    if not file.frames:
        _fail_empty(path)


def _check_rate(path: Path, sample_rate: int) -> None:
    if not _LOWEST_RATE <= sample_rate <= _HIGHEST_RATE:
        raise AudioFileError(
            f"'{path.name}' states a sample rate of {sample_rate} Hz, which is no sound; "
            "export it again at 8,000 to 192,000 Hz."
        )


def _fail_empty(path: Path) -> NoReturn:
    raise AudioFileError(f"'{path.name}' has no sound in it (length zero); choose another file.")
