"""What is drawn of a spectrogram: levels on every frequency axis, ready for the screen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.audio.frequency_scale import SCALE_NAMES, FrequencyScale, ScaleName
from core.audio.spectrogram import Spectrogram, display_spectrogram, on_scale

# The power of two of samples that lies nearest to this length is the window.
WINDOW_SECONDS = 0.045
MOST_COLUMNS = 4000
ROWS = 320
# The darkest colour goes to levels this far below the loudest, or to the background if higher.
AUTO_RANGE_DB = 80.0


@dataclass(frozen=True, slots=True, eq=False)
class SpectrogramImage:
    """A spectrogram drawn for each frequency axis, ready to show.

    It begins `start` seconds into the sound and lasts `duration` seconds; `column_seconds` is the
    time from one column to the next.
    """

    raw: Spectrogram
    scales: dict[ScaleName, FrequencyScale]
    drawn: dict[ScaleName, Spectrogram]
    duration: float
    column_seconds: float
    auto_levels: tuple[float, float]
    start: float = 0.0

    def level_at(self, seconds: float, hertz: float) -> float | None:
        """Return the level in dB at a time and a frequency, or None outside of the picture."""
        seconds -= self.start
        if not 0 <= seconds <= self.duration or not 0 <= hertz <= self.raw.frequencies[-1]:
            return None
        columns, rows = len(self.raw.times), len(self.raw.frequencies)
        column = round((seconds - self.raw.times[0]) / self.column_seconds)
        row = round(hertz / float(self.raw.frequencies[1]))
        return float(self.raw.levels_db[min(row, rows - 1), min(max(column, 0), columns - 1)])

    def extent(self) -> tuple[float, float]:
        """Return where in the sound the first column begins and how long all columns last, in s."""
        # A column is centred on its time, so the first begins half a column earlier.
        first = self.start + float(self.raw.times[0]) - self.column_seconds / 2
        return first, self.column_seconds * len(self.raw.times)


def make_spectrogram_image(
    samples: np.ndarray, sample_rate: int, start: float = 0.0, column_seconds: float | None = None
) -> SpectrogramImage:
    """Compute what `SpectrogramView` shows of `samples` (n,). Not for the GUI thread.

    `start` says where in the sound they begin, in seconds; `column_seconds` asks for finer columns
    than the length calls for.
    """
    window = int(2 ** np.clip(round(np.log2(WINDOW_SECONDS * sample_rate)), 6, 14))
    hop = int(np.clip(-(-len(samples) // MOST_COLUMNS), window // 4, window))
    if column_seconds is not None:
        hop = min(hop, max(1, round(column_seconds * sample_rate)))
    raw = display_spectrogram(samples, sample_rate, window, hop, MOST_COLUMNS)
    scales = {name: FrequencyScale.full(name, sample_rate) for name in SCALE_NAMES}
    drawn = {name: on_scale(raw, scale, ROWS) for name, scale in scales.items()}
    step = float(raw.times[1] - raw.times[0]) if len(raw.times) > 1 else hop / sample_rate
    duration = len(samples) / sample_rate
    levels = _auto_levels(raw.levels_db)
    return SpectrogramImage(raw, scales, drawn, duration, step, levels, start)


def _auto_levels(levels: np.ndarray) -> tuple[float, float]:
    """Return the lowest and the highest level to show, in whole dB."""
    sample = levels[:: max(1, levels.shape[0] // 128), :: max(1, levels.shape[1] // 512)]
    high = float(np.percentile(sample, 99.95))
    low = max(float(np.percentile(sample, 5.0)), high - AUTO_RANGE_DB)
    high = float(np.ceil(high))
    return min(float(np.floor(low)), high - 20.0), high
