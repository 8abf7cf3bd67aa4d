"""Pooling of a caption's token states, or of a clip's frames, into one vector."""

from __future__ import annotations

import torch
from torch import Tensor

from core.config.objectives import Pooling
from core.models.audio_memory import AudioMemory
from core.objectives.inputs import CaptionView


def pool_caption(view: CaptionView, pooling: Pooling) -> Tensor:
    """Reduce (B, L, d) hidden states to (B, d): their mean over real tokens, or the last one."""
    if pooling == "last":
        last = view.valid.sum(dim=1) - 1
        return view.hidden[torch.arange(len(last), device=last.device), last]
    return masked_mean(view.hidden, view.valid)


def pool_audio(memory: AudioMemory) -> Tensor:
    """Average the projected frames (B, T, d) of each clip, padding left out: (B, d)."""
    return masked_mean(memory.frames, ~memory.padding)


def masked_mean(values: Tensor, valid: Tensor) -> Tensor:
    """Average (B, L, d) over the positions that are `valid`, (B, L): (B, d)."""
    weights = valid.unsqueeze(-1).to(values.dtype)
    return (values * weights).sum(dim=1) / weights.sum(dim=1)
