"""Beam search with the semantics of the DCASE 2024 Task 6 baseline (``nn/decoding/beam.py``).

A finished hypothesis keeps its slot, and the search goes on with the beams that are left: it is
not refilled. Scores are sums of log-probabilities divided by the number of tokens. The first step
expands one beam only, since all are equal then. Words that may not be repeated are excluded before
the softmax, so the probabilities of what remains sum to one.

All beams of all clips are rows of one batch. The baseline selects clip by clip; here all clips with
the same number of live beams are selected from at once, by the same `torch.topk` on the same
values, so that ties resolve in the same way.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import torch
from torch import Tensor

from core.data.tokenizer import EOS
from core.decoding.attending import with_attention
from core.decoding.hypotheses import FinishedCaptions, GrowingRows, Hypothesis
from core.decoding.rules import DecodingRules
from core.errors import ConfigError
from core.models.caption_model import CaptionModel

__all__ = ["Hypothesis", "StepwiseDecoder", "beam_search", "search"]


class StepwiseDecoder(Protocol):
    """What the search needs of a model. `core.models.caption_model.CaptionModel` is one."""

    def start(self, memory: Any) -> Any:
        """Return a `core.models.decoder_cache.DecoderCache` or its like, with one row a clip."""

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
    """Caption a batch of clips.

    Parameters
    ----------
    model
        In evaluation mode.
    frames
        (B, T, audio_dim) frame embeddings on the model's device.
    frame_lengths
        (B,) number of real frames of each clip.
    rules
        Beam size, lengths and bans.
    attention
        Also tell which frames each token attended to.

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
    finished = FinishedCaptions(count, rules.beam_size, rules.max_tokens, device)
    once = None if rules.once is None else rules.once.to(device)
    for position in range(rules.max_tokens):
        logits = decoder.step(rows.prefix[:, -1], cache).float()
        if position < rules.min_tokens:
            logits[:, EOS] = -math.inf
        if once is not None:
            forbid_repetition(logits, rows.prefix, once)
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
        ended = words == EOS
        if position == rules.max_tokens - 1:
            ended.fill_(True)
        live = torch.nonzero(~ended)[:, 0]
        if len(live) < len(words):
            finished.keep(rows.pick(torch.nonzero(ended)[:, 0]))
            rows, origin = rows.pick(live), origin[live]
        if not len(live):
            break
        cache.reorder(origin, rules.beam_size)
    return finished


def forbid_repetition(logits: Tensor, prefix: Tensor, once: Tensor) -> None:
    """Set logits of tokens that stand in a row's prefix and may be said once only to -inf.

    `logits` is (N, vocabulary) and changed in place, `prefix` (N, L), `once` (vocabulary,) boolean.
    """
    said = logits.gather(1, prefix)
    logits.scatter_(1, prefix, said.masked_fill(once[prefix], -math.inf))


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
        (N,) the row that each new row goes on from, and the word it adds; within a clip the best
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
