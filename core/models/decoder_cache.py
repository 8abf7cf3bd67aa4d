"""The key/value cache of incremental decoding."""

from __future__ import annotations

import torch
from torch import Tensor

from core.models.attention import KeysValues


class DecoderCache:
    """Cross-attention keys and values per clip, self-attention ones per growing caption.

    A row is one growing caption (one beam). The keys and values of a clip are never copied per
    row: in the cross-attention the rows of one clip are its queries, side by side.

    Attributes
    ----------
    keys_values
        Per layer, keys and values of the B clips' frames.
    past
        Per layer, keys and values of the tokens so far, (2, N, heads, length, head width).
    length
        Number of tokens so far.
    clips
        (N,) the clip of each row, in ascending order.
    """

    def __init__(self, keys_values: list[KeysValues], frame_mask: Tensor) -> None:
        self.keys_values = keys_values
        self.frame_mask = frame_mask
        self.past: list[Tensor | None] = [None] * len(keys_values)
        self.length = 0
        self.clips = torch.arange(frame_mask.shape[0], device=frame_mask.device)
        self._width = 1
        self._places = self.clips

    def reorder(self, rows: Tensor, width: int) -> None:
        """Let row j continue what was row ``rows[j]``; rows that are not named are dropped.

        Parameters
        ----------
        rows
            (M,) row numbers, such that the clips of the new rows stay in ascending order.
        width
            The largest number of rows that a clip may have from now on.
        """
        clips = self.clips[rows]
        numbers = torch.arange(len(rows), device=rows.device)
        self.clips = clips
        self._width = width
        # A row's place among those of its clip: its number less that of the clip's first row.
        self._places = clips * width + numbers - torch.searchsorted(clips, clips)
        self.past = [None if past is None else past.index_select(1, rows) for past in self.past]

    def to_clips(self, states: Tensor) -> Tensor:
        """Lay out (N, 1, d) row states as the queries of their clips, (B, width, d)."""
        batch, features = self.frame_mask.shape[0], states.shape[-1]
        if len(states) == batch * self._width:
            return states.view(batch, self._width, features)
        queries = states.new_zeros(batch * self._width, features)
        queries[self._places] = states[:, 0]
        return queries.view(batch, self._width, features)

    def to_rows(self, attended: Tensor) -> Tensor:
        """Undo `to_clips`: pick the (N, 1, d) results of the rows from (B, width, d)."""
        flat = attended.reshape(-1, 1, attended.shape[-1])
        return flat if len(flat) == len(self.clips) else flat[self._places]
