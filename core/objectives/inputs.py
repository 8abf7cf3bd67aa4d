"""The inputs of an objective, each computed once and only if it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional

from core.data.batches import Batch
from core.data.tokenizer import PAD
from core.models.audio_memory import AudioMemory
from core.models.caption_model import CaptionModel


@dataclass(frozen=True, slots=True)
class CaptionView:
    """One caption of each of B clips, decoded under teacher forcing.

    Attributes
    ----------
    hidden
        (B, L, d) decoder states at the input tokens, ``<bos>`` to the last word.
    valid
        (B, L) boolean, True from ``<bos>`` to the last word; states elsewhere are undefined.
    tokens
        (B, L) the input token ids.
    """

    hidden: Tensor
    valid: Tensor
    tokens: Tensor


@dataclass(frozen=True, slots=True)
class CaptionPass:
    """The cross-entropy's own forward pass over un-mixed clips, for objectives to reuse.

    `second` holds the second captions where they were decoded in the same batch.
    """

    memory: AudioMemory
    first: CaptionView
    second: CaptionView | None = None


class Peers:
    """The processes that share a micro-batch; here there are none, subclasses communicate.

    A term compares what `gather` returns, so that its loss is that of the whole micro-batch.
    """

    def gather(self, values: Tensor) -> Tensor:
        """Return the rows (B, ...) of all processes, in the micro-batch's order, differentiably.

        Rows of token ids that differ in length are padded.
        """
        return values

    def local(self, values: Tensor) -> Tensor:
        """Return this process's rows of a gathered tensor (B, ...)."""
        return values

    def gradient_norm(self, gradients: Sequence[Tensor | None], share: float) -> Tensor:
        """Return the norm of a term's whole gradient, a scalar; `share` weighs this part of it."""
        norms = [gradient.norm() for gradient in gradients if gradient is not None]
        return torch.stack(norms).norm()


NO_PEERS = Peers()


class ContrastInputs:
    """B un-mixed clips with two captions each.

    Parameters
    ----------
    model
        The caption model.
    batch
        The clips with their first captions.
    others
        (B, L) token ids of a second caption of each clip; the first one again for a clip with one.
    generator
        For random draws such as negatives; on the CPU.
    shared
        The cross-entropy's pass over the same batch, if that was un-mixed.
    split
        The split the clips are from, "train" or "validation".
    sentence_embeddings
        (B, E) frozen embeddings of the first captions, if an objective needs them.
    peers
        The processes that share the micro-batch.
    """

    peers: Peers = NO_PEERS

    def __init__(
        self,
        model: CaptionModel,
        batch: Batch,
        others: Tensor,
        generator: torch.Generator,
        shared: CaptionPass | None = None,
        split: str = "train",
        sentence_embeddings: Tensor | None = None,
        peers: Peers = NO_PEERS,
    ) -> None:
        self._model, self._batch, self._shared = model, batch, shared
        self.second_tokens = others
        self.generator = generator
        self.split = split
        self._sentences = sentence_embeddings
        self.peers = peers

    @property
    def clips(self) -> Tensor:
        """(B,) index of each clip in its split; equal indices are the same clip."""
        return self._batch.clips

    @cached_property
    def memory(self) -> AudioMemory:
        """The clips' cross-attention memory, with the keys and values of all layers."""
        if self._shared is not None:
            return self._shared.memory
        batch = self._batch
        return self._model.with_keys_values(self._model.project(batch.frames, batch.frame_lengths))

    @cached_property
    def first(self) -> CaptionView:
        """The captions of the cross-entropy, decoded with their audio."""
        if self._shared is None:
            return self.decode(self._batch.tokens, self.memory)
        return self._shared.first

    @cached_property
    def both(self) -> tuple[CaptionView, CaptionView]:
        """Both captions of each clip, decoded with their audio."""
        shared = self._shared
        if shared is None:
            return decode_both(self._model, self._batch.tokens, self.second_tokens, self.memory)
        return shared.first, shared.second or self.decode(self.second_tokens, self.memory)

    @cached_property
    def without_audio(self) -> tuple[CaptionView, CaptionView]:
        """Both captions of each clip, decoded without audio: a space of text alone."""
        memory = self._model.empty_memory(len(self.clips))
        return decode_both(self._model, self._batch.tokens, self.second_tokens, memory)

    @property
    def sentence_embeddings(self) -> Tensor:
        """(B, E) frozen embeddings of the first captions."""
        assert self._sentences is not None, "the data were loaded without sentence embeddings"
        return self._sentences

    def decode(self, tokens: Tensor, memory: AudioMemory) -> CaptionView:
        """Decode captions (B, L) under teacher forcing; see `decode_captions`."""
        return decode_captions(self._model, tokens, memory)


def decode_captions(model: CaptionModel, tokens: Tensor, memory: AudioMemory) -> CaptionView:
    """Decode captions (B, L), ``<bos>`` to ``<eos>``, under teacher forcing; L - 1 positions."""
    inputs, valid = tokens[:, :-1], tokens[:, 1:] != PAD
    return CaptionView(model.decode_real(model.embed(inputs), valid, memory), valid, inputs)


def decode_both(
    model: CaptionModel, first: Tensor, second: Tensor, memory: AudioMemory
) -> tuple[CaptionView, CaptionView]:
    """Decode two captions (B, L1) and (B, L2) of each clip as one batch of 2B."""
    length = max(first.shape[1], second.shape[1])
    padded = [
        functional.pad(part, (0, length - part.shape[1]), value=PAD) for part in (first, second)
    ]
    view = decode_captions(model, torch.stack(padded, dim=1).flatten(0, 1), memory)
    clips = len(first)
    hidden, valid, tokens = (
        part.view(clips, 2, *part.shape[1:]) for part in (view.hidden, view.valid, view.tokens)
    )
    return (
        CaptionView(hidden[:, 0], valid[:, 0], tokens[:, 0]),
        CaptionView(hidden[:, 1], valid[:, 1], tokens[:, 1]),
    )
