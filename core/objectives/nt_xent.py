"""NT-Xent, the normalised temperature-scaled cross-entropy (Chen et al. 2020, SimCLR, eq. 1)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional


def similarity_matrix(embeddings: Tensor, similarity: Literal["cosine", "dot"]) -> Tensor:
    """Return the (M, M) similarities of M embeddings (M, E), in float32 at least."""
    embeddings = embeddings if embeddings.dtype == torch.float64 else embeddings.float()
    if similarity == "cosine":
        embeddings = functional.normalize(embeddings, dim=-1)
    return embeddings @ embeddings.T


def nt_xent(similarities: Tensor, positive: Tensor, negative: Tensor, temperature: float) -> Tensor:
    """Average -log(exp(s_p/t) / (exp(s_p/t) + sum_n exp(s_n/t))) over all positive pairs (i, p).

    Other positives of an anchor are not in its denominator; with one positive for each anchor this
    is SimCLR's loss. It equals `NTXentLoss` of pytorch-metric-learning.

    Parameters
    ----------
    similarities
        (M, M) in float32 or float64.
    positive, negative
        (M, M) bool; row i marks the positives and negatives of anchor i.

    Returns
    -------
    Tensor
        Scalar; an exact zero with a zero gradient when there is no positive or no negative pair.
    """
    if not bool(positive.any()) or not bool(negative.any()):
        return similarities.sum() * 0.0
    scaled = similarities / temperature
    # A finite floor, since the gradient of logsumexp over a row of -inf would be NaN.
    floor = torch.finfo(scaled.dtype).min / 2
    against = scaled.masked_fill(~negative, floor).logsumexp(dim=1, keepdim=True)
    pair_losses = torch.logaddexp(scaled, against) - scaled
    return pair_losses[positive].mean()
