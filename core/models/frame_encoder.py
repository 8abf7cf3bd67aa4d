"""An optional encoder of the projected frames, before the decoder attends to them.

All parts are options of `core.config.ModelConfig` and off by default, as the DCASE 2024 baseline
has none of them: positions in time, self-attention among the frames, and two tokens that summarise
the whole clip.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.config import ModelConfig
from core.models.fusing import LAYER_NORM_EPSILON

# The mean over the clip and its maximum.
CLIP_TOKENS = 2
# Positions of longer clips are rescaled to the range that training clips had.
MAX_POSITIONS = 24


def wants_frame_encoder(settings: ModelConfig) -> bool:
    """Say whether any part is switched on."""
    return settings.frame_positions or settings.clip_tokens or settings.encoder_layers > 0


class EncoderLayer(nn.Module):
    """Self-attention among the tokens of a clip and feed-forward, each followed by add and norm."""

    def __init__(self, settings: ModelConfig) -> None:
        super().__init__()
        width = settings.d_model
        self.heads = settings.heads
        self.query_key_value = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.expand = nn.Linear(width, settings.feedforward)
        self.contract = nn.Linear(settings.feedforward, width)
        self.norm_self = nn.LayerNorm(width, LAYER_NORM_EPSILON)
        self.norm_feedforward = nn.LayerNorm(width, LAYER_NORM_EPSILON)
        self.dropout = nn.Dropout(settings.dropout)
        self.activation = nn.GELU() if settings.activation == "gelu" else nn.ReLU()

    def forward(self, states: Tensor, frame_mask: Tensor) -> Tensor:
        """Run (B, T, d) through the layer; `frame_mask` is boolean, (B, 1, 1, T)."""
        states = self.norm_self(states + self.dropout(self._attend(states, frame_mask)))
        hidden = self.dropout(self.activation(self.expand(states)))
        return self.norm_feedforward(states + self.dropout(self.contract(hidden)))

    def _attend(self, states: Tensor, frame_mask: Tensor) -> Tensor:
        batch, length, width = states.shape
        packed = self.query_key_value(states).view(batch, length, 3, self.heads, -1)
        query, keys, values = packed.permute(2, 0, 3, 1, 4).unbind(0)
        attended = functional.scaled_dot_product_attention(query, keys, values, frame_mask)
        return self.output(attended.transpose(1, 2).reshape(batch, length, width))


class FrameEncoder(nn.Module):
    """Turns projected frames into the decoder's memory.

    Parts that are switched off have no entry in the state dict.
    """

    def __init__(self, settings: ModelConfig) -> None:
        super().__init__()
        self.settings = settings
        if settings.clip_tokens:
            self.clip_kinds = nn.Parameter(torch.randn(CLIP_TOKENS, settings.d_model) * 0.02)
        self.layers = nn.ModuleList(EncoderLayer(settings) for _ in range(settings.encoder_layers))

    @property
    def clip_tokens(self) -> int:
        """How many tokens follow the frames."""
        return CLIP_TOKENS if self.settings.clip_tokens else 0

    def forward(self, frames: Tensor, clip: Tensor | None, padding: Tensor) -> Tensor:
        """Return (B, T + clip tokens, d).

        Parameters
        ----------
        frames
            (B, T, d) projected frames.
        clip
            (B, clip tokens, d) projected `clip_summary`; None where there are no clip tokens.
        padding
            (B, T + clip tokens) boolean, True where a token is padding.
        """
        if self.settings.frame_positions:
            lengths = (~padding[:, : frames.shape[1]]).sum(1)
            frames = frames + position_code(frames, lengths)
        if clip is not None:
            frames = torch.cat((frames, clip + self.clip_kinds), dim=1)
        frame_mask = ~padding[:, None, None, :]
        for layer in self.layers:
            frames = layer(frames, frame_mask)
        return frames


def clip_summary(frames: Tensor, padding: Tensor) -> Tensor:
    """Return the mean and the maximum over the real frames (B, T, D) of each clip: (B, 2, D)."""
    mask = padding[..., None]
    mean = frames.masked_fill(mask, 0.0).sum(1) / (~mask).sum(1)
    return torch.stack((mean, frames.masked_fill(mask, -math.inf).amax(1)), dim=1)


def position_code(frames: Tensor, lengths: Tensor) -> Tensor:
    """Return a sinusoidal position code (B, T, d) for frames of which `lengths` (B,) are real.

    Positions of clips with more than 24 frames are rescaled to 24, so that first and last mean the
    same in clips of any length. The code has a norm of about 0.7 for any d, near that of projected
    tags: at the usual scale it swamps them, and the order of sounds is not learned.
    """
    steps = torch.arange(frames.shape[1], device=frames.device, dtype=torch.float32)
    positions = steps * (MAX_POSITIONS / lengths.clamp_min(MAX_POSITIONS))[:, None]
    width = frames.shape[2]
    rates = torch.exp(-torch.arange(0, width, 2, device=frames.device) * math.log(1000) / width)
    angles = positions[..., None] * rates
    code = torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(2)
    return (code * width**-0.5).to(frames.dtype)
