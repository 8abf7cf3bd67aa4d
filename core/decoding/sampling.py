"""Nucleus sampling of many captions a clip, as rows of one batch.

From each step's distribution the most probable words are kept until they hold `top_p` of the
probability (Holtzman et al., "The curious case of neural text degeneration", 2020), and one is
drawn among them. The draws are numbers made for each clip from the seed alone, so a clip gets the
same samples whatever else is in its batch. What a sample is scored by are the model's own
log-probabilities, neither tempered nor cut.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.data.tokenizer import EOS
from core.decoding.beam import StepwiseDecoder, forbid_repetition
from core.decoding.hypotheses import FinishedCaptions, GrowingRows, Hypothesis
from core.decoding.rules import DecodingRules


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """How captions are drawn.

    Attributes
    ----------
    count
        Captions for each clip and each start token.
    top_p
        Share of probability that words are drawn from, above 0; 1 draws from all.
    temperature
        What logits are divided by before drawing; below 1 is bolder.
    seed
        Seed of the draws.
    """

    count: int = 10
    top_p: float = 0.9
    temperature: float = 1.0
    seed: int = 0


@torch.no_grad()
def nucleus_samples(
    decoder: StepwiseDecoder,
    memory: Any,
    rules: DecodingRules,
    settings: SamplingSettings,
    starts: Sequence[int] | None = None,
) -> list[list[Hypothesis]]:
    """Draw captions of each clip of a memory.

    Parameters
    ----------
    decoder
        In evaluation mode.
    memory
        What `decoder` hears of B clips.
    rules
        Lengths and bans; `rules.beam_size` has no say here.
    settings
        How many, and how they are drawn.
    starts
        Tokens that captions grow from, `settings.count` captions each; None is `rules.start`.

    Returns
    -------
    list of list of Hypothesis
        Per clip ``len(starts) * settings.count`` captions in the order of their draws; equal ones
        may be among them.
    """
    cache = decoder.start(memory)
    device = cache.clips.device
    starts = [rules.start] if starts is None else list(starts)
    clips, width = len(cache.clips), len(starts) * settings.count
    first = torch.arange(clips, device=device).repeat_interleave(width)
    cache.reorder(first, width)
    rows = _begin(first, torch.tensor(starts, device=device), settings.count, clips)
    draws = _draws(width, rules.max_tokens, settings.seed).to(device)
    finished = FinishedCaptions(clips, width, rules.max_tokens, device)
    once = None if rules.once is None else rules.once.to(device)
    for position in range(rules.max_tokens):
        logits = decoder.step(rows.prefix[:, -1], cache).float()
        if position < rules.min_tokens:
            logits[:, EOS] = -math.inf
        if once is not None:
            forbid_repetition(logits, rows.prefix, once)
        words = _draw(logits, draws[rows.slots, position], settings)
        chosen = logits.log_softmax(dim=-1).gather(1, words[:, None])[:, 0]
        everyone = torch.arange(len(words), device=device)
        rows = rows.extend(everyone, words, chosen, rows.sums + chosen)
        ended = words == EOS
        if position == rules.max_tokens - 1:
            ended.fill_(True)
        live = torch.nonzero(~ended)[:, 0]
        if len(live) < len(words):
            finished.keep(rows.pick(torch.nonzero(ended)[:, 0]))
            rows = rows.pick(live)
            if not len(live):
                break
            cache.reorder(live, width)
    return _in_order(finished, starts, settings.count)


def _begin(clips: Tensor, starts: Tensor, count: int, batch: int) -> GrowingRows:
    """Return rows in the order of clips, then start tokens, then samples."""
    rows = GrowingRows.begin(clips)
    width = len(starts) * count
    prefix = starts.repeat_interleave(count).repeat(batch)[:, None]
    slots = torch.arange(width, device=clips.device).repeat(batch)
    return GrowingRows(prefix, rows.log_probs, rows.sums, clips, slots)


def _draws(width: int, longest: int, seed: int) -> Tensor:
    """Return (width, longest) numbers in [0, 1), the same for every clip."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(width, longest, generator=generator)


def _draw(logits: Tensor, draws: Tensor, settings: SamplingSettings) -> Tensor:
    """Draw a word (N,) from the nucleus of each row of logits (N, V) by numbers (N,) in [0, 1)."""
    probabilities = (logits / settings.temperature).softmax(dim=-1)
    ordered, words = probabilities.sort(dim=-1, descending=True, stable=True)
    reached = ordered.cumsum(dim=-1)
    # A word belongs to the nucleus where those before it hold less than top_p.
    inside = reached - ordered < settings.top_p
    mass = ordered.masked_fill(~inside, 0).sum(dim=-1)
    place = (reached <= (draws * mass)[:, None]).sum(dim=-1)
    last = inside.sum(dim=-1) - 1
    return words.gather(1, torch.minimum(place, last)[:, None])[:, 0]


def _in_order(
    finished: FinishedCaptions, starts: Sequence[int], count: int
) -> list[list[Hypothesis]]:
    tokens, lengths = finished.tokens.tolist(), finished.lengths.tolist()
    scores, log_probs = finished.scores.tolist(), finished.log_probs.tolist()
    return [
        [
            Hypothesis(
                tuple(tokens[clip][slot][:length]),
                scores[clip][slot],
                tuple(log_probs[clip][slot][:length]),
                starts[slot // count],
            )
            for slot, length in enumerate(slots)
        ]
        for clip, slots in enumerate(lengths)
    ]
