"""How many captions a validation makes, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest

from core.events import PreviewCaptioned, StepLogged
from core.runs import RunFolder
from core.training.prepare import Prepared
from core.training.validation_scoring import ValidationScorer
from tests.core.training.conftest import tiny_config
from tests.core.training.test_trainer import trainer


@pytest.mark.parametrize(("scored", "shown"), [(2, 4), (5, 1), (99, 99)])
def test_as_many_clips_are_scored_and_shown_as_asked_for(
    folder: RunFolder,
    data: Prepared,
    monkeypatch: pytest.MonkeyPatch,
    scored: int,
    shown: int,
) -> None:
    asked: list[tuple[list[str], list[Sequence[str]]]] = []

    def ask(_: ValidationScorer, captions: list[str], references: list[Sequence[str]]) -> None:
        asked.append((list(captions), list(references)))

    monkeypatch.setattr(ValidationScorer, "__init__", lambda *_: None)
    monkeypatch.setattr(ValidationScorer, "close", lambda *_: None)
    monkeypatch.setattr(ValidationScorer, "ask", ask)
    shown = min(shown, 64)
    config = tiny_config(
        training={"epochs": 1}, validation={"caption_clips": scored, "previews": shown}
    )
    events = list(trainer(config, folder, data).run())
    ((captions, references),) = asked
    assert len(captions) == min(scored, 6)
    assert references == list(data.validation.references[: len(captions)])
    previews = [event for event in events if isinstance(event, PreviewCaptioned)]
    assert [event.clip for event in previews] == list(data.validation.ids[: min(shown, 6)])
    assert [event.references for event in previews] == list(
        data.validation.references[: len(previews)]
    )


def test_after_a_validation_the_memory_bank_fills_on(folder: RunFolder, data: Prepared) -> None:
    config = tiny_config(
        objectives=[{"name": "caption-ntxent", "memory_bank": 3}],
        training={"epochs": 2, "mixup_alpha": 0.0},
    )
    made = trainer(config, folder, data)
    bank = made.losses.heads["caption-ntxent"]
    banks = [bank.bank_clips.tolist() for event in made.run() if isinstance(event, StepLogged)]
    assert len(banks) == 6
    assert all(one != other for one, other in pairwise(banks))
