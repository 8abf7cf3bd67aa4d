"""What is drawn of a spectrogram: levels on a frequency axis, ready for the screen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.audio.frequency_scale import SCALE_NAMES, FrequencyScale, ScaleName
from core.audio.level_pyramid import LevelPyramid
from core.audio.log_mel import LogMel
from core.audio.spectrogram import Spectrogram, on_scale, stream_spectrogram

# The power of two of samples that lies nearest to this length is the window.
WINDOW_SECONDS = 0.045
WINDOWS = (256, 512, 1024, 2048, 4096, 8192, 16384)
MOST_COLUMNS = 4000
ROWS = 320
# The darkest colour goes to levels this far below the loudest, or to the background if higher.
AUTO_RANGE_DB = 80.0
LEAST_RANGE_DB = 20.0


@dataclass(frozen=True, slots=True)
class Resolution:
    """How finely spectra are taken: `window` in samples, and a hop of 1/`overlap` of it.

    Zero leaves the choice to the program.
    """

    window: int = 0
    overlap: int = 0

    def window_at(self, sample_rate: int) -> int:
        """Return the length of the window in samples."""
        nearest = round(np.log2(WINDOW_SECONDS * sample_rate))
        return self.window or int(2 ** np.clip(nearest, 6, 14))

    def hop_at(self, sample_rate: int, count: int) -> int:
        """Return the hop in samples for a sound of `count` samples."""
        window = self.window_at(sample_rate)
        if self.overlap:
            return max(1, window // self.overlap)
        return int(np.clip(-(-count // MOST_COLUMNS), window // 4, window))


class SpectrogramImage:
    """A spectrogram that can be drawn for each frequency axis.

    Parameters
    ----------
    raw
        Levels; times count from the start of the sound.
    start, duration
        The part of the sound that it covers, in seconds.
    column_seconds
        Time from one column to the next.
    lowest, highest
        The range of the frequency axis in Hz; a logarithmic one begins at 20 Hz at least.
    banded
        Whether the rows are the bands of a filter bank, to be shown as bands, and not samples of a
        spectrum, to be interpolated.
    """

    def __init__(
        self,
        raw: Spectrogram,
        start: float,
        duration: float,
        column_seconds: float,
        lowest: float,
        highest: float,
        banded: bool = False,
    ) -> None:
        self.raw, self.start, self.duration = raw, start, duration
        self.column_seconds, self.banded = column_seconds, banded
        self.scales = {
            name: FrequencyScale(name, max(lowest, 20.0) if name == "log" else lowest, highest)
            for name in SCALE_NAMES
        }
        self.auto_levels = _auto_levels(raw.levels_db)
        self._drawn: dict[ScaleName, NDArray[np.float32]] = {}

    @property
    def end(self) -> float:
        """Where in the sound it ends, in seconds."""
        return self.start + self.duration

    def drawn(self, name: ScaleName) -> NDArray[np.float32]:
        """Return the levels (rows, columns) on a frequency axis, computed when first asked for."""
        if name not in self._drawn:
            scale = self.scales[name]
            if self.banded:
                rows = self._nearest_row(scale.hertz((np.arange(ROWS) + 0.5) / ROWS))
                self._drawn[name] = np.ascontiguousarray(self.raw.levels_db[rows])
            else:
                self._drawn[name] = on_scale(self.raw, scale, ROWS).levels_db
        return self._drawn[name]

    def level_at(self, seconds: float, hertz: float) -> float | None:
        """Return the level in dB at a time and a frequency, or None outside of the picture."""
        inside = self.start <= seconds <= self.start + self.duration
        if not inside or not 0 <= hertz <= self.scales["linear"].high:
            return None
        column = round((seconds - self.raw.times[0]) / self.column_seconds)
        column = min(max(column, 0), len(self.raw.times) - 1)
        row = int(self._nearest_row(np.array([hertz]))[0])
        return float(self.raw.levels_db[row, column])

    def extent(self) -> tuple[float, float]:
        """Return where in the sound the first column begins and how long all columns last, in s."""
        # A column is centred on its time, so the first begins half a column earlier.
        first = float(self.raw.times[0]) - self.column_seconds / 2
        return first, self.column_seconds * len(self.raw.times)

    def _nearest_row(self, hertz: NDArray[np.float64]) -> NDArray[np.intp]:
        borders = (self.raw.frequencies[:-1] + self.raw.frequencies[1:]) / 2
        return np.searchsorted(borders, hertz)


def make_spectrogram_image(
    samples: NDArray[np.float32],
    sample_rate: int,
    start: float = 0.0,
    column_seconds: float | None = None,
    resolution: Resolution | None = None,
) -> SpectrogramImage:
    """Compute what `SpectrogramView` shows of `samples` (n,). Not for the GUI thread.

    `start` says where in the sound they begin, in seconds; `column_seconds` asks for finer columns
    than the length calls for.
    """
    return image_of_blocks([samples], len(samples), sample_rate, start, column_seconds, resolution)


def image_of_blocks(
    blocks: Iterable[NDArray[np.float32]],
    count: int,
    sample_rate: int,
    start: float = 0.0,
    column_seconds: float | None = None,
    resolution: Resolution | None = None,
) -> SpectrogramImage:
    """Compute the same of `count` samples that arrive in blocks (n,), in bounded memory."""
    resolution = resolution or Resolution()
    window = resolution.window_at(sample_rate)
    hop = resolution.hop_at(sample_rate, count)
    if column_seconds is not None and not resolution.overlap:
        hop = min(hop, max(1, round(column_seconds * sample_rate)))
    raw = stream_spectrogram(blocks, count, sample_rate, window, hop, MOST_COLUMNS)
    step = float(raw.times[1] - raw.times[0]) if len(raw.times) > 1 else hop / sample_rate
    moved = Spectrogram(raw.levels_db, raw.times + start, raw.frequencies)
    return SpectrogramImage(moved, start, count / sample_rate, step, 0.0, sample_rate / 2)


def image_of_pyramid(
    pyramid: LevelPyramid, start: float, end: float, column_seconds: float
) -> SpectrogramImage:
    """Draw a part of a long sound from what is kept of it, with columns about that far apart."""
    raw = pyramid.between(start, end, column_seconds)
    step = float(raw.times[1] - raw.times[0]) if len(raw.times) > 1 else pyramid.finest_seconds
    return SpectrogramImage(raw, start, end - start, step, 0.0, pyramid.sample_rate / 2)


def image_of_log_mel(heard: LogMel, start: float, duration: float) -> SpectrogramImage:
    """Draw what an encoder is given of the part of a sound from `start` for `duration` s."""
    frames = np.arange(heard.levels_db.shape[1], dtype=np.float64)
    times = start + heard.first_seconds + frames * heard.frame_seconds
    raw = Spectrogram(heard.levels_db, times, heard.band_hertz)
    low, high = float(heard.band_hertz[0]), float(heard.band_hertz[-1])
    return SpectrogramImage(raw, start, duration, heard.frame_seconds, low, high, banded=True)


def _auto_levels(levels: NDArray[np.float32]) -> tuple[float, float]:
    """Return the lowest and the highest level to show, in whole dB."""
    sample = levels[:: max(1, levels.shape[0] // 128), :: max(1, levels.shape[1] // 512)]
    high = float(np.percentile(sample, 99.95))
    low = max(float(np.percentile(sample, 5.0)), high - AUTO_RANGE_DB)
    if high - low < 1.0:  # nothing but one level, as in silence, is dark
        return float(np.floor(low)), float(np.floor(low)) + LEAST_RANGE_DB
    high = float(np.ceil(high))
    return min(float(np.floor(low)), high - LEAST_RANGE_DB), high
