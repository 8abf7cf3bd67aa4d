"""What the decoder hears of a batch of clips: projected frames, keys and values made of them."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from core.models.attention import KeysValues
from core.models.layout import Layout


@dataclass(frozen=True, slots=True)
class AudioMemory:
    """What the decoder hears of B clips.

    Attributes
    ----------
    frames
        (B, T, d_model) projected frame embeddings.
    padding
        (B, T) boolean, True where a frame is padding. Every clip has at least one real frame.
    heard
        Keys and values of each layer, where `CaptionModel.listen` has computed them.
    rows
        The layout of `frames` and what it leaves of them, where padding was left out.
    clip_tokens
        How many of the last T are no frames but stand for the whole clip.
    """

    frames: Tensor
    padding: Tensor
    heard: tuple[KeysValues, ...] | None = None
    rows: tuple[Layout, Tensor] | None = None
    clip_tokens: int = 0

    @property
    def audible(self) -> Tensor:
        """(B, 1, 1, T) boolean, True where attention may look."""
        return ~self.padding[:, None, None, :]

    def select(self, clips: Tensor) -> AudioMemory:
        """Return the memory of the clips numbered (N,), in that order; clips may repeat.

        The layout is left behind: rows of the chosen clips are no longer next to each other.
        """
        heard = self.heard and tuple(
            KeysValues(layer.keys[clips], layer.values[clips]) for layer in self.heard
        )
        return AudioMemory(
            self.frames[clips], self.padding[clips], heard, clip_tokens=self.clip_tokens
        )
