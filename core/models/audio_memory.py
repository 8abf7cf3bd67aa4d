"""What the decoder cross-attends to: the projected frames of a batch of clips."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from core.models.attention import KeysValues
from core.models.layout import Layout


@dataclass(frozen=True, slots=True)
class AudioMemory:
    """The cross-attention memory of B clips.

    Attributes
    ----------
    frames
        (B, T, d_model) projected frame embeddings.
    padding
        (B, T) boolean, True where a frame is padding. Every clip has at least one real frame.
    keys_values
        Cross-attention keys and values of each layer, once `CaptionModel.with_keys_values` has
        computed them.
    rows
        The layout of `frames` and their rows in it, where the projection has skipped padding.
    clip_tokens
        How many of the last T positions are not frames but summaries of the whole clip.
    """

    frames: Tensor
    padding: Tensor
    keys_values: tuple[KeysValues, ...] | None = None
    rows: tuple[Layout, Tensor] | None = None
    clip_tokens: int = 0

    @property
    def frame_mask(self) -> Tensor:
        """(B, 1, 1, T) boolean, True for real frames."""
        return ~self.padding[:, None, None, :]

    def select(self, clips: Tensor) -> AudioMemory:
        """Return the memory of the clips numbered (N,), in that order; clips may repeat.

        `rows` is dropped, since it describes all clips in their original order.
        """
        keys_values = self.keys_values and tuple(
            KeysValues(layer.keys[clips], layer.values[clips]) for layer in self.keys_values
        )
        return AudioMemory(
            self.frames[clips], self.padding[clips], keys_values, clip_tokens=self.clip_tokens
        )
