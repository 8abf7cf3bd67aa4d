"""The trained half of the captioner: projection of frame embeddings and transformer decoder.

Architecture, sizes and initialisation are those of the DCASE 2024 Task 6 baseline
(``models/trans_decoder.py``, ``nn/decoders/aac_tfmer.py``). Post-norm layers, no final norm,
sinusoidal positions on words only, classifier not tied to the embedding.
"""

from __future__ import annotations

import copy
import math
from dataclasses import replace

import torch
from torch import Tensor, nn

from core.config import ModelConfig
from core.models.attention import DecoderLayer, attention_bias
from core.models.audio_memory import AudioMemory
from core.models.decoder_cache import DecoderCache
from core.models.dropout import Dropout
from core.models.frame_encoder import FrameEncoder, clip_summary, wants_frame_encoder
from core.models.fusing import Fused
from core.models.layout import Layout, Padded, layout_for
from core.models.linear import Linear, linear

PAD_ID = 0
LONGEST_CAPTION = 1024


class CaptionModel(nn.Module):
    """Predicts the next word of a caption from a clip's frame embeddings and the words before.

    Parameters
    ----------
    settings
        Sizes and dropout.
    vocabulary_size
        Number of tokens; id 0 is padding.
    audio_dim
        Width of the encoder's frame embeddings.

    Notes
    -----
    All decoder layers start as copies of one initialised layer, as in
    ``torch.nn.TransformerDecoder``, and weights are drawn in the baseline's order: on the CPU the
    same torch seed gives the baseline's initial weights.
    """

    positions: Tensor

    def __init__(self, settings: ModelConfig, vocabulary_size: int, audio_dim: int = 768) -> None:
        super().__init__()
        self.settings = settings
        self.vocabulary_size = vocabulary_size
        self.audio_dim = audio_dim
        width = settings.d_model
        self.projection = nn.Sequential(
            Dropout(settings.projection_dropout),
            Linear(audio_dim, width),
            nn.ReLU(),
            Dropout(settings.projection_dropout),
        )
        self.embedding = nn.Embedding(vocabulary_size, width, padding_idx=PAD_ID)
        layer = DecoderLayer(
            width, settings.heads, settings.feedforward, settings.dropout, settings.activation
        )
        # Initialised even where the embedding is tied, so that the random draws keep their order.
        classifier = Linear(width, vocabulary_size)
        if settings.tied_embeddings:
            nn.init.normal_(self.embedding.weight, std=width**-0.5)
            self.classifier_bias = nn.Parameter(torch.zeros(vocabulary_size))
        else:
            self.classifier = classifier
        self.layers = nn.ModuleList(copy.deepcopy(layer) for _ in range(settings.layers))
        self.dropout = Dropout(settings.dropout)
        self.frame_encoder = FrameEncoder(settings) if wants_frame_encoder(settings) else None
        self.register_buffer("positions", sinusoids(LONGEST_CAPTION, width), persistent=False)

    def project(self, frames: Tensor, lengths: Tensor) -> AudioMemory:
        """Project frame embeddings (B, T, audio_dim) of which `lengths` (B,) are real.

        Projected padding is undefined: it may be computed or left zero.
        """
        steps = torch.arange(frames.shape[1], device=frames.device)
        padding = steps >= lengths[:, None]
        if self.frame_encoder is not None:
            return self._encode(self.frame_encoder, frames, padding)
        layout = layout_for(~padding)
        rows = self.projection(layout.rows(frames))
        return AudioMemory(layout.padded(rows), padding, rows=(layout, rows))

    def _encode(self, encoder: FrameEncoder, frames: Tensor, padding: Tensor) -> AudioMemory:
        """Project frames and run the frame encoder on them."""
        clip, count = None, encoder.clip_tokens
        projected = self.projection(frames)
        if count:
            clip = self.projection(clip_summary(frames, padding))
            padding = nn.functional.pad(padding, (0, count))
        return AudioMemory(encoder(projected, clip, padding), padding, clip_tokens=count)

    def empty_memory(self, clips: int) -> AudioMemory:
        """Return a memory without audio: one zero frame per clip, for decoding text alone."""
        frames = self.positions.new_zeros(clips, 1, self.settings.d_model)
        return AudioMemory(frames, torch.zeros_like(frames[..., 0], dtype=torch.bool))

    def with_keys_values(self, memory: AudioMemory) -> AudioMemory:
        """Add every layer's cross-attention keys and values, for use in several decoder passes."""
        if memory.keys_values is not None:
            return memory
        layout, rows = memory.rows or _all_rows(memory.frames)
        keys_values = tuple(
            layer.cross_attention.project_frames(rows, layout) for layer in self._layers()
        )
        return replace(memory, keys_values=keys_values)

    def fuse(self, steps: Fused | None) -> None:
        """Train with the compiled kernels `steps`, or without them; equal up to rounding."""
        for layer in self._layers():
            layer.fused = steps

    def embed(self, tokens: Tensor) -> Tensor:
        """Look up token ids (B, L). Padding is a zero vector; mixup mixes these embeddings."""
        return self.embedding(tokens)

    def decode(
        self, token_embeddings: Tensor, caption_padding: Tensor | None, memory: AudioMemory
    ) -> Tensor:
        """Run the decoder under teacher forcing.

        Parameters
        ----------
        token_embeddings
            (B, L, d) results of `embed`, mixed or not, not yet scaled.
        caption_padding
            (B, L) boolean, True where the input token is padding; None when there is none.
        memory
            The clips, B of them.

        Returns
        -------
        Tensor
            (B, L, d) decoder states; position i attends to tokens 0 to i.
        """
        layout = Padded(*token_embeddings.shape[:2])
        return layout.padded(self.decode_rows(token_embeddings, caption_padding, memory, layout))

    def decode_rows(
        self,
        token_embeddings: Tensor,
        caption_padding: Tensor | None,
        memory: AudioMemory,
        layout: Layout,
    ) -> Tensor:
        """Do what `decode` does; return only the rows (n, d) of a layout.

        There may be several captions of each clip, equally many, next to each other.
        """
        states = self._with_positions(token_embeddings, layout=layout)
        bias = attention_bias(_caption_mask(token_embeddings, caption_padding))
        frame_bias = attention_bias(memory.frame_mask)
        audio, frames = memory.rows or _all_rows(memory.frames)
        for index, layer in enumerate(self._layers()):
            if memory.keys_values is None:
                keys_values = layer.cross_attention.project_frames(frames, audio)
            else:
                keys_values = memory.keys_values[index]
            states = layer(states, layout, bias, keys_values, frame_bias)
        return states

    def decode_real(self, token_embeddings: Tensor, real: Tensor, memory: AudioMemory) -> Tensor:
        """Run the decoder under teacher forcing, without the padding where that is faster.

        Parameters
        ----------
        token_embeddings
            (N, L, d) results of `embed`, mixed or not, not yet scaled.
        real
            (N, L) boolean, True for real tokens; they come first in each row.
        memory
            The clips. There may be several captions of each, equally many, next to each other.

        Returns
        -------
        Tensor
            (N, L, d) decoder states; undefined where `real` is false.
        """
        layout = layout_for(real)
        return layout.padded(self.decode_rows(token_embeddings, ~real, memory, layout))

    def decode_tokens(self, tokens: Tensor, memory: AudioMemory) -> Tensor:
        """Run the decoder on input token ids (B, L); see `decode`."""
        return self.decode(self.embed(tokens), tokens == PAD_ID, memory)

    def classify(self, hidden: Tensor) -> Tensor:
        """Turn decoder states (..., d) into logits (..., vocabulary)."""
        if self.settings.tied_embeddings:
            return linear(hidden, self.embedding.weight, self.classifier_bias)
        return self.classifier(hidden)

    def forward(self, frames: Tensor, lengths: Tensor, tokens: Tensor) -> Tensor:
        """Return next-token logits (B, L, vocabulary) for input tokens (B, L)."""
        return self.classify(self.decode_tokens(tokens, self.project(frames, lengths)))

    @torch.no_grad()
    def attention(self, tokens: Tensor, memory: AudioMemory) -> Tensor:
        """Return each layer's cross-attention over the frames when predicting the next token.

        Parameters
        ----------
        tokens
            (B, L) input token ids, beginning with ``<bos>``; padding may be any token id.

        Returns
        -------
        Tensor
            (B, layers, L, T), mean over heads; each row sums to 1 over the clip's real frames.
        """
        layout = Padded(*tokens.shape)
        states = self._with_positions(self.embed(tokens), layout=layout)
        bias = attention_bias(_caption_mask(tokens, None))
        frame_mask = memory.frame_mask
        frame_bias = attention_bias(frame_mask)
        weights = []
        memory = self.with_keys_values(memory)
        for layer, keys_values in zip(self._layers(), memory.keys_values or (), strict=True):
            states = layer.attend_captions(states, layout, bias)
            queries = layout.padded(states)
            weights.append(layer.cross_attention.weights(queries, keys_values, frame_mask))
            states = layer.attend_frames(states, layout, keys_values, frame_bias)
        return _frames_only(torch.stack(weights, dim=1), memory.clip_tokens)

    def start(self, memory: AudioMemory) -> DecoderCache:
        """Return a cache for incremental decoding, with one row per clip."""
        keys_values = self.with_keys_values(memory).keys_values or ()
        return DecoderCache([layer.contiguous() for layer in keys_values], memory.frame_mask)

    def step(self, tokens: Tensor, cache: DecoderCache) -> Tensor:
        """Feed the next token (N,) of each row of the cache; return logits (N, vocabulary)."""
        states = self._with_positions(self.embed(tokens)[:, None], offset=cache.length)
        for index, layer in enumerate(self._layers()):
            states, cache.past[index] = layer.attend_past(states, cache.past[index])
            queries = cache.to_clips(states)
            keys_values = cache.keys_values[index]
            attended = layer.cross_attention.step(queries, keys_values, cache.frame_mask)
            states = layer.finish(states, cache.to_rows(attended))
        cache.length += 1
        return self.classify(states[:, 0])

    def _with_positions(
        self, embeddings: Tensor, offset: int = 0, layout: Layout | None = None
    ) -> Tensor:
        end = offset + embeddings.shape[1]
        if end > LONGEST_CAPTION:
            raise ValueError(f"a caption may have {LONGEST_CAPTION} tokens at most, not {end}")
        scaled = embeddings * math.sqrt(self.settings.d_model)
        placed = scaled + self.positions[offset:end]
        return self.dropout(placed if layout is None else layout.rows(placed))

    def _layers(self) -> list[DecoderLayer]:
        return [layer for layer in self.layers if isinstance(layer, DecoderLayer)]


def sinusoids(length: int, width: int) -> Tensor:
    """Return the (length, width) sinusoidal position code: sine in even columns, cosine in odd.

    Base 10000, as in Vaswani et al. 2017.
    """
    rates = torch.exp(-torch.arange(0, width, 2) * math.log(10000) / width)
    angles = torch.arange(length)[:, None] * rates
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)


def _all_rows(frames: Tensor) -> tuple[Layout, Tensor]:
    """Return (B, T, d) frames as rows, and their layout."""
    layout = Padded(*frames.shape[:2])
    return layout, layout.rows(frames)


def _frames_only(weights: Tensor, clip_tokens: int) -> Tensor:
    """Drop the clip tokens from attention weights (..., T) and renormalise the rows."""
    if not clip_tokens:
        return weights
    weights = weights[..., :-clip_tokens]
    return weights / weights.sum(-1, keepdim=True).clamp_min(1e-9)


def _caption_mask(tokens: Tensor, padding: Tensor | None) -> Tensor:
    """Return (B or 1, 1, L, L) boolean: True where a token may attend, itself and earlier ones."""
    length = tokens.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool, device=tokens.device).tril()
    if padding is None:
        return causal[None, None]
    return causal & ~padding[:, None, None, :]
