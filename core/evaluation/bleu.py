"""BLEU from counts per clip: the score of any set of captions is a function of their summed counts.

Papineni et al. 2002, with the smoothing constants and the closest reference length used for
captions since MS COCO; `aac_metrics.functional.bleu` gives the same scores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

ORDERS = 4
# Matches and totals of each order, candidate length, reference length.
COUNTS = 2 * ORDERS + 2
_SMALL, _TINY = 1e-9, 1e-15


def bleu_counts(
    candidates: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]
) -> NDArray[np.float64]:
    """Return the (N, 10) counts of tokenised captions: per order matches, then totals; lengths."""
    table = np.zeros((len(candidates), COUNTS))
    for row, (words, texts) in enumerate(zip(candidates, references, strict=True)):
        best: Counter[tuple[str, ...]] = Counter()
        for text in texts:
            best |= _ngrams(text)
        for ngram, count in _ngrams(words).items():
            table[row, len(ngram) - 1] += min(count, best[ngram])
        for order in range(ORDERS):
            table[row, ORDERS + order] = max(0, len(words) - order)
        table[row, -2] = len(words)
        lengths = [(abs(len(text) - len(words)), len(text)) for text in texts]
        table[row, -1] = min(lengths)[1]
    return table


def bleu_scores(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return BLEU-1 to BLEU-4 of summed counts, (..., 10) to (..., 4)."""
    precision = (counts[..., :ORDERS] + _TINY) / (counts[..., ORDERS : 2 * ORDERS] + _SMALL)
    orders = np.arange(1, ORDERS + 1)
    scores = np.exp(np.cumsum(np.log(precision), axis=-1) / orders)
    ratio = (counts[..., -2] + _TINY) / (counts[..., -1] + _SMALL)
    brevity = np.where(ratio < 1, np.exp(1 - 1 / ratio), 1.0)
    return np.asarray(scores * brevity[..., None])


def _ngrams(words: Sequence[str]) -> Counter[tuple[str, ...]]:
    ngrams: Counter[tuple[str, ...]] = Counter()
    for size in range(1, ORDERS + 1):
        ngrams.update(tuple(words[i : i + size]) for i in range(len(words) - size + 1))
    return ngrams
