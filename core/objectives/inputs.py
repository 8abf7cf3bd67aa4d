"""What an objective may look at. Everything is computed when first asked for, and once."""

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
    """One caption of each of B clips, as the decoder saw it under teacher forcing.

    Attributes
    ----------
    hidden
        (B, L, d) decoder states at the input tokens (begin to last word).
    valid
        (B, L) True from the begin token to the last word; states elsewhere mean nothing.
    tokens
        (B, L) the input token ids.
    """

    hidden: Tensor
    valid: Tensor
    tokens: Tensor


@dataclass(frozen=True, slots=True)
class CaptionPass:
    """The cross-entropy's own forward pass over un-mixed clips, which objectives share.

    `second` holds the second captions where they were decoded beside the first.
    """

    memory: AudioMemory
    first: CaptionView
    second: CaptionView | None = None


class Company:
    """Who else works on the same micro-batch: nobody, unless a subclass says otherwise.

    A term compares what `gather` returns, so that its loss is that of the whole micro-batch.
    """

    def gather(self, values: Tensor) -> Tensor:
        """Return the rows of all, in the micro-batch's order, with their gradients.

        Rows of token ids that differ in length are padded.
        """
        return values

    def own(self, values: Tensor) -> Tensor:
        """Return those of all rows that are ours."""
        return values

    def gradient_norm(self, gradients: Sequence[Tensor | None], share: float) -> Tensor:
        """Return the norm of a term's gradient, of which ours counts by `share` among others'."""
        norms = [gradient.norm() for gradient in gradients if gradient is not None]
        return torch.stack(norms).norm()


ALONE = Company()


class ContrastInputs:
    """B un-mixed clips with two captions each.

    Parameters
    ----------
    model
        The caption model.
    batch
        The clips with their first captions.
    others
        (B, L) token ids of a second caption of each clip; the first again where it has only one.
    generator
        For draws such as negatives, on the CPU.
    shared
        The cross-entropy's pass over the same batch, where it was un-mixed.
    split
        The split the clips are from, "train" or "validation".
    sentence_embeddings
        (B, E) frozen embeddings of the first captions, where an objective asks for such.
    company
        Who else has clips of the same micro-batch.
    """

    company: Company = ALONE

    def __init__(
        self,
        model: CaptionModel,
        batch: Batch,
        others: Tensor,
        generator: torch.Generator,
        shared: CaptionPass | None = None,
        split: str = "train",
        sentence_embeddings: Tensor | None = None,
        company: Company = ALONE,
    ) -> None:
        self._model, self._batch, self._shared = model, batch, shared
        self.second_tokens = others
        self.generator = generator
        self.split = split
        self._sentences = sentence_embeddings
        self.company = company

    @property
    def clips(self) -> Tensor:
        """(B,) number of each clip in its split; equal numbers are the same clip."""
        return self._batch.clips

    @cached_property
    def memory(self) -> AudioMemory:
        """What the decoder hears of the clips, with the keys and values of all layers."""
        if self._shared is not None:
            return self._shared.memory
        batch = self._batch
        return self._model.listen(self._model.project(batch.frames, batch.frame_lengths))

    @cached_property
    def first(self) -> CaptionView:
        """The captions of the cross-entropy, decoded while hearing their clips."""
        if self._shared is None:
            return self.hear(self._batch.tokens, self.memory)
        return self._shared.first

    @cached_property
    def both(self) -> tuple[CaptionView, CaptionView]:
        """Both captions of each clip, decoded as one batch while hearing their clips."""
        shared = self._shared
        if shared is None:
            return decode_both(self._model, self._batch.tokens, self.second_tokens, self.memory)
        return shared.first, shared.second or self.hear(self.second_tokens, self.memory)

    @cached_property
    def silent(self) -> tuple[CaptionView, CaptionView]:
        """Both captions decoded while hearing nothing: a pure space of captions."""
        silence = self._model.silence(len(self.clips))
        return decode_both(self._model, self._batch.tokens, self.second_tokens, silence)

    @property
    def sentence_embeddings(self) -> Tensor:
        """(B, E) frozen embeddings of the first captions."""
        assert self._sentences is not None, "the data were loaded without sentence embeddings"
        return self._sentences

    def hear(self, tokens: Tensor, memory: AudioMemory) -> CaptionView:
        """Decode captions (B, L) under teacher forcing, their last token left out as input."""
        return decode_captions(self._model, tokens, memory)


def decode_captions(model: CaptionModel, tokens: Tensor, memory: AudioMemory) -> CaptionView:
    """Decode one caption (B, L) of each clip; the end token is no input."""
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
