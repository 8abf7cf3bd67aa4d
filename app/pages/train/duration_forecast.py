"""How long a run will take, judged by the runs before it, or by this processor's arithmetic."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

from app.pages.train.remaining_time import (
    CHECK_COSTS,
    CONTRAST_COSTS,
    checks_between,
    stretches,
    terms_at,
)
from app.texts import rough_length_text
from core.config import RunConfig
from core.data.rehearsal_size import times_shown
from core.errors import StudioError
from core.events import EpochEnded, RunStarted, ValidationEnded
from core.runs import RunFolder

# Shares of the processor's matrix-product speed that training reaches; small layers reach less.
_SHARE = 0.3
_TOKENS, _FRAMES, _WORDS = 20, 60, 1500
_MOST_ALIKE = 5


@dataclass(frozen=True)
class Measured:
    """Seconds that a run took for an epoch without and with contrast, and for a validation."""

    config: RunConfig
    title: str
    device: str
    clips: int
    plain: float
    contrast: float
    validation: float


def measure(run: RunFolder) -> Measured | None:
    """Read how fast a run was; None when it has not ended an epoch."""
    try:
        config = run.config()
        events = [event for _, event in run.events.read_all(steps=False)]
    except (StudioError, OSError):
        return None
    started = [event for event in events if isinstance(event, RunStarted)]
    epochs: dict[bool, list[float]] = {False: [], True: []}
    checks = []
    for event in events:
        if isinstance(event, EpochEnded):
            epochs[bool(terms_at(config, event.epoch))].append(event.seconds)
        elif isinstance(event, ValidationEnded):
            checks.append(event.seconds)
    if not started or not (epochs[False] or epochs[True]):
        return None
    plain = median(epochs[False]) if epochs[False] else median(epochs[True]) / CONTRAST_COSTS
    contrast = median(epochs[True]) if epochs[True] else plain * CONTRAST_COSTS
    checked = median(checks) if checks else CHECK_COSTS * plain
    last = started[-1]
    return Measured(config, run.title(), last.device, last.train_clips, plain, contrast, checked)


def forecast(config: RunConfig, clips: int, validation_clips: int, runs: Sequence[Measured]) -> str:
    """Say in a few words how long a run will take; "" where nothing can be said.

    `clips` are those of the dataset; the configuration may take fewer of them.
    """
    clips = min(clips, config.data.train_clips) if config.data.train_clips else clips
    clips = clips * times_shown(clips, config.data.rehearsal) + config.data.rehearsal
    wanted = "cuda" if config.device.startswith("cuda") else config.device
    known = [run for run in runs if wanted == "auto" or run.device.startswith(wanted)]
    if known:
        run = max(known, key=lambda item: _likeness(item.config, config))
        scale = _work(config, clips) / _work(run.config, run.clips)
        plain, contrast = run.plain * scale, run.contrast * scale
        checked = run.validation * scale
        same = _likeness(run.config, config) == _MOST_ALIKE and 0.5 < scale < 2
        word = "about" if same else "roughly"
        source = f', judged by "{run.title}"'
    elif wanted in ("auto", "cpu"):
        plain = _work(config, clips) / (_SHARE * products_per_second())
        contrast, checked = plain * CONTRAST_COSTS, plain * validation_clips / max(1, 3 * clips)
        word, source = "roughly", ", judged by this processor"
    else:
        return ""
    epochs = config.training.epochs
    seconds = checked * checks_between(config, 0, epochs)
    for first, last, terms in stretches(config, epochs):
        seconds += (last - first) * (contrast if terms else plain)
    return f"{word} {rough_length_text(seconds)}{source}"


def _likeness(one: RunConfig, other: RunConfig) -> int:
    """Count what two runs have in common of what decides their speed."""
    return sum(
        (
            one.model == other.model,
            one.training.batch_size == other.training.batch_size,
            one.training.precision == other.training.precision,
            (one.data.dataset, one.data.encoder) == (other.data.dataset, other.data.encoder),
            [item.name for item in one.objectives] == [item.name for item in other.objectives],
        )
    )


def _work(config: RunConfig, clips: int) -> float:
    """Return the multiplications and additions of an epoch, forward and backward."""
    model = config.model
    layer = 8 * model.d_model**2 + 2 * model.d_model * model.feedforward
    decoder = model.layers * layer + _WORDS * model.d_model
    frames = 800 * model.d_model + 4 * model.layers * model.d_model**2
    return 6.0 * max(1, clips) * (_TOKENS * decoder + _FRAMES * frames)


@lru_cache(maxsize=1)
def products_per_second() -> float:
    """Measure once how many multiplications and additions this processor does in a second."""
    import numpy as np

    size = 384
    one = np.ones((size, size), dtype=np.float32)
    best = 1e9
    for _ in range(4):
        began = time.perf_counter()
        one @ one
        best = min(best, time.perf_counter() - began)
    return 2.0 * size**3 / best
