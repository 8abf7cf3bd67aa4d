"""What a screen shows of a sound while it is recorded."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.audio.frequency_scale import FrequencyScale
from core.audio.meter import FLOOR_DB, PeakMeter
from core.audio.spectrogram import Spectrogram, SpectrumStream, on_scale

Columns = NDArray[np.float32]

ROWS = 160
COLUMN_SECONDS = 0.02
WINDOW_SECONDS = 0.045
# A screen that does not look keeps no more than this.
_MOST_COLUMNS = 3000
# Digital silence for so long is a switched-off or forbidden microphone, not a quiet room.
DEAD_SECONDS = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """The state of a recording now, and the columns (m, rows) in dB that came since the last look.

    `level_db` is the root mean square, `peak_db` the peak of late, `held_db` the peak that is held;
    `clipped` counts samples at full scale, `dropped` lost blocks; `dead` says that nothing but
    digital silence has come.
    """

    seconds: float
    level_db: float
    peak_db: float
    held_db: float
    clipped: int
    dropped: int
    dead: bool
    columns: Columns


class LiveMonitor:
    """Fed by the thread that records, looked at by the one that paints."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._columns: deque[Columns] = deque()
        self._kept = 0
        self._frames = 0
        self._rate = 1
        self._dropped = 0
        self._dead_frames = 0
        self._meter = PeakMeter(1)
        self._stream: SpectrumStream | None = None
        self.scale: FrequencyScale | None = None
        self.column_seconds = COLUMN_SECONDS

    def start(self, sample_rate: int) -> None:
        """Begin a recording at a rate."""
        window = int(2 ** round(np.log2(WINDOW_SECONDS * sample_rate)))
        hop = max(1, round(COLUMN_SECONDS * sample_rate))
        with self._lock:
            self._rate, self._meter = sample_rate, PeakMeter(sample_rate)
            self._stream = SpectrumStream(window, hop)
            self.column_seconds = hop / sample_rate
            self.scale = FrequencyScale.full("mel", sample_rate)

    def feed(self, samples: NDArray[np.float32], dropped: int = 0) -> None:
        """Take the next samples (n,)."""
        stream, scale = self._stream, self.scale
        assert stream is not None and scale is not None
        hertz = np.linspace(0, self._rate / 2, stream.rows)
        for part in stream.feed(samples):
            times = np.zeros(len(part))
            drawn = on_scale(Spectrogram(np.ascontiguousarray(part.T), times, hertz), scale, ROWS)
            with self._lock:
                self._columns.append(np.ascontiguousarray(drawn.levels_db.T))
                self._kept += len(part)
                while self._kept > _MOST_COLUMNS:
                    self._kept -= len(self._columns.popleft())
        with self._lock:
            self._meter.feed(samples)
            self._frames += len(samples)
            self._dropped += dropped
            self._dead_frames = 0 if np.any(samples) else self._dead_frames + len(samples)

    def look(self) -> Moment:
        """Return what there is to show now."""
        with self._lock:
            columns = list(self._columns)
            self._columns.clear()
            self._kept = 0
            meter = self._meter
            return Moment(
                seconds=self._frames / self._rate,
                level_db=meter.level_db,
                peak_db=meter.peak_db,
                held_db=meter.held_db,
                clipped=meter.clipped_samples,
                dropped=self._dropped,
                dead=self._dead_frames >= DEAD_SECONDS * self._rate,
                columns=np.concatenate(columns) if columns else np.zeros((0, ROWS), np.float32),
            )

    def quiet(self) -> None:
        """Let the meter rest, as after a recording."""
        with self._lock:
            self._meter.level_db = self._meter.peak_db = self._meter.held_db = FLOOR_DB
