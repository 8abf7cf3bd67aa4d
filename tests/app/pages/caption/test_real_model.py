"""The page with an encoder and a caption model, both real, the second untrained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.pages.caption.files_pane import FilesPane
from app.pages.caption.sound_files import FileState
from app.studio import Studio
from core import paths
from core.config import parse_config


@pytest.fixture
def checkpoint(home: Path) -> Path:
    import torch

    from core.data.tokenizer import Tokenizer
    from core.models.caption_model import CaptionModel
    from core.models.checkpoints import save_checkpoint

    torch.manual_seed(0)
    config = parse_config(
        {
            "data": {"encoder": "yamnet"},
            "device": "cpu",
            "model": {"d_model": 16, "layers": 1, "heads": 2, "feedforward": 32},
            "decoding": {"max_tokens": 8},
        }
    )
    tokenizer = Tokenizer.fit(["a dog barks twice while rain falls on the roof"])
    model = CaptionModel(config.model, tokenizer.size, audio_dim=1024)
    path = paths.checkpoints_dir() / "tiny.safetensors"
    save_checkpoint(path, model, config, tokenizer)
    return path


def test_sound_is_captioned_with_a_checkpoint_on_disk(
    studio: Studio, qtbot: QtBot, checkpoint: Path, sound: Callable[..., Path], broken: Path
) -> None:
    page = FilesPane(studio)
    page.model_bar.choose(checkpoint)
    qtbot.addWidget(page)
    page.show()
    path = sound(seconds=4.0)
    page.open_paths([path, broken])
    states = [FileState.DONE, FileState.FAILED]
    qtbot.waitUntil(lambda: [e.state for e in page.files.entries] == states, timeout=60_000)
    assert page.result.result is not None
    caption = page.result.result.caption
    assert caption.checkpoint == str(checkpoint)
    assert [b.text() for b in page.result.view.words.buttons] == [t.text for t in caption.tokens]
    assert page.result.view.beams.rowCount() == len(caption.beams)
    assert len(caption.tags) == 10
    # Attention frames cover the sound, so moments lie inside of it.
    start, end = page.result.view.moments[0]
    assert 0.0 <= start < end <= 4.0
    page.hide()
