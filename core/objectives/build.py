"""From the configuration to objectives."""

from __future__ import annotations

from collections.abc import Mapping

from core.config import (
    AudioTextMatchingConfig,
    AudioTextNTXentConfig,
    CaptionNTXentConfig,
    CaptionProxyConfig,
    ObjectiveConfig,
)
from core.objectives.audio_text_matching import AudioTextMatching
from core.objectives.audio_text_ntxent import AudioTextNTXent
from core.objectives.base import Objective
from core.objectives.caption_ntxent import CaptionNTXent
from core.objectives.caption_proxy import CaptionProxy


def build_objective(
    config: ObjectiveConfig, d_model: int, clips: Mapping[str, int], sentence_dim: int = 0
) -> Objective:
    """Make the objective that `config` describes.

    Parameters
    ----------
    d_model
        Width of the decoder's states.
    clips
        Number of clips in each split, "train" and "validation".
    sentence_dim
        Width of the frozen sentence embeddings, where the data have such.
    """
    match config:
        case CaptionNTXentConfig():
            return CaptionNTXent(config, d_model)
        case AudioTextMatchingConfig():
            return AudioTextMatching(config, d_model)
        case AudioTextNTXentConfig():
            return AudioTextNTXent(config, d_model, sentence_dim)
        case CaptionProxyConfig():
            return CaptionProxy(config, d_model, clips)
