"""NT-Xent, the normalised temperature-scaled cross-entropy (Chen et al. 2020, SimCLR, eq. 1)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from core.config.objectives import Similarity


def pairwise_similarity(anchors: Tensor, others: Tensor, kind: Similarity) -> Tensor:
    """Return the (M, N) similarities of (M, E) and (N, E) embeddings, in float32 or float64."""
    with torch.autocast(anchors.device.type, enabled=False):
        if anchors.dtype != torch.float64:
            anchors, others = anchors.float(), others.float()
        if kind == "cosine":
            anchors = functional.normalize(anchors, dim=-1)
            others = functional.normalize(others, dim=-1)
        return anchors @ others.T


def nt_xent(similarity: Tensor, positive: Tensor, negative: Tensor, temperature: float) -> Tensor:
    """Average -log(exp(s_p/t) / (exp(s_p/t) + sum_n exp(s_n/t))) over all positive pairs (i, p).

    Other positives of an anchor are not in its denominator; with one positive for each anchor this
    is SimCLR's loss. It equals `NTXentLoss` of pytorch-metric-learning.

    Parameters
    ----------
    similarity
        (M, N) in float32 or float64.
    positive, negative
        (M, N) boolean; row i marks the positives and negatives of anchor i.
    temperature
        Above 0; lower ones weigh the most similar negatives more.

    Returns
    -------
    Tensor
        Scalar; exactly zero, with zero gradient, when there is no positive or no negative pair.
    """
    scaled = similarity / temperature
    # A finite floor, since the gradient of logsumexp over a row of -inf would be NaN. An anchor
    # without negatives then has a loss of exactly zero.
    floor = torch.finfo(scaled.dtype).min / 2
    against = scaled.masked_fill(~negative, floor).logsumexp(dim=1, keepdim=True)
    pair_losses = (torch.logaddexp(scaled, against) - scaled).masked_fill(~positive, 0.0)
    return pair_losses.sum() / positive.sum().clamp(min=1)


@torch.no_grad()
def pair_figures(similarity: Tensor, positive: Tensor, negative: Tensor) -> dict[str, Tensor]:
    """Return the mean similarity (M, N) of the positive and of the negative pairs, for the log."""
    return {
        "positive-similarity": mean_over(similarity, positive),
        "negative-similarity": mean_over(similarity, negative),
    }


def mean_over(values: Tensor, mask: Tensor) -> Tensor:
    """Average `values` (...) where the boolean `mask` (...) is true; 0 if it is nowhere."""
    # A masked sum, unlike boolean indexing, needs no synchronisation with the device.
    return values.masked_fill(~mask, 0.0).sum() / mask.sum().clamp(min=1)
