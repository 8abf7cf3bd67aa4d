"""Multi-head attention and the decoder layer of the caption model.

Both compute what ``torch.nn.TransformerDecoderLayer`` computes (post-norm), with batch-first
tensors, fused attention, and separate entry points for whole captions and for one token at a time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LAYER_NORM_EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class KeysValues:
    """Keys and values of one attention, both (batch, heads, length, head width)."""

    keys: Tensor
    values: Tensor

    def contiguous(self) -> KeysValues:
        """Return the same in memory order, for use again and again."""
        return KeysValues(self.keys.contiguous(), self.values.contiguous())


class SelfAttention(nn.Module):
    """Each token attends to the tokens up to itself."""

    def __init__(self, d_model: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        # Drawn in the order of nn.MultiheadAttention, so that equal seeds give equal weights.
        self.output = nn.Linear(d_model, d_model)
        self.query_key_value = _undrawn_linear(d_model, 3 * d_model)
        nn.init.xavier_uniform_(self.query_key_value.weight)
        nn.init.zeros_(self.output.bias)

    def forward(self, states: Tensor, allowed: Tensor) -> Tensor:
        """Attend within whole captions: (B, L, d); `allowed` is boolean, (B or 1, 1, L, L)."""
        batch, length, _ = states.shape
        packed = self.query_key_value(states).view(batch, length, 3, self.heads, -1)
        query, keys, values = packed.permute(2, 0, 3, 1, 4).unbind(0)
        attended = F.scaled_dot_product_attention(
            query, keys, values, allowed, self.dropout if self.training else 0.0
        )
        return self.output(_merge_heads(attended))

    def step(self, states: Tensor, past: Tensor | None) -> tuple[Tensor, Tensor]:
        """Attend from one new token per row, (N, 1, d), to it and all before it.

        `past` and the second result hold keys and values: (2, N, heads, length, head width).
        """
        batch = states.shape[0]
        packed = self.query_key_value(states).view(batch, 1, 3, self.heads, -1)
        packed = packed.permute(2, 0, 3, 1, 4)
        present = packed[1:] if past is None else torch.cat((past, packed[1:]), dim=3)
        attended = F.scaled_dot_product_attention(packed[0], present[0], present[1])
        return self.output(_merge_heads(attended)), present


class CrossAttention(nn.Module):
    """Each token attends to the frames of its clip."""

    def __init__(self, d_model: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.output = nn.Linear(d_model, d_model)
        self.query = _undrawn_linear(d_model, d_model)
        self.key_value = _undrawn_linear(d_model, 2 * d_model)
        # As one packed (3d, d) matrix: Xavier's bound counts all three outputs.
        bound = math.sqrt(6 / (4 * d_model))
        nn.init.uniform_(self.query.weight, -bound, bound)
        nn.init.uniform_(self.key_value.weight, -bound, bound)
        nn.init.zeros_(self.output.bias)

    def remember(self, frames: Tensor) -> KeysValues:
        """Compute the keys and values of projected frames (B, T, d), once for all tokens."""
        batch, length, _ = frames.shape
        packed = self.key_value(frames).view(batch, length, 2, self.heads, -1)
        keys, values = packed.permute(2, 0, 3, 1, 4).unbind(0)
        return KeysValues(keys, values)

    def forward(self, states: Tensor, memory: KeysValues, audible: Tensor) -> Tensor:
        """Attend from (B, L, d) to the frames that are `audible`: boolean, (B, 1, 1, T)."""
        attended = F.scaled_dot_product_attention(
            self._queries(states),
            memory.keys,
            memory.values,
            audible,
            self.dropout if self.training else 0.0,
        )
        return self.output(_merge_heads(attended))

    def step(self, states: Tensor, memory: KeysValues, audible: Tensor) -> Tensor:
        """Do the same without dropout, faster than the fused kernel where L is a few rows."""
        attended = self._shares(states, memory, audible).to(memory.values.dtype) @ memory.values
        return self.output(_merge_heads(attended))

    def weights(self, states: Tensor, memory: KeysValues, audible: Tensor) -> Tensor:
        """Return how much each token attends to each frame, mean over heads: (B, L, T)."""
        return self._shares(states, memory, audible).mean(dim=1)

    def _shares(self, states: Tensor, memory: KeysValues, audible: Tensor) -> Tensor:
        queries = self._queries(states)
        scores = queries @ memory.keys.transpose(-2, -1) / math.sqrt(queries.shape[-1])
        return scores.float().masked_fill(~audible, -math.inf).softmax(dim=-1)

    def _queries(self, states: Tensor) -> Tensor:
        batch, length, _ = states.shape
        return self.query(states).view(batch, length, self.heads, -1).transpose(1, 2)


class DecoderLayer(nn.Module):
    """Self-attention, cross-attention and feed-forward, each followed by add and norm."""

    def __init__(
        self, d_model: int, heads: int, feedforward: int, dropout: float, activation: str
    ) -> None:
        super().__init__()
        self.self_attention = SelfAttention(d_model, heads, dropout)
        self.cross_attention = CrossAttention(d_model, heads, dropout)
        self.expand = nn.Linear(d_model, feedforward)
        self.contract = nn.Linear(feedforward, d_model)
        self.norm_self = nn.LayerNorm(d_model, LAYER_NORM_EPSILON)
        self.norm_cross = nn.LayerNorm(d_model, LAYER_NORM_EPSILON)
        self.norm_feedforward = nn.LayerNorm(d_model, LAYER_NORM_EPSILON)
        self.dropout = nn.Dropout(dropout)
        self.activation = nn.GELU() if activation == "gelu" else nn.ReLU()

    def forward(
        self, states: Tensor, allowed: Tensor, memory: KeysValues, audible: Tensor
    ) -> Tensor:
        """Run whole captions (B, L, d) through the layer."""
        states = self.attend_captions(states, allowed)
        return self.attend_frames(states, memory, audible)

    def attend_captions(self, states: Tensor, allowed: Tensor) -> Tensor:
        """Run the first third of the layer on whole captions; the result queries the frames."""
        return self.norm_self(states + self.dropout(self.self_attention(states, allowed)))

    def attend_past(self, states: Tensor, past: Tensor | None) -> tuple[Tensor, Tensor]:
        """Run the first third of the layer on one new token a row; see `SelfAttention.step`."""
        attended, present = self.self_attention.step(states, past)
        return self.norm_self(states + self.dropout(attended)), present

    def attend_frames(self, states: Tensor, memory: KeysValues, audible: Tensor) -> Tensor:
        """Run the rest of the layer when row i of `states` belongs to row i of `memory`."""
        return self.finish(states, self.cross_attention(states, memory, audible))

    def finish(self, states: Tensor, heard: Tensor) -> Tensor:
        """Add what the cross-attention `heard`, then run the feed-forward part."""
        states = self.norm_cross(states + self.dropout(heard))
        hidden = self.dropout(self.activation(self.expand(states)))
        return self.norm_feedforward(states + self.dropout(self.contract(hidden)))


def _undrawn_linear(inputs: int, outputs: int) -> nn.Linear:
    """Return a linear layer with zero bias and a weight that is still to be drawn."""
    layer = nn.utils.skip_init(nn.Linear, inputs, outputs)
    nn.init.zeros_(layer.bias)
    return layer


def _merge_heads(attended: Tensor) -> Tensor:
    batch, _, length, _ = attended.shape
    return attended.transpose(1, 2).reshape(batch, length, -1)
