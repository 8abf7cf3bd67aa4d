"""How the rows that a network computes lie in a padded batch.

Captions and clips differ in length: in Clotho some 30 % of the words and 20 % of the frames of a
padded batch are padding. Linear layers, norms and dropout work on rows and need no padding; only
attention needs whole sequences. `Packed` leaves padding out and lays rows out for attention and
back by index lookups; `Padded` computes everything, with views alone, which suits devices where
kernel launches cost more than arithmetic. Both agree wherever there is no padding.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# The number of rows is rounded up to a multiple of this, so that few sizes occur: matrix libraries
# set themselves up anew for each.
ROWS_MULTIPLE = 64


class Layout(ABC):
    """Rows of a padded (batch, length, features) tensor."""

    def __init__(self, batch: int, length: int) -> None:
        self.batch, self.length = batch, length

    @abstractmethod
    def rows(self, padded: Tensor) -> Tensor:
        """Return the (n, ...) rows of a (batch, length, ...) tensor."""

    @abstractmethod
    def padded(self, rows: Tensor) -> Tensor:
        """Return the (n, features) rows as (batch, length, features), zero where there is none."""

    @abstractmethod
    def split_heads(self, rows: Tensor, parts: int, heads: int) -> tuple[Tensor, ...]:
        """Lay out (n, parts * heads * w) for attention: `parts` of (batch, heads, length, w).

        Positions without a row hold arbitrary values and must be masked in the attention.
        """

    @abstractmethod
    def merge_heads(self, attended: Tensor) -> Tensor:
        """Return the (n, heads * w) rows of (batch, heads, length, w)."""

    @abstractmethod
    def side_by_side(self, batch: int) -> Layout:
        """Return the same rows as fewer and longer sequences, each made of neighbours."""


class Padded(Layout):
    """Every position is a row."""

    def rows(self, padded: Tensor) -> Tensor:
        """Return all positions (B, L, d) as rows (B * L, d), a view."""
        return padded.flatten(0, 1)

    def padded(self, rows: Tensor) -> Tensor:
        """Return rows (B * L, d) at their positions (B, L, d), a view."""
        return rows.view(self.batch, self.length, -1)

    def split_heads(self, rows: Tensor, parts: int, heads: int) -> tuple[Tensor, ...]:
        """Return views of the heads; see `Layout.split_heads`."""
        packed = rows.view(self.batch, self.length, parts, heads, -1)
        return packed.permute(2, 0, 3, 1, 4).unbind(0)

    def merge_heads(self, attended: Tensor) -> Tensor:
        """Return the heads side by side again; see `Layout.merge_heads`."""
        return attended.transpose(1, 2).reshape(self.batch * self.length, -1)

    def side_by_side(self, batch: int) -> Padded:
        """Return the layout of longer sequences."""
        return Padded(batch, self.batch * self.length // batch)


class Packed(Layout):
    """Only some positions are rows.

    Parameters
    ----------
    places
        (n,) the positions that are rows, in a flat (batch * length) order, ascending.
    """

    def __init__(self, batch: int, length: int, places: Tensor) -> None:
        super().__init__(batch, length)
        self.places = places
        self._indices: dict[tuple[int, int], tuple[Tensor, Tensor]] = {}
        self._longer: Packed | None = None

    def rows(self, padded: Tensor) -> Tensor:
        """Look the rows up."""
        return padded.flatten(0, 1).index_select(0, self.places)

    def padded(self, rows: Tensor) -> Tensor:
        """Put the rows at their places."""
        empty = rows.new_zeros(self.batch * self.length, rows.shape[1])
        filled = empty.index_copy(0, self.places, rows)
        return filled.view(self.batch, self.length, -1)

    def split_heads(self, rows: Tensor, parts: int, heads: int) -> tuple[Tensor, ...]:
        """Look up each head of each position."""
        there, back = self._lookups(parts, heads)
        pieces = rows.reshape(len(rows) * parts * heads, -1)
        laid: Tensor = _Spread.apply(pieces, there, back)
        return laid.view(parts, self.batch, heads, self.length, -1).unbind(0)

    def merge_heads(self, attended: Tensor) -> Tensor:
        """Look up each head of each row."""
        heads = attended.shape[1]
        _, back = self._lookups(1, heads)
        pieces = attended.reshape(self.batch * heads * self.length, -1)
        merged: Tensor = _Collect.apply(pieces, back)
        return merged.view(len(self.places), -1)

    def side_by_side(self, batch: int) -> Packed:
        """Return the layout of longer sequences, made once."""
        if batch == self.batch:
            return self
        if self._longer is None or self._longer.batch != batch:
            self._longer = Packed(batch, self.batch * self.length // batch, self.places)
        return self._longer

    def _lookups(self, parts: int, heads: int) -> tuple[Tensor, Tensor]:
        """Return where each piece of the attention's layout is found in the rows, and the reverse.

        A piece is one head of one part of one row. Positions without a row look at the first row.
        """
        if (parts, heads) not in self._indices:
            count, places = len(self.places), self.places
            numbers = torch.zeros(self.batch * self.length, dtype=torch.long, device=places.device)
            numbers[places] = torch.arange(count, device=places.device)
            part = torch.arange(parts, device=places.device)
            head = torch.arange(heads, device=places.device)
            row = numbers.view(self.batch, 1, self.length)
            there = (row * parts + part[:, None, None, None]) * heads + head[:, None]
            batch, position = places // self.length, places % self.length
            sequence = part[:, None] * self.batch + batch[:, None, None]
            back = (sequence * heads + head) * self.length + position[:, None, None]
            self._indices[parts, heads] = there.flatten(), back.flatten()
        return self._indices[parts, heads]


class _Spread(torch.autograd.Function):
    """Gather pieces; positions without a row pass no gradient back."""

    @staticmethod
    def forward(ctx: Any, pieces: Tensor, there: Tensor, back: Tensor) -> Tensor:
        ctx.back = back
        return pieces.index_select(0, there)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return gradient.index_select(0, ctx.back), None, None


class _Collect(torch.autograd.Function):
    """Gather each piece once; pieces that are not gathered get a zero gradient."""

    @staticmethod
    def forward(ctx: Any, pieces: Tensor, back: Tensor) -> Tensor:
        ctx.back, ctx.count = back, len(pieces)
        return pieces.index_select(0, back)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        spread = gradient.new_zeros(ctx.count, gradient.shape[1])
        return spread.index_copy_(0, ctx.back, gradient), None


def pack(real: Tensor, device: torch.device) -> Packed:
    """Return the layout of the positions (batch, length) that are `real`, and a few others.

    `real` must be on the CPU, so that this needs no synchronisation with the device. Some padding
    is kept so that the number of rows is a multiple of `ROWS_MULTIPLE` where the batch is large
    enough.
    """
    chosen = real.flatten().clone()
    missing = -int(chosen.sum()) % ROWS_MULTIPLE
    if missing:
        chosen[(~chosen).nonzero()[:missing, 0]] = True
    places = chosen.nonzero()[:, 0]
    return Packed(real.shape[0], real.shape[1], places.to(device, non_blocking=True))


def layout_for(real: Tensor) -> Layout:
    """Return the layout that is fastest where `real` (batch, length) lies."""
    return pack(real, real.device) if real.device.type == "cpu" else Padded(*real.shape)
