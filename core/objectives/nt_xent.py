"""NT-Xent, the normalised temperature-scaled cross-entropy (Chen et al. 2020, SimCLR, eq. 1)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from core.config.objectives import Similarity


def similarities(anchors: Tensor, others: Tensor, kind: Similarity) -> Tensor:
    """Return the (M, N) similarities of (M, E) and (N, E) embeddings, in float32 at least."""
    with torch.autocast(anchors.device.type, enabled=False):
        if anchors.dtype != torch.float64:
            anchors, others = anchors.float(), others.float()
        if kind == "cosine":
            anchors = functional.normalize(anchors, dim=-1)
            others = functional.normalize(others, dim=-1)
        return anchors @ others.T


def nt_xent(compared: Tensor, positive: Tensor, negative: Tensor, temperature: float) -> Tensor:
    """Average -log(exp(s_p/t) / (exp(s_p/t) + sum_n exp(s_n/t))) over all positive pairs (i, p).

    Other positives of an anchor are not in its denominator; with one positive for each anchor this
    is SimCLR's loss. It equals `NTXentLoss` of pytorch-metric-learning.

    Parameters
    ----------
    compared
        (M, N) similarities in float32 or float64.
    positive, negative
        (M, N) bool; row i marks the positives and negatives of anchor i.

    Returns
    -------
    Tensor
        Scalar; an exact zero with a zero gradient when there is no positive or no negative pair.
    """
    scaled = compared / temperature
    # A finite floor, since the gradient of logsumexp over a row of -inf would be NaN.
    floor = torch.finfo(scaled.dtype).min / 2
    against = scaled.masked_fill(~negative, floor).logsumexp(dim=1, keepdim=True)
    pair_losses = (torch.logaddexp(scaled, against) - scaled).masked_fill(~positive, 0.0)
    mean = pair_losses.sum() / positive.sum().clamp(min=1)
    return mean * (positive.any() & negative.any())
