"""Clips, systems and captions that the tests of the page compare."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.pages.compare.work import (
    Answers,
    ComparedClip,
    KeepingLoader,
    Loader,
    SystemId,
    Told,
    caption_clips,
)
from core.captions import Caption
from core.events import Event
from tests.app.pages.fakes import FakeCaptioner

A, B = SystemId(Path("ce.safetensors")), SystemId(Path("contrast.safetensors"))


def clip(number: int, references: tuple[str, ...] = ("a dog barks",)) -> ComparedClip:
    samples = np.full(8, number / 100, dtype=np.float32)
    return ComparedClip(
        f"k{number}",
        f"clip {number}",
        audio=lambda: (samples, 16_000),
        heard_at=lambda rate: (samples, rate),
        references=references,
    )


def told(text: str, log_prob: float | None = -0.5) -> Told:
    return Told(text, text, log_prob)


def caption_all(answers: Answers, clips: list[ComparedClip], load: Loader) -> list[Event]:
    return list(caption_clips(answers.tasks([A, B], clips), KeepingLoader(load)))


def caption(text: str, number: int = 0) -> Caption:
    made = FakeCaptioner(Path("x")).caption_waveform(np.zeros(2, np.float32), 1)
    return Caption(
        **{name: getattr(made, name) for name in made.__slots__ if name != "text"}, text=text
    )
