"""A dataset of a few seconds and a checkpoint of a few kilobytes, for tests of whole commands."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.config import RunConfig, parse_config
from core.data.clips import Clip
from core.errors import DatasetError

KINDS = {
    "low": (120.0, ("A low tone hums.", "a deep hum goes on", "something hums low")),
    "high": (3000.0, ("A high tone beeps.", "a shrill beep goes on", "something beeps high")),
    "noise": (0.0, ("Noise hisses.", "rain or noise goes on", "something hisses")),
}


class Tones:
    """Three kinds of one-second sounds in three splits."""

    name = "tones"
    splits = ("train", "validation", "test")

    def clips(self, split: str) -> tuple[Clip, ...]:
        if split not in self.splits:
            raise DatasetError(f"tones has no split '{split}'; it has {', '.join(self.splits)}.")
        return tuple(
            Clip(id=f"{split}-{number}-{kind}", captions=captions, duration=1.0)
            for number in range(4 if split == "train" else 2)
            for kind, (_, captions) in KINDS.items()
        )

    def load_audio(self, clip: Clip, sample_rate: int) -> NDArray[np.float32]:
        return sound(clip.id.rsplit("-", 1)[1], sample_rate, seed=len(clip.id))

    def fingerprint(self, split: str) -> str:
        return hashlib.sha256(split.encode()).hexdigest()


def sound(kind: str, sample_rate: int = 16_000, seed: int = 0) -> NDArray[np.float32]:
    """One second of a kind, full scale 0.3."""
    pitch = KINDS[kind][0]
    if not pitch:
        noise = np.random.default_rng(seed).uniform(-0.3, 0.3, sample_rate)
        return noise.astype(np.float32)
    time = np.arange(sample_rate) / sample_rate
    return (0.3 * np.sin(2 * np.pi * pitch * time)).astype(np.float32)


def tiny_values() -> dict[str, object]:
    """Settings of a run on `Tones` that takes about a second."""
    return {
        "device": "cpu",
        "data": {"dataset": "tones", "encoder": "yamnet"},
        "model": {"d_model": 16, "layers": 1, "heads": 2, "feedforward": 32},
        "optimizer": {"learning_rate": 0.005},
        "training": {"epochs": 2, "batch_size": 4, "accumulate": 1, "mixup_alpha": 0.0},
        "validation": {"previews": 2},
        "decoding": {"max_tokens": 8},
    }


def tiny_config() -> RunConfig:
    return parse_config(tiny_values())


def save_tiny_checkpoint(path: Path) -> Path:
    """Save an untrained model that knows the words of `Tones`."""
    import torch

    from core.data.tokenizer import Tokenizer
    from core.models.caption_model import CaptionModel
    from core.models.checkpoint_header import CheckpointInfo
    from core.models.checkpoints import save_checkpoint

    config = tiny_config()
    tokenizer = Tokenizer.fit(text for _, captions in KINDS.values() for text in captions)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = CaptionModel(config.model, tokenizer.size, 1024)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_checkpoint(path, model, config, tokenizer, CheckpointInfo(encoder="yamnet"))
    return path


@pytest.fixture
def tones(monkeypatch: pytest.MonkeyPatch) -> Tones:
    """Make `Tones` known by its name."""
    import core.data.datasets as datasets

    monkeypatch.setitem(datasets._OPENERS, "tones", lambda root: Tones())
    return Tones()


@pytest.fixture
def checkpoint(home: Path) -> Path:
    """An untrained checkpoint among the imported ones."""
    return save_tiny_checkpoint(home / "checkpoints" / "untrained.safetensors")
