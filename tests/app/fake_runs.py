"""Run folders as the engine writes them, without an engine."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from core.config import RunConfig
from core.events import (
    CaptionsMapped,
    CheckpointSaved,
    EpochEnded,
    Event,
    PreviewCaptioned,
    Progress,
    RunEnded,
    RunStarted,
    StepLogged,
    ValidationEnded,
)
from core.presets import load_preset
from core.runs import RunFolder, create_run, record


def engine_events(
    config: RunConfig,
    epochs: int = 4,
    steps: int = 5,
    pause: float = 0.0,
    first_step: int = 0,
    closed: list[str] | None = None,
) -> Iterator[Event]:
    """Yield what a training run yields; `closed` gets a word when the generator is closed."""
    contrast = bool(config.objectives)
    try:
        yield Progress(phase="Extracting features", done=5, total=10)
        yield RunStarted(
            epochs=epochs,
            steps_per_epoch=steps,
            device="cpu",
            parameters=1000,
            vocabulary_size=50,
            train_clips=20,
            validation_clips=5,
            epoch=first_step // steps,
            step=first_step,
        )
        for step in range(first_step + 1, epochs * steps + 1):
            time.sleep(pause)
            epoch = (step - 1) // steps
            losses = {"ce": 2.0 + 3.0 * math.exp(-step / 8)}
            if contrast:
                losses["caption-ntxent"] = 1.0 + 1.0 / step
                losses["caption-ntxent/positive-similarity"] = 0.8
                losses["caption-ntxent/negative-similarity"] = 0.1
                losses["caption-ntxent/gradient-norm"] = 0.5
            losses["total"] = losses["ce"] + 0.1 * losses.get("caption-ntxent", 0.0)
            yield StepLogged(
                epoch=epoch,
                step=step,
                losses=losses,
                learning_rate=1e-3,
                gradient_norm=0.7,
                examples_per_second=100.0,
            )
            if step % steps == 0:
                yield from _epoch_end(epoch, step, losses)
    finally:
        if closed is not None:
            closed.append("closed")


def _epoch_end(epoch: int, step: int, losses: dict[str, float]) -> Iterator[Event]:
    yield EpochEnded(epoch=epoch, step=step, losses=losses, seconds=0.1)
    yield Progress(phase="Validating", done=1, total=2)
    value = 2.0 + 1.0 / (epoch + 1)
    yield ValidationEnded(
        epoch=epoch,
        step=step,
        losses={"ce": value, "total": value},
        metrics={"cider_d": 0.1 * (epoch + 1), "bleu_1": 0.3},
        seconds=0.1,
    )
    yield PreviewCaptioned(
        epoch=epoch,
        step=step,
        clip="clip-1",
        caption=f"a dog barks {epoch + 1} times",
        log_prob=-0.5,
        references=("a dog barks", "barking of a dog"),
    )
    yield CaptionsMapped(
        epoch=epoch,
        step=step,
        clips=("clip-1", "clip-1", "clip-2"),
        captions=("a dog barks", "barking of a dog", "rain falls"),
        points=((0.0, 0.1), (0.1, 0.0), (-0.5, -0.5)),
        explained=0.6,
    )
    yield CheckpointSaved(
        epoch=epoch, step=step, kind="best", path="x", monitor="loss", value=value
    )


def finished_run(
    name: str, preset: str = "starter-ce", hours_ago: float = 1.0, seed: int = 42
) -> RunFolder:
    """Make the folder of a run that has ended."""
    config = load_preset(preset).config.model_copy(update={"name": name, "seed": seed})
    run = create_run(config, now=datetime.now() - timedelta(hours=hours_ago))
    for _ in record(run, engine_events(config)):
        pass
    return run


def stopped_run(name: str, steps: int = 7) -> RunFolder:
    """Make the folder of a run that was stopped after so many steps."""
    config = load_preset("starter-ce").config.model_copy(update={"name": name})
    run = create_run(config)
    events = record(run, engine_events(config))
    for event in events:
        if isinstance(event, StepLogged) and event.step == steps:
            break
    close = events.close  # type: ignore[attr-defined]
    close()
    return run


def ended(run: RunFolder) -> RunEnded | None:
    """Return the last line of a run's events if it is its end."""
    last = run.events.last()
    return last[1] if last and isinstance(last[1], RunEnded) else None
