"""Multi-head attention and the decoder layer of the caption model.

Both compute what ``torch.nn.TransformerDecoderLayer`` computes (post-norm), with batch-first
tensors, fused attention, and separate entry points for whole captions and for one token at a time.
Whole captions come as the rows of a `Layout`, with or without their padding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.models.dropout import Dropout, dropout
from core.models.fusing import LAYER_NORM_EPSILON, Fused
from core.models.layout import Layout
from core.models.linear import Linear


@dataclass(frozen=True, slots=True)
class KeysValues:
    """Keys and values of one attention, both (batch, heads, length, head width)."""

    keys: Tensor
    values: Tensor

    def contiguous(self) -> KeysValues:
        """Return the same in memory order, for use again and again."""
        return KeysValues(self.keys.contiguous(), self.values.contiguous())


class SelfAttention(nn.Module):
    """Causal self-attention over the tokens of a caption."""

    def __init__(self, d_model: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        # Initialised in the order of nn.MultiheadAttention: equal seeds give equal weights.
        self.output = Linear(d_model, d_model)
        self.query_key_value = _undrawn_linear(d_model, 3 * d_model)
        nn.init.xavier_uniform_(self.query_key_value.weight)
        nn.init.zeros_(self.output.bias)

    def forward(self, states: Tensor, layout: Layout, bias: Tensor) -> Tensor:
        """Attend within whole captions, given as rows (n, d); see `attend` for `bias`."""
        query, keys, values = layout.split_heads(self.query_key_value(states), 3, self.heads)
        attended = attend(query, keys, values, bias, self.dropout if self.training else 0.0)
        return self.output(layout.merge_heads(attended))

    def step(self, states: Tensor, past: Tensor | None) -> tuple[Tensor, Tensor]:
        """Attend from one new token per row, (N, 1, d), to itself and all tokens before it.

        `past` and the second result hold keys and values, (2, N, heads, length, head width).
        """
        batch = states.shape[0]
        packed = self.query_key_value(states).view(batch, 1, 3, self.heads, -1)
        packed = packed.permute(2, 0, 3, 1, 4)
        present = packed[1:] if past is None else torch.cat((past, packed[1:]), dim=3)
        attended = F.scaled_dot_product_attention(packed[0], present[0], present[1])
        return self.output(_merge_heads(attended)), present


class CrossAttention(nn.Module):
    """Cross-attention from the tokens of a caption to the frames of its clip."""

    def __init__(self, d_model: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.output = Linear(d_model, d_model)
        self.query = _undrawn_linear(d_model, d_model)
        self.key_value = _undrawn_linear(d_model, 2 * d_model)
        # As one packed (3d, d) matrix: Xavier's bound counts all three outputs.
        bound = math.sqrt(6 / (4 * d_model))
        nn.init.uniform_(self.query.weight, -bound, bound)
        nn.init.uniform_(self.key_value.weight, -bound, bound)
        nn.init.zeros_(self.output.bias)

    def project_frames(self, frames: Tensor, layout: Layout) -> KeysValues:
        """Return the keys and values of projected frames, rows (m, d); they serve all tokens."""
        keys, values = layout.split_heads(self.key_value(frames), 2, self.heads)
        return KeysValues(keys, values)

    def forward(self, states: Tensor, layout: Layout, memory: KeysValues, bias: Tensor) -> Tensor:
        """Attend from rows (n, d) to frames; in `layout` all rows of a clip are one sequence."""
        (query,) = layout.split_heads(self.query(states), 1, self.heads)
        probability = self.dropout if self.training else 0.0
        attended = attend(query, memory.keys, memory.values, bias, probability)
        return self.output(layout.merge_heads(attended))

    def step(self, states: Tensor, memory: KeysValues, frame_mask: Tensor) -> Tensor:
        """Attend from (B, L, d) to frames, without dropout; `frame_mask` is (B, 1, 1, T) boolean.

        Faster than the fused kernel when L is small.
        """
        attended = self._shares(states, memory, frame_mask).to(memory.values.dtype) @ memory.values
        return self.output(_merge_heads(attended))

    def weights(self, states: Tensor, memory: KeysValues, frame_mask: Tensor) -> Tensor:
        """Return each token's attention weights over the frames, mean over heads: (B, L, T)."""
        return self._shares(states, memory, frame_mask).mean(dim=1)

    def _shares(self, states: Tensor, memory: KeysValues, frame_mask: Tensor) -> Tensor:
        queries = self._queries(states)
        scores = queries @ memory.keys.transpose(-2, -1) / math.sqrt(queries.shape[-1])
        return scores.float().masked_fill(~frame_mask, -math.inf).softmax(dim=-1)

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
        self.expand = Linear(d_model, feedforward)
        self.contract = Linear(feedforward, d_model)
        self.norm_self = nn.LayerNorm(d_model, LAYER_NORM_EPSILON)
        self.norm_cross = nn.LayerNorm(d_model, LAYER_NORM_EPSILON)
        self.norm_feedforward = nn.LayerNorm(d_model, LAYER_NORM_EPSILON)
        self.dropout = Dropout(dropout)
        self.activation = nn.GELU() if activation == "gelu" else nn.ReLU()
        # Compiled steps, where training has asked for them.
        self.fused: Fused | None = None

    def forward(
        self, states: Tensor, layout: Layout, bias: Tensor, memory: KeysValues, frame_bias: Tensor
    ) -> Tensor:
        """Run the rows (n, d) of whole captions through the layer.

        `bias` (over tokens) and `frame_bias` (over frames) are those of `attend`. A clip may have
        several captions, next to each other in `layout`.
        """
        states = self.attend_captions(states, layout, bias)
        return self.attend_frames(states, layout, memory, frame_bias)

    def attend_captions(self, states: Tensor, layout: Layout, bias: Tensor) -> Tensor:
        """Run rows (n, d) of whole captions through self-attention, its residual and norm."""
        attended = self.self_attention(states, layout, bias)
        return self._add_norm(states, attended, self.norm_self)

    def attend_past(self, states: Tensor, past: Tensor | None) -> tuple[Tensor, Tensor]:
        """Do the same for one new token per row, (N, 1, d); see `SelfAttention.step`."""
        attended, present = self.self_attention.step(states, past)
        return self.norm_self(states + self.dropout(attended)), present

    def attend_frames(
        self, states: Tensor, layout: Layout, memory: KeysValues, frame_bias: Tensor
    ) -> Tensor:
        """Run rows (n, d) from `attend_captions` through the rest of the layer; see `forward`."""
        clips = layout.side_by_side(len(memory.keys))
        return self.finish(states, self.cross_attention(states, clips, memory, frame_bias))

    def finish(self, states: Tensor, attended: Tensor) -> Tensor:
        """Add the cross-attention's result (n, d) to `states` (n, d), then run the feed-forward."""
        states = self._add_norm(states, attended, self.norm_cross)
        hidden = self._activate(self.expand(states))
        return self._add_norm(states, self.contract(hidden), self.norm_feedforward)

    def _add_norm(self, states: Tensor, update: Tensor, norm: nn.LayerNorm) -> Tensor:
        if self.fused is None or not self.training or not self.dropout.p:
            return norm(states + self.dropout(update))
        mask = self.dropout.mask(update)
        return self.fused.add_norm(states, update, mask, norm.weight, norm.bias)

    def _activate(self, hidden: Tensor) -> Tensor:
        if self.fused is None or not self.training or not self.dropout.p:
            return self.dropout(self.activation(hidden))
        return self.fused.activate(hidden, self.dropout.mask(hidden))


def attend(query: Tensor, keys: Tensor, values: Tensor, bias: Tensor, probability: float) -> Tensor:
    """Scaled dot-product attention of (B, H, L, w) queries on (B, H, T, w) keys and values.

    `bias` is added to the scores: 0 where a query may attend and -inf where it may not.
    `probability` is that of dropout on the attention weights.
    """
    if not probability or query.device.type != "cpu":
        return F.scaled_dot_product_attention(
            query, keys, values, bias.to(query.dtype), probability
        )
    # torch has no fused attention with dropout on the CPU.
    scores = (query / math.sqrt(query.shape[-1])) @ keys.transpose(-2, -1)
    return dropout(scores.add_(bias).softmax(dim=-1), probability) @ values


def attention_bias(allowed: Tensor) -> Tensor:
    """Return the bias of `attend`, float32: 0 where the boolean `allowed` is true, else -inf.

    The shape is kept; it must broadcast to (B, H, L, T).
    """
    bias = torch.zeros(allowed.shape, device=allowed.device)
    return bias.masked_fill_(~allowed, -math.inf)


def _undrawn_linear(inputs: int, outputs: int) -> Linear:
    """Return a linear layer with zero bias and an uninitialised weight."""
    layer = nn.utils.skip_init(Linear, inputs, outputs)
    nn.init.zeros_(layer.bias)
    return layer


def _merge_heads(attended: Tensor) -> Tensor:
    batch, _, length, _ = attended.shape
    return attended.transpose(1, 2).reshape(batch, length, -1)
