"""Looking through a long sound file from coarse to fine, in bounded memory."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from core.audio.envelope import Envelope
from core.audio.files import AudioInfo, iterate_blocks
from core.audio.level_pyramid import LevelPyramid
from core.audio.moments import read_moments
from core.audio.spectrogram import FLOOR_DB, SpectrumStream, display_spectrogram

# Moments looked at before the sound is read from its start: rounds that double their number.
_FIRST_ROUND = 64
_ROUNDS = 4
# Some formats find a moment slowly; then there are fewer of them.
_SKETCH_SECONDS = 0.35
_BLOCK_SECONDS = 5.0
# A refinement is worth showing after so long, later ones less often: showing costs time, too.
_FIRST_STEP_SECONDS, _LAST_STEP_SECONDS = 0.25, 1.5
_STEP_GROWTH = 1.3


class Survey:
    """Outline and spectrogram of a file as far as it was looked at.

    Parameters
    ----------
    info
        What the file says of itself.
    window
        Length of the spectral windows in samples, even.
    """

    def __init__(self, info: AudioInfo, window: int) -> None:
        self.info = info
        self.envelope = Envelope(info.frames, info.sample_rate)
        self.pyramid = LevelPyramid(info.frames, info.sample_rate, window)

    def steps(self) -> Iterator[float]:
        """Refine; yield after each step the share of the file that is drawn as it stays.

        The first steps look at single moments all over the file, the others read it from its
        start. Raises `AudioFileError` where the file cannot be read.
        """
        yield from self._sketch()
        stream = SpectrumStream(self.pyramid.window, self.pyramid.hop, self.pyramid.pool)
        shown, patience = time.monotonic(), _FIRST_STEP_SECONDS
        rate = self.info.sample_rate
        for block in iterate_blocks(self.info.path, _BLOCK_SECONDS, rate):
            self.envelope.append(block)
            for columns in stream.feed(block):
                self.pyramid.append(columns)
            if time.monotonic() - shown >= patience:
                # A share of 1 is for the very end.
                yield min(self.pyramid.filled / self.pyramid.columns, 0.999)
                shown = time.monotonic()
                patience = min(patience * _STEP_GROWTH, _LAST_STEP_SECONDS)
        self.envelope.finish()
        for columns in stream.finish():
            self.pyramid.append(columns)
        # A header may promise more than there is.
        missing = self.pyramid.columns - self.pyramid.filled
        if missing:
            self.pyramid.append(np.full((missing, self.pyramid.rows), FLOOR_DB, np.float32))
        yield 1.0

    def _sketch(self) -> Iterator[float]:
        """Look at moments all over the file, in rounds that fall between those before."""
        length = self.pyramid.window / self.info.sample_rate
        found: dict[float, NDArray[np.float32]] = {}
        end = time.monotonic() + _SKETCH_SECONDS
        for round_number in range(_ROUNDS):
            shares = _spread(_FIRST_ROUND << round_number)
            times = [float(share) * max(self.info.duration - length, 0.0) for share in shares]
            left = max(end - time.monotonic(), 0.0)
            found.update(read_moments(self.info.path, times, length, left))
            if not found:
                return  # a format without a way to get at a moment
            self._draw(sorted(found.items()))
            yield 0.0
            if time.monotonic() > end:
                return

    def _draw(self, moments: list[tuple[float, NDArray[np.float32]]]) -> None:
        rate, window = self.info.sample_rate, self.pyramid.window
        self.envelope.sketch(moments)
        spectra = []
        for seconds, samples in moments:
            # The second of these windows lies on the whole moment.
            levels = display_spectrogram(samples, rate, window, window // 2).levels_db
            spectra.append((seconds, levels[:, min(1, levels.shape[1] - 1)]))
        self.pyramid.sketch(spectra)


def _spread(count: int) -> NDArray[np.float64]:
    """Return shares of a whole, evenly apart; the first few of them, too, lie all over it.

    `count` is a power of two.
    """
    bits = count.bit_length() - 1
    order = [int(f"{number:0{bits}b}"[::-1], 2) for number in range(count)]
    return (np.array(order) + 0.5) / count
