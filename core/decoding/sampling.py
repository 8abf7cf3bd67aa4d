"""Nucleus (top-p) sampling of several captions per clip, as rows of one batch.

At each step the most probable words that together hold `top_p` of the probability are kept
(Holtzman et al., "The curious case of neural text degeneration", 2020), and one of them is drawn.
The random numbers depend on the seed alone, so a clip gets the same samples whatever else is in its
batch. Samples are scored by the model's own log-probabilities, at temperature 1 and without the
top-p cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.decoding.beam import StepwiseDecoder
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
        Share of the probability mass that words are drawn from, above 0; 1 draws from all words.
    temperature
        Divisor of the logits before drawing, above 0; below 1 sharpens the distribution.
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
    """Draw captions for each of B clips.

    Parameters
    ----------
    decoder
        In evaluation mode.
    memory
        The clips, as `decoder.start` takes them.
    rules
        Length limits and repetition ban; `rules.beam_size` is not used.
    settings
        How many captions to draw, and how.
    starts
        Start tokens, with `settings.count` captions each; None is `rules.start`.

    Returns
    -------
    list of list of Hypothesis
        Per clip ``len(starts) * settings.count`` captions in the order of their draws, possibly
        with duplicates.
    """
    cache = decoder.start(memory)
    device = cache.clips.device
    starts = [rules.start] if starts is None else list(starts)
    clips, width = len(cache.clips), len(starts) * settings.count
    first = torch.arange(clips, device=device).repeat_interleave(width)
    cache.reorder(first, width)
    rows = _begin(first, torch.tensor(starts, device=device), settings.count, clips)
    draws = _draws(width, rules.max_tokens, settings.seed).to(device)
    rules = rules.to(device)
    finished = FinishedCaptions(clips, width, rules.max_tokens, device)
    for position in range(rules.max_tokens):
        logits = decoder.step(rows.prefix[:, -1], cache).float()
        rules.mask(logits, rows.prefix)
        words = _draw(logits, draws[rows.slots, position], settings)
        chosen = logits.log_softmax(dim=-1).gather(1, words[:, None])[:, 0]
        everyone = torch.arange(len(words), device=device)
        rows = rows.extend(everyone, words, chosen, rows.sums + chosen)
        ended = rules.ended(words, position + 1)
        live = torch.nonzero(~ended)[:, 0]
        if len(live) < len(words):
            finished.keep(rows.pick(torch.nonzero(ended)[:, 0]))
            rows = rows.pick(live)
            if not len(live):
                break
            cache.reorder(live, width)
    return finished.in_slots([start for start in starts for _ in range(settings.count)])


def _begin(clips: Tensor, starts: Tensor, count: int, batch: int) -> GrowingRows:
    """Return rows in the order of clips, then start tokens, then samples."""
    rows = GrowingRows.begin(clips)
    width = len(starts) * count
    prefix = starts.repeat_interleave(count).repeat(batch)[:, None]
    slots = torch.arange(width, device=clips.device).repeat(batch)
    return GrowingRows(prefix, rows.log_probs, rows.sums, clips, slots)


def _draws(width: int, longest: int, seed: int) -> Tensor:
    """Return (width, longest) random numbers in [0, 1), shared by all clips."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(width, longest, generator=generator)


def _draw(logits: Tensor, draws: Tensor, settings: SamplingSettings) -> Tensor:
    """Draw a word (N,) from the nucleus of each row of logits (N, V), given numbers in [0, 1)."""
    probabilities = (logits / settings.temperature).softmax(dim=-1)
    ordered, words = probabilities.sort(dim=-1, descending=True, stable=True)
    reached = ordered.cumsum(dim=-1)
    # A word is in the nucleus if those before it hold less than top_p.
    inside = reached - ordered < settings.top_p
    mass = ordered.masked_fill(~inside, 0).sum(dim=-1)
    place = (reached <= (draws * mass)[:, None]).sum(dim=-1)
    last = inside.sum(dim=-1) - 1
    return words.gather(1, torch.minimum(place, last)[:, None])[:, 0]
