"""Unfinished and finished captions of a search, and hypotheses, its results."""

from __future__ import annotations

from collections.abc import Sequence
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
        Token ids without the start token, ``<eos>`` included unless cut off at the maximum length.
    log_prob
        Mean of `token_log_probs`, natural logarithm; beam search ranks by it.
    token_log_probs
        Log-probability of each token among the allowed ones.
    start
        The token that the caption started from.
    score
        The score of reranking; None if it was ranked by `log_prob`.
    attention
        (tokens, frames) cross-attention when predicting each token, mean over heads and layers, on
        the CPU; None unless asked for.
    layer_attention
        (layers, tokens, frames) the same per layer, mean over heads.
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
    """Unfinished captions, one per row, ordered by clip and then by slot.

    Attributes
    ----------
    prefix
        (N, L) token ids, the start token first.
    log_probs
        (N, L - 1) log-probability of each token after the first.
    sums
        (N,) sum of `log_probs`.
    clips, slots
        (N,) the clip of each row, and the slot of that clip that its result goes to.
    """

    prefix: Tensor
    log_probs: Tensor
    sums: Tensor
    clips: Tensor
    slots: Tensor

    @classmethod
    def begin(cls, clips: Tensor, start: int = BOS) -> Self:
        """Return a row for each of `clips`, (N,), with the start token alone."""
        nothing = torch.zeros(len(clips), 0, device=clips.device)
        prefix = torch.full_like(clips[:, None], start)
        return cls(prefix, nothing, nothing.sum(dim=1), clips, torch.zeros_like(clips))

    def widen(self, beams: int) -> Self:
        """Repeat every row `beams` times, each in a slot of its own."""
        slots = torch.arange(beams, device=self.slots.device).repeat(len(self.clips))
        rows = torch.arange(len(self.clips), device=slots.device).repeat_interleave(beams)
        return replace(self.pick(rows), slots=slots)

    def extend(self, origin: Tensor, words: Tensor, log_probs: Tensor, sums: Tensor) -> Self:
        """Let row j be row ``origin[j]`` with one more word. All arguments are (N,).

        Clips and slots stay; `sums` include the new word.
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

    def in_slots(self, starts: Sequence[int]) -> list[list[Hypothesis]]:
        """Return the hypotheses of each clip by slot; `starts` are the slots' start tokens."""
        tokens, lengths = self.tokens.tolist(), self.lengths.tolist()
        scores, log_probs = self.scores.tolist(), self.log_probs.tolist()
        return [
            [
                Hypothesis(
                    tuple(tokens[clip][slot][:length]),
                    scores[clip][slot],
                    tuple(log_probs[clip][slot][:length]),
                    starts[slot],
                )
                for slot, length in enumerate(of_clip)
            ]
            for clip, of_clip in enumerate(lengths)
        ]

    def ranked(self, start: int = BOS) -> list[list[Hypothesis]]:
        """Return the hypotheses of each clip, best first; equal scores stay in slot order.

        `start` is the token that all of them started from.
        """
        found = self.in_slots([start] * self.lengths.shape[1])
        return [sorted(clip, key=lambda one: one.log_prob, reverse=True) for clip in found]
