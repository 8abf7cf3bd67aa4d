"""How captions are searched for: as the checkpoint's run did, and what cannot be chosen for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.pages.caption.model_bar import ModelBar
from app.pages.caption.search_options import SearchOptions
from app.studio import Studio
from core.config import DecodingConfig, RunConfig
from core.models.checkpoint_files import CheckpointFile

RERANKED = 2


def config(strategy: str = "rerank", new_words: bool = False) -> RunConfig:
    training = {"initial_checkpoint": "starter", "new_words": True} if new_words else {}
    return RunConfig.model_validate(
        {
            "decoding": {"strategy": strategy, "beam_size": 5, "min_tokens": 4, "max_tokens": 24},
            "training": training,
        }
    )


@pytest.fixture
def form(studio: Studio, qtbot: QtBot) -> SearchOptions:
    button = QToolButton()
    qtbot.addWidget(button)
    return SearchOptions(button, studio.settings)


def test_without_a_choice_captions_are_searched_as_in_training(
    studio: Studio, qtbot: QtBot
) -> None:
    bar = ModelBar(studio.theme, studio.settings)
    qtbot.addWidget(bar)
    file = CheckpointFile(path=Path("/a.safetensors"), title="A", kind="imported", config=config())
    bar.set_checkpoints([file])
    own = file.config.decoding if file.config else DecodingConfig()
    assert bar.choices().apply(own) == own
    assert bar.beam_size.text() == "as trained: 5"
    assert bar.form.strategy.currentText() == "As trained: reranked"
    assert bar.form.max_tokens.text() == "as trained: 24"
    bar.beam_size.setValue(7)
    assert bar.choices().apply(own).beam_size == 7
    again = ModelBar(studio.theme, studio.settings)
    qtbot.addWidget(again)
    assert again.beam_size.text() == "7"


def test_what_was_taught_sounds_of_ones_own_is_not_reranked(form: SearchOptions) -> None:
    form.strategy.setCurrentIndex(RERANKED)
    form.show_trained(config())
    assert form.choices(0).strategy == "rerank"
    form.show_trained(config("beam", new_words=True))
    assert form.strategy.itemText(0) == "As trained: beam search"
    index = form.strategy.model().index(RERANKED, 0)
    assert not index.flags() & Qt.ItemFlag.ItemIsEnabled
    assert "sounds of your own" in index.data(Qt.ItemDataRole.ToolTipRole)
    assert "sounds of your own" in form.strategy.toolTip()
    # What was chosen for another checkpoint is not taken, nor forgotten.
    assert form.choices(0).strategy == ""
    form.show_trained(config())
    assert form.choices(0).strategy == "rerank"
    assert "sounds of your own" not in form.strategy.toolTip()
