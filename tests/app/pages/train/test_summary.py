from __future__ import annotations

import pytest

from app.pages.train.summary import describe, phase_text
from core.config import CaptionNTXentConfig, RunConfig, TrainingConfig, replace_fields


def config(epochs: int = 400, **term: float) -> RunConfig:
    objectives = (CaptionNTXentConfig(**term),) if term else ()
    return RunConfig(training=TrainingConfig(epochs=epochs), objectives=objectives)


@pytest.mark.parametrize(
    ("chosen", "start"),
    [
        (config(24), "Cross-entropy for 24 epochs on starter-scenes with yamnet features"),
        (config(1), "Cross-entropy for 1 epoch on "),
        (config(24, weight=0.1), "Cross-entropy + 0.1 × caption NT-Xent for 24 epochs on "),
        (
            config(400, weight=0.1, start_epoch=100),
            "Cross-entropy for 100 epochs, then cross-entropy + 0.1 × caption NT-Xent "
            "for 300 epochs on ",
        ),
        (
            config(9, weight=2, start_epoch=1, end_epoch=3),
            "Cross-entropy for 1 epoch, then cross-entropy + 2 × caption NT-Xent for 2 epochs, "
            "then cross-entropy for 6 epochs on ",
        ),
        (config(5, weight=1, start_epoch=7), "Cross-entropy for 5 epochs; the contrast would only"),
    ],
)
def test_the_sentence_says_what_will_run(chosen: RunConfig, start: str) -> None:
    assert describe(chosen).startswith(start)


def test_the_phase_tells_the_weight_that_training_uses() -> None:
    chosen = config(9, weight=0.4, start_epoch=2, ramp_epochs=3)
    assert phase_text(chosen, 1) == "CE only, caption NT-Xent from epoch 3"
    assert phase_text(chosen, 2) == "CE + 0.1 × caption NT-Xent, rising to 0.4"
    assert phase_text(chosen, 4) == "CE + 0.3 × caption NT-Xent, rising to 0.4"
    assert phase_text(chosen, 5) == "CE + 0.4 × caption NT-Xent"


def test_device_seed_and_clips_are_named() -> None:
    chosen = config().model_copy(update={"device": "cpu", "seed": 7})
    assert describe(chosen).endswith("seed 7, on the CPU.")


def test_a_start_and_its_rehearsal_are_named() -> None:
    chosen = replace_fields(
        config(),
        {"training.initial_checkpoint": "starter", "data.rehearsal": 1200},
    )
    sentence = describe(chosen)
    assert ", starting from a checkpoint and rehearsing 1,200 captions of the starter" in sentence
