"""Next-token cross-entropy, in the two forms of the DCASE 2024 baseline.

They are not comparable: training smooths its labels, mixes its inputs and averages over tokens, so
that long captions weigh more; validation averages over the tokens of each caption first.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def training_cross_entropy(
    logits: Tensor, targets: Tensor, pad: int, label_smoothing: float
) -> Tensor:
    """Return the mean over all targets that are not padding, as a scalar.

    Parameters
    ----------
    logits
        (..., vocabulary).
    targets
        (...) ids of the tokens to predict.
    pad
        Id of the padding token, which is left out.
    label_smoothing
        Share of probability spread evenly over the vocabulary.
    """
    return F.cross_entropy(
        logits.flatten(0, -2).float(),
        targets.flatten(),
        ignore_index=pad,
        label_smoothing=label_smoothing,
    )


def mean_per_caption(losses: Tensor, targets: Tensor, pad: int) -> Tensor:
    """Average losses (B, L), zero where the target is padding, over each caption's tokens: (B,)."""
    return losses.sum(dim=1) / (targets != pad).sum(dim=1).clamp(min=1)
