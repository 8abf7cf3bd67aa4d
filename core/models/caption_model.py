"""The trained half of the captioner: projection of frame embeddings and transformer decoder.

Architecture, sizes and initialisation are those of the DCASE 2024 Task 6 baseline
(``models/trans_decoder.py``, ``nn/decoders/aac_tfmer.py``). Post-norm layers, no final norm,
sinusoidal positions on words only, classifier not tied to the embedding.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from core.config import ModelConfig
from core.models.attention import DecoderLayer, KeysValues
from core.models.decoder_cache import DecoderCache

PAD_ID = 0
LONGEST_CAPTION = 1024


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
    """

    frames: Tensor
    padding: Tensor
    heard: tuple[KeysValues, ...] | None = None

    @property
    def audible(self) -> Tensor:
        """(B, 1, 1, T) boolean, True where attention may look."""
        return ~self.padding[:, None, None, :]

    def select(self, clips: Tensor) -> AudioMemory:
        """Return the memory of the clips numbered (N,), in that order; clips may repeat."""
        heard = self.heard and tuple(
            KeysValues(layer.keys[clips], layer.values[clips]) for layer in self.heard
        )
        return AudioMemory(self.frames[clips], self.padding[clips], heard)


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
    All decoder layers start as copies of one drawn layer, as ``torch.nn.TransformerDecoder`` has
    it, and weights are drawn in the baseline's order: on the CPU the same torch seed gives the
    baseline's initial weights.
    """

    positions: Tensor

    def __init__(self, settings: ModelConfig, vocabulary_size: int, audio_dim: int = 768) -> None:
        super().__init__()
        self.settings = settings
        self.vocabulary_size = vocabulary_size
        self.audio_dim = audio_dim
        width = settings.d_model
        self.projection = nn.Sequential(
            nn.Dropout(settings.projection_dropout),
            nn.Linear(audio_dim, width),
            nn.ReLU(),
            nn.Dropout(settings.projection_dropout),
        )
        self.embedding = nn.Embedding(vocabulary_size, width, padding_idx=PAD_ID)
        layer = DecoderLayer(
            width, settings.heads, settings.feedforward, settings.dropout, settings.activation
        )
        self.classifier = nn.Linear(width, vocabulary_size)
        self.layers = nn.ModuleList(copy.deepcopy(layer) for _ in range(settings.layers))
        self.dropout = nn.Dropout(settings.dropout)
        self.register_buffer("positions", sinusoids(LONGEST_CAPTION, width), persistent=False)

    def project(self, frames: Tensor, lengths: Tensor) -> AudioMemory:
        """Project frame embeddings (B, T, audio_dim) of which `lengths` (B,) are real."""
        steps = torch.arange(frames.shape[1], device=frames.device)
        return AudioMemory(self.projection(frames), steps >= lengths[:, None])

    def silence(self, clips: int) -> AudioMemory:
        """Return a memory in which nothing can be heard: one zero frame a clip."""
        frames = self.positions.new_zeros(clips, 1, self.settings.d_model)
        return AudioMemory(frames, torch.zeros_like(frames[..., 0], dtype=torch.bool))

    def listen(self, memory: AudioMemory) -> AudioMemory:
        """Add every layer's keys and values, for a memory that several captions are decoded on."""
        if memory.heard is not None:
            return memory
        heard = tuple(layer.cross_attention.remember(memory.frames) for layer in self._layers())
        return replace(memory, heard=heard)

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
            (B, L, d) states; position i has seen tokens 0 to i.
        """
        states = self._with_positions(token_embeddings)
        allowed = _may_look(token_embeddings, caption_padding)
        audible = memory.audible
        for index, layer in enumerate(self._layers()):
            if memory.heard is None:
                keys_values = layer.cross_attention.remember(memory.frames)
            else:
                keys_values = memory.heard[index]
            states = layer(states, allowed, keys_values, audible)
        return states

    def decode_tokens(self, tokens: Tensor, memory: AudioMemory) -> Tensor:
        """Run the decoder on input token ids (B, L); see `decode`."""
        return self.decode(self.embed(tokens), tokens == PAD_ID, memory)

    def classify(self, hidden: Tensor) -> Tensor:
        """Turn decoder states (..., d) into logits (..., vocabulary)."""
        return self.classifier(hidden)

    def forward(self, frames: Tensor, lengths: Tensor, tokens: Tensor) -> Tensor:
        """Return next-token logits (B, L, vocabulary) for input tokens (B, L)."""
        return self.classify(self.decode_tokens(tokens, self.project(frames, lengths)))

    @torch.no_grad()
    def attention(self, tokens: Tensor, memory: AudioMemory) -> Tensor:
        """Return which frames each layer looks at when it predicts the token after `tokens`.

        Parameters
        ----------
        tokens
            (B, L) input token ids, beginning with ``<bos>``; what follows a caption's end is free.

        Returns
        -------
        Tensor
            (B, layers, L, T), mean over heads, each row sums to 1 over the clip's real frames.
        """
        states = self._with_positions(self.embed(tokens))
        allowed = _may_look(states, None)
        audible = memory.audible
        weights = []
        heard = self.listen(memory).heard or ()
        for layer, keys_values in zip(self._layers(), heard, strict=True):
            states = layer.attend_captions(states, allowed)
            weights.append(layer.cross_attention.weights(states, keys_values, audible))
            states = layer.attend_frames(states, keys_values, audible)
        return torch.stack(weights, dim=1)

    def start(self, memory: AudioMemory) -> DecoderCache:
        """Begin to decode token by token, with one row a clip."""
        heard = [past.contiguous() for past in self.listen(memory).heard or ()]
        return DecoderCache(heard, memory.audible)

    def step(self, tokens: Tensor, cache: DecoderCache) -> Tensor:
        """Feed the next token (N,) of each row of the cache; return logits (N, vocabulary)."""
        states = self._with_positions(self.embed(tokens)[:, None], offset=cache.length)
        for index, layer in enumerate(self._layers()):
            states, cache.past[index] = layer.attend_past(states, cache.past[index])
            queries = cache.to_clips(states)
            heard = layer.cross_attention.step(queries, cache.heard[index], cache.audible)
            states = layer.finish(states, cache.to_rows(heard))
        cache.length += 1
        return self.classify(states[:, 0])

    def _with_positions(self, embeddings: Tensor, offset: int = 0) -> Tensor:
        end = offset + embeddings.shape[1]
        if end > LONGEST_CAPTION:
            raise ValueError(f"a caption may have {LONGEST_CAPTION} tokens at most, not {end}")
        scaled = embeddings * math.sqrt(self.settings.d_model)
        return self.dropout(scaled + self.positions[offset:end])

    def _layers(self) -> list[DecoderLayer]:
        return [layer for layer in self.layers if isinstance(layer, DecoderLayer)]


def sinusoids(length: int, width: int) -> Tensor:
    """Return the (length, width) position code of the transformer paper: sine even, cosine odd."""
    rates = torch.exp(-torch.arange(0, width, 2) * math.log(10000) / width)
    angles = torch.arange(length)[:, None] * rates
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)


def _may_look(embeddings: Tensor, padding: Tensor | None) -> Tensor:
    """Return (B or 1, 1, L, L) boolean: no token sees a later one or padding."""
    length = embeddings.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool, device=embeddings.device).tril()
    if padding is None:
        return causal[None, None]
    return causal & ~padding[:, None, None, :]
