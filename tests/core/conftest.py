"""What the public baseline computed, and our model with its weights (tests/golden/baseline)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / "golden" / "baseline"


@pytest.fixture(scope="session")
def baseline_json() -> Callable[[str], Any]:
    return lambda name: json.loads((FOLDER / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def baseline_tensors() -> Callable[[str], Any]:
    from safetensors.torch import load_file

    return lambda name: load_file(FOLDER / name)


@pytest.fixture
def baseline_model(baseline_tensors: Callable[[str], Any]) -> Callable[[str], Any]:
    """Build our model with the weights of one of the baseline's state files, in training mode."""
    from core.config import ModelConfig
    from core.models.caption_model import CaptionModel
    from core.models.reference_names import from_reference_state_dict

    def build(name: str) -> CaptionModel:
        settings = ModelConfig(
            d_model=32, layers=2, heads=4, feedforward=64, dropout=0.0, projection_dropout=0.0
        )
        model = CaptionModel(settings, vocabulary_size=60, audio_dim=24)
        model.load_state_dict(from_reference_state_dict(baseline_tensors(name)))
        return model

    return build
