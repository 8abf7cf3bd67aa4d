"""Captions without a model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.captions import Beam, Caption, Tag
from core.config import DecodingConfig
from core.timeline import Segment, Window


def caption_of(text: str, log_prob: float = -0.5, duration: float = 10.0) -> Caption:
    return Caption(
        text=text,
        log_prob=log_prob,
        tokens=(),
        beams=(Beam(text, log_prob, ()), Beam("something else", log_prob - 1, ())),
        attention=np.zeros((0, 4), np.float32),
        frame_seconds=0.32,
        tags=(Tag("Dog", 0.5),),
        duration=duration,
        seconds_taken=0.0,
        checkpoint="/runs/x/best.safetensors",
    )


def segment(start: float, end: float, text: str) -> Segment:
    return Segment(start, end, text, -0.5, caption_of(text), Window(start, end, start, end))


class Echo:
    """Says how loud a window is, in tenths, so that every caption tells what was heard."""

    sample_rate = 8_000

    def __init__(self) -> None:
        self.heard: list[int] = []

    def caption_waveforms(
        self,
        waveforms: Sequence[NDArray[np.float32]],
        sample_rate: int,
        decoding: DecodingConfig | None = None,
    ) -> list[Caption]:
        assert sample_rate == self.sample_rate
        self.heard += [len(samples) for samples in waveforms]
        return [
            caption_of(f"level {round(10 * float(np.abs(samples).max()))}") for samples in waveforms
        ]
