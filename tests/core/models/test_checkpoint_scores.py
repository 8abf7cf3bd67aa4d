"""Figures that are known later are added to a checkpoint, whose weights stay as they are."""

from __future__ import annotations

from pathlib import Path

import torch

from core.config import RunConfig
from core.data.tokenizer import Tokenizer
from core.models.caption_model import CaptionModel
from core.models.checkpoint_header import CheckpointInfo
from core.models.checkpoint_scores import add_scores
from core.models.checkpoints import load_checkpoint, save_checkpoint


def test_scores_are_added_to_the_checkpoint_of_their_step_only(tmp_path: Path) -> None:
    config = RunConfig.model_validate({"model": {"d_model": 8, "layers": 1, "heads": 2}})
    tokenizer = Tokenizer.fit(["a dog barks"])
    model = CaptionModel(config.model, tokenizer.size, 4)
    path = tmp_path / "best.safetensors"
    info = CheckpointInfo(epoch=2, step=8, metrics={"ce": 3.0}, notes="Größe")
    save_checkpoint(path, model, config, tokenizer, info)
    before = path.read_bytes()
    add_scores(path, 3, 12, {"cider_d": 0.5})
    assert path.read_bytes() == before
    add_scores(path, 2, 8, {"cider_d": 0.5})
    loaded = load_checkpoint(path)
    assert loaded.info.metrics == {"ce": 3.0, "cider_d": 0.5}
    assert (loaded.info.notes, loaded.config) == (info.notes, config)
    for name, weight in model.state_dict().items():
        assert torch.equal(loaded.model.state_dict()[name], weight)


def test_what_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "best.safetensors"
    path.write_bytes(b"cut")
    add_scores(path, 1, 1, {"cider_d": 0.5})
    add_scores(tmp_path / "missing.safetensors", 1, 1, {"cider_d": 0.5})
    assert path.read_bytes() == b"cut"
