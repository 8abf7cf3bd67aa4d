"""Close looks at a sound: finer spectra of the part in view, or what the model hears of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.jobs import Jobs
from app.pages.caption.sounds import Sound
from app.widgets.spectrogram_image import (
    SpectrogramImage,
    image_of_blocks,
    image_of_log_mel,
    image_of_pyramid,
    make_spectrogram_image,
)
from core.audio.files import iterate_blocks
from core.audio.log_mel import LogMel

# A long stretch is read for its spectra but not kept for the waveform.
MOST_SAMPLES_KEPT = 8_000_000
# Coarser columns than these pixels are told apart by the eye.
WIDEST_PIXELS = 3.0
# What the model hears is computed of so many seconds at most.
LONGEST_HEARD = 180.0
_BLOCK_SECONDS = 5.0

Hear = Callable[[Path, float, float], LogMel | None]


def look_closely(sound: Sound, start: float, end: float, column_seconds: float) -> SpectrogramImage:
    """Return finer columns of a part of a sound. Not for the GUI thread."""
    rate = sound.info.sample_rate
    first, last = int(start * rate), min(int(end * rate), sound.info.frames)
    resolution = sound.resolution
    if sound.waveform is not None:
        samples = sound.waveform.samples[first:last]
        return make_spectrogram_image(samples, rate, first / rate, column_seconds, resolution)
    assert sound.survey is not None
    pyramid = sound.survey.pyramid
    fine_enough = pyramid.finest_seconds <= WIDEST_PIXELS * column_seconds
    if fine_enough and not resolution.overlap:
        return image_of_pyramid(pyramid, start, end, column_seconds)
    count = max(last - first, 1)
    blocks = iterate_blocks(sound.info.path, _BLOCK_SECONDS, rate, first / rate, count / rate)
    if count <= MOST_SAMPLES_KEPT:
        samples = np.concatenate(list(blocks))
        sound.survey.envelope.show_samples(first, samples)
        blocks = iter([samples])
    return image_of_blocks(blocks, count, rate, first / rate, column_seconds, resolution)


class Details(QObject):
    """Computes one close look at a time; while one is computed, only the last wish is kept.

    Signals: `ready(sound, image)`, `heard(sound, image, whole)` with what the model hears of a
    part or of the whole sound, `unheard(sentence)` where that cannot be shown.
    """

    ready = Signal(object, object)
    heard = Signal(object, object, bool)
    unheard = Signal(str)

    def __init__(self, jobs: Jobs, hear: Hear, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs, self._hear = jobs, hear
        self._busy = False
        self._next: Callable[[], None] | None = None

    def look(self, sound: Sound, start: float, end: float, column_seconds: float) -> None:
        """Compute finer columns of a part."""

        def done(image: SpectrogramImage) -> None:
            self._end()
            self.ready.emit(sound, image)

        self._run(lambda: look_closely(sound, start, end, column_seconds), done)

    def hear(self, sound: Sound, start: float, end: float) -> None:
        """Compute what the model hears of a part, as long as it may be, from its middle."""
        if end - start > LONGEST_HEARD:
            middle = (start + end) / 2
            start, end = middle - LONGEST_HEARD / 2, middle + LONGEST_HEARD / 2
        whole = start <= 0 and end >= sound.duration

        def compute() -> SpectrogramImage | None:
            heard = self._hear(sound.info.path, start, end - start)
            return None if heard is None else image_of_log_mel(heard, start, end - start)

        def done(image: SpectrogramImage | None) -> None:
            self._end()
            if image is None:
                self.unheard.emit("This checkpoint's encoder does not show what it hears.")
            else:
                self.heard.emit(sound, image, whole)

        self._run(compute, done)

    def _run(self, compute: Callable[[], object], done: Callable[..., None]) -> None:
        if self._busy:
            self._next = lambda: self._run(compute, done)
            return
        self._busy = True
        self._jobs.run_quick(compute, done, self._on_failed, self)

    def _on_failed(self, sentence: str, _details: str) -> None:
        self._end()
        self.unheard.emit(sentence)

    def _end(self) -> None:
        self._busy = False
        following, self._next = self._next, None
        if following is not None:
            following()
