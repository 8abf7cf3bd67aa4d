"""Sound files to mono float32 samples.

libsndfile (through soundfile) reads WAV, FLAC, OGG, Opus, MP3, AIFF, CAF and more; anything else
goes through FFmpeg where there is one. Everything is read in blocks, so a file
of hours costs no more memory than what is asked of it. Every failure is an `AudioFileError` of one
sentence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.audio import ffmpeg, ffmpeg_program
from core.audio.ffmpeg_program import HOW_TO_INSTALL
from core.audio.file_checks import check_file, check_rate, fail_empty
from core.audio.libsndfile import BLOCK_FRAMES, check_header, native_blocks, open_native
from core.audio.measured import MeasuredFiles
from core.audio.mono import mono_blocks
from core.audio.resample import regroup, resample_blocks
from core.errors import AudioFileError

NATIVE_SUFFIXES = (
    *(".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".aifc"),
    *(".caf", ".au", ".snd", ".w64", ".rf64", ".mp2"),
)
FFMPEG_SUFFIXES = (
    *(".m4a", ".m4b", ".m4r", ".aac", ".wma", ".mka", ".weba", ".ac3", ".eac3", ".amr", ".ape"),
    *(".wv", ".tta", ".mp4", ".m4v", ".mov", ".3gp", ".3g2", ".mkv", ".webm", ".ogv", ".avi"),
    *(".wmv", ".asf", ".flv", ".mpg", ".mpeg", ".vob", ".mts", ".m2ts"),
)

# Decoding longer sounds only to measure them would take seconds.
_MEASURED_SECONDS = 120.0

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


_measured: MeasuredFiles[AudioInfo] = MeasuredFiles()


def openable_suffixes() -> tuple[str, ...]:
    """Suffixes of the sound files that can be opened on this machine, lower case, with the dot."""
    return NATIVE_SUFFIXES + (FFMPEG_SUFFIXES if ffmpeg_program.available() else ())


def probe(path: str | Path) -> AudioInfo:
    """Read what a file says of itself.

    A file that needs FFmpeg is decoded to measure it, but for a long one, whose container is
    believed or whose packets are counted: it may turn out a little shorter or longer.

    Raises
    ------
    AudioFileError
        As `read_audio`, as far as the header tells.
    """
    path = Path(path)
    check_file(path)
    if (file := open_native(path)) is not None:
        with file:
            check_header(path, file)
            return AudioInfo(path, file.samplerate, file.channels, file.frames, file.format)
    return _remembered(path, _probe_by_ffmpeg)


def probe_and_read(path: str | Path, most_frames: int) -> tuple[AudioInfo, Waveform | None]:
    """Do as `probe` and, for a file of at most so many samples, `read_audio` do.

    A short file that needs FFmpeg is decoded once for both.
    """
    path = Path(path)
    check_file(path)
    heard: list[NDArray[np.float32]] = []
    if (file := open_native(path)) is not None:
        file.close()
        info = probe(path)
    else:
        info = _remembered(path, lambda path: _probe_by_ffmpeg(path, heard))
    if info.frames > most_frames:
        return info, None
    if heard:
        return info, Waveform(np.concatenate(list(mono_blocks(path, heard))), info.sample_rate)
    return info, read_audio(path)


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


@contextmanager
def _open_mono(
    path: Path, start: float, duration: float | None
) -> Iterator[tuple[int, Iterator[Samples]]]:
    """Give the sample rate and the mono blocks of a part of a file."""
    if start < 0 or (duration is not None and duration <= 0) or not math.isfinite(start):
        raise ValueError(f"no such part of a sound: from {start} s for {duration} s")
    check_file(path)
    if (file := open_native(path)) is not None:
        with file:
            check_header(path, file)
            yield file.samplerate, mono_blocks(path, native_blocks(path, file, start, duration))
    else:
        with decoded_by_ffmpeg(path, start, duration) as stream:
            blocks = _from(path, start, stream.blocks(BLOCK_FRAMES))
            yield stream.sample_rate, mono_blocks(path, blocks)


def _remembered(path: Path, measure: Callable[[Path], AudioInfo]) -> AudioInfo:
    try:
        return _measured.get(path, measure)
    except OSError as error:  # gone in this very moment
        raise AudioFileError(
            f"'{path}' cannot be read ({error.strerror}); check its drive."
        ) from error


def _probe_by_ffmpeg(path: Path, heard: list[NDArray[np.float32]] | None = None) -> AudioInfo:
    """Measure a file; `heard` is given its blocks (n, channels) if all of them were decoded."""
    with decoded_by_ffmpeg(path) as stream:
        frames = _measure(path, stream, [] if heard is None else heard)
        sample_rate, channels = stream.sample_rate, stream.channels
    if not frames:
        fail_empty(path)
    return AudioInfo(path, sample_rate, channels, frames, path.suffix.lstrip(".").upper())


def _measure(path: Path, stream: ffmpeg.FfmpegStream, heard: list[NDArray[np.float32]]) -> int:
    """Return the length in samples of a sound whose decoding has just begun."""
    rate, stated = stream.sample_rate, stream.stated_seconds
    long = stream.guessed_seconds >= _MEASURED_SECONDS
    frames = 0
    for block in stream.blocks(BLOCK_FRAMES):
        frames += len(block)
        if not long and frames < _MEASURED_SECONDS * rate:
            heard.append(block)
            continue
        heard.clear()
        if long and stated and ffmpeg.has_sound_near(path, stated):
            return round(stated * rate)
        counted = ffmpeg.counted_seconds(path, stated)
        if counted is not None and counted >= _MEASURED_SECONDS:
            return round(counted * rate)
        return frames + sum(len(block) for block in stream.blocks(BLOCK_FRAMES))
    return frames


def _from(
    path: Path, start: float, blocks: Iterator[NDArray[np.float32]]
) -> Iterator[NDArray[np.float32]]:
    """Pass on the blocks of a part; refuse a part that lies behind the end."""
    first = next(blocks, None)
    if first is not None:
        yield first
        yield from blocks
    elif start:
        raise AudioFileError(
            f"'{path.name}' has no sound at {start:.2f} s; choose an earlier part."
        )


@contextmanager
def decoded_by_ffmpeg(
    path: Path, start: float = 0.0, duration: float | None = None
) -> Iterator[ffmpeg.FfmpegStream]:
    """Give the stream of a file that libsndfile does not read.

    Every `FfmpegError` becomes an `AudioFileError` of one sentence.
    """
    kind = path.suffix.lstrip(".").upper()
    if not ffmpeg_program.available():
        if path.suffix.lower() in FFMPEG_SUFFIXES:
            raise AudioFileError(
                f"'{path.name}' cannot be opened: to open {kind} files, {HOW_TO_INSTALL}."
            )
        raise AudioFileError(
            f"'{path.name}' is damaged or is not a sound file; choose a WAV, FLAC, OGG, Opus, MP3 "
            f"or AIFF file, or, to open more formats, {HOW_TO_INSTALL}."
        )
    try:
        with ffmpeg.open_ffmpeg(path, start, duration) as stream:
            check_rate(path, stream.sample_rate)
            yield stream
    except ffmpeg.NotStartedError as error:
        raise AudioFileError(
            f"'{path.name}' cannot be opened: FFmpeg does not start ({error}); install it again."
        ) from error
    except ffmpeg.NoSoundTrackError as error:
        raise AudioFileError(f"'{path.name}' has no sound track; choose another file.") from error
    except ffmpeg.CutOffError as error:
        raise AudioFileError(
            f"'{path.name}' is cut off before its end at {error.seconds:.1f} s; copy or download "
            "it again."
        ) from error
    except ffmpeg.FfmpegError as error:
        raise AudioFileError(
            f"'{path.name}' is damaged or is not a sound file; copy or download it again, or "
            "choose another file."
        ) from error
