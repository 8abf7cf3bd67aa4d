"""Beam search with the semantics of the DCASE 2024 Task 6 baseline (``nn/decoding/beam.py``).

A finished hypothesis keeps its slot, and the search continues with the remaining beams: the slot is
not refilled. Scores are sums of log-probabilities divided by the number of tokens. The first step
expands one beam only, since all are equal then. Words that must not be repeated are excluded before
the softmax, so that the probabilities of the others sum to one.

All beams of all clips are rows of one batch. The baseline selects clip by clip; here all clips with
the same number of live beams are handled at once, by the same `torch.topk` on the same values, so
that ties resolve in the same way.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from core.decoding.attending import with_attention
from core.decoding.hypotheses import FinishedCaptions, GrowingRows, Hypothesis
from core.decoding.rules import DecodingRules
from core.errors import ConfigError
from core.models.caption_model import CaptionModel

__all__ = ["Hypothesis", "StepwiseDecoder", "beam_search", "search"]


class StepwiseDecoder(Protocol):
    """What the search needs of a model; `core.models.caption_model.CaptionModel` is one."""

    def start(self, memory: Any) -> Any:
        """Return a `core.models.decoder_cache.DecoderCache` or its like, with one row per clip."""

    def step(self, tokens: Tensor, cache: Any) -> Tensor:
        """Feed the next token of each row; return next-token logits (rows, vocabulary)."""


@torch.no_grad()
def beam_search(
    model: CaptionModel,
    frames: Tensor,
    frame_lengths: Tensor,
    rules: DecodingRules,
    *,
    attention: bool = False,
) -> list[list[Hypothesis]]:
    """Caption a batch of clips by beam search.

    Parameters
    ----------
    model
        In evaluation mode.
    frames
        (B, T, audio_dim) frame embeddings on the model's device.
    frame_lengths
        (B,) number of real frames of each clip.
    rules
        Beam size, length limits and repetition ban.
    attention
        Also return each token's cross-attention over the frames.

    Returns
    -------
    list of list of Hypothesis
        Per clip, `rules.beam_size` hypotheses, best first.

    Raises
    ------
    ConfigError
        When the beam is wider than the vocabulary.
    """
    memory = model.project(frames, frame_lengths)
    found = search(model, memory, rules).ranked(rules.start)
    return with_attention(model, memory, found, frame_lengths) if attention else found


@torch.no_grad()
def search(decoder: StepwiseDecoder, memory: Any, rules: DecodingRules) -> FinishedCaptions:
    """Run the search on any stepwise decoder; see `beam_search`."""
    cache = decoder.start(memory)
    rows = GrowingRows.begin(cache.clips, rules.start)
    count, device = len(rows.clips), rows.clips.device
    rules = rules.to(device)
    finished = FinishedCaptions(count, rules.beam_size, rules.max_tokens, device)
    for position in range(rules.max_tokens):
        logits = decoder.step(rows.prefix[:, -1], cache).float()
        rules.mask(logits, rows.prefix)
        log_probs = logits.log_softmax(dim=-1)
        totals = rows.sums[:, None] + log_probs
        if position == 0:
            origin, words = _first_words(totals, rules.beam_size)
            rows = rows.widen(rules.beam_size)
            rows = rows.extend(
                torch.arange(len(rows.clips), device=device),
                words,
                log_probs[origin, words],
                totals[origin, words],
            )
        else:
            origin, words = _next_words(totals, torch.bincount(rows.clips, minlength=count))
            rows = rows.extend(origin, words, log_probs[origin, words], totals[origin, words])
        ended = rules.ended(words, position + 1)
        live = torch.nonzero(~ended)[:, 0]
        if len(live) < len(words):
            finished.keep(rows.pick(torch.nonzero(ended)[:, 0]))
            rows, origin = rows.pick(live), origin[live]
        if not len(live):
            break
        cache.reorder(origin, rules.beam_size)
    return finished


def _first_words(totals: Tensor, beams: int) -> tuple[Tensor, Tensor]:
    """Choose `beams` different first words for each row; return their rows and words."""
    if beams > totals.shape[1]:
        raise ConfigError(
            f"beam_size is {beams} but the vocabulary has only {totals.shape[1]} tokens; "
            "choose a smaller beam."
        )
    words = totals.topk(beams).indices
    origin = torch.arange(len(totals), device=totals.device).repeat_interleave(beams)
    return origin, words.flatten()


def _next_words(totals: Tensor, live: Tensor) -> tuple[Tensor, Tensor]:
    """Choose as many continuations for each clip as it has live beams.

    Parameters
    ----------
    totals
        (N, vocabulary) scores of all continuations of all rows.
    live
        (B,) number of rows of each clip.

    Returns
    -------
    tuple of Tensor
        (N,) the row that each new row continues, and the word it adds; within a clip the best
        continuation comes first.
    """
    rows, vocabulary = totals.shape
    first = live.cumsum(dim=0) - live
    origin = torch.empty(rows, dtype=torch.long, device=totals.device)
    words = torch.empty_like(origin)
    for width in live.unique().tolist():
        if width == 0:
            continue
        starts = first[live == width, None]
        group = starts + torch.arange(width, device=totals.device)
        whole = group.numel() == rows
        scores = (totals if whole else totals[group]).reshape(len(group), width * vocabulary)
        best = scores.topk(width).indices
        origin[group] = starts + best // vocabulary
        words[group] = best % vocabulary
    return origin, words
