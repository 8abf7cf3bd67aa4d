"""Captions that are growing, captions that are finished, and what is told of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import torch
from torch import Tensor

from core.data.tokenizer import BOS, PAD


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One caption that the search found.

    Attributes
    ----------
    tokens
        Token ids without the start token, with ``<eos>`` where it was said.
    log_prob
        Mean of `token_log_probs`, natural logarithm; beam search ranks by it.
    token_log_probs
        Logarithm of each token's probability among the tokens that were allowed.
    start
        The token that the caption grew from.
    score
        What reranking ranked it by; None where it was ranked by `log_prob`.
    attention
        (tokens, frames) share of attention that goes to each frame when a token is chosen, mean
        over heads and layers, on the CPU; None unless asked for.
    layer_attention
        (layers, tokens, frames) the same for each layer, mean over heads.
    """

    tokens: tuple[int, ...]
    log_prob: float
    token_log_probs: tuple[float, ...]
    start: int = BOS
    score: float | None = None
    attention: Tensor | None = field(default=None, compare=False, repr=False)
    layer_attention: Tensor | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class GrowingRows:
    """Unfinished captions, one a row, ordered by clip and then by slot.

    Attributes
    ----------
    prefix
        (N, L) token ids, the start token first.
    log_probs
        (N, L - 1) log-probability of each token after the first.
    sums
        (N,) sum of `log_probs`.
    clips, slots
        (N,) which clip a row belongs to, and in which of its slots the result will stand.
    """

    prefix: Tensor
    log_probs: Tensor
    sums: Tensor
    clips: Tensor
    slots: Tensor

    @classmethod
    def begin(cls, clips: Tensor, start: int = BOS) -> Self:
        """Return one row for each of `clips`, (N,), that holds the start token alone."""
        nothing = torch.zeros(len(clips), 0, device=clips.device)
        prefix = torch.full_like(clips[:, None], start)
        return cls(prefix, nothing, nothing.sum(dim=1), clips, torch.zeros_like(clips))

    def widen(self, beams: int) -> Self:
        """Return every row `beams` times, in slots of their own."""
        slots = torch.arange(beams, device=self.slots.device).repeat(len(self.clips))
        rows = torch.arange(len(self.clips), device=slots.device).repeat_interleave(beams)
        return replace(self.pick(rows), slots=slots)

    def extend(self, origin: Tensor, words: Tensor, log_probs: Tensor, sums: Tensor) -> Self:
        """Let row j be what row ``origin[j]`` was, and one word more. All are (N,).

        Clips and slots stay; `sums` are those with the new word.
        """
        return type(self)(
            torch.cat((self.prefix[origin], words[:, None]), dim=1),
            torch.cat((self.log_probs[origin], log_probs[:, None]), dim=1),
            sums,
            self.clips,
            self.slots,
        )

    def pick(self, rows: Tensor) -> Self:
        """Return the rows numbered (M,), in that order."""
        parts = (self.prefix, self.log_probs, self.sums, self.clips, self.slots)
        return type(self)(*(values[rows] for values in parts))


class FinishedCaptions:
    """The results of B clips with `beams` slots each, filled as the search goes on."""

    def __init__(self, clips: int, beams: int, longest: int, device: torch.device) -> None:
        self.tokens = torch.full((clips, beams, longest), PAD, device=device)
        self.log_probs = torch.zeros(clips, beams, longest, device=device)
        self.lengths = torch.zeros(clips, beams, dtype=torch.long, device=device)
        self.scores = torch.zeros(clips, beams, device=device)

    def keep(self, rows: GrowingRows) -> None:
        """Put finished rows into their slots."""
        length = rows.log_probs.shape[1]
        place = rows.clips, rows.slots
        self.tokens[(*place, slice(length))] = rows.prefix[:, 1:]
        self.log_probs[(*place, slice(length))] = rows.log_probs
        self.lengths[place] = length
        self.scores[place] = rows.sums / length

    def ranked(self, start: int = BOS) -> list[list[Hypothesis]]:
        """Return the hypotheses of each clip, best first; equal scores stay in slot order.

        `start` is the token that they grew from.
        """
        order = self.scores.argsort(dim=1, descending=True, stable=True).tolist()
        tokens, lengths = self.tokens.tolist(), self.lengths.tolist()
        scores, log_probs = self.scores.tolist(), self.log_probs.tolist()
        return [
            [
                Hypothesis(
                    tuple(tokens[clip][slot][: lengths[clip][slot]]),
                    scores[clip][slot],
                    tuple(log_probs[clip][slot][: lengths[clip][slot]]),
                    start,
                )
                for slot in slots
            ]
            for clip, slots in enumerate(order)
        ]
