"""From the configuration to objectives."""

from __future__ import annotations

from core.config import CaptionNTXentConfig, ObjectiveConfig
from core.objectives.base import Objective
from core.objectives.caption_ntxent import CaptionNTXent


def build_objective(config: ObjectiveConfig, d_model: int) -> Objective:
    """Make the objective that `config` describes, for decoder states of width `d_model`."""
    match config:
        case CaptionNTXentConfig():
            return CaptionNTXent(config, d_model)
