"""Quality of an embedding space: retrieval, alignment and uniformity over a whole split."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def space_figures(first: Tensor, second: Tensor) -> dict[str, float]:
    """Measure a space by two (N, E) matrices whose i-th rows belong together.

    Returns
    -------
    dict
        "recall@1" and "recall@10": share of rows of `first` whose own row of `second` is among the
        1 or 10 most similar of all N by cosine; ties count against the model. "alignment": mean
        squared distance of the pairs on the unit sphere, 0 is best. "uniformity": natural logarithm
        of the mean Gaussian potential exp(-2 d²) between rows that do not belong together, lower is
        more uniform; left out for N = 1. (Wang and Isola 2020, taken between the two matrices.)
    """
    unit = [functional.normalize(table.cpu().double(), dim=-1) for table in (first, second)]
    cosines = unit[0] @ unit[1].T
    own = cosines.diagonal().unsqueeze(1)
    others = ~torch.eye(len(cosines), dtype=torch.bool, device=cosines.device)
    ahead = ((cosines >= own) & others).sum(dim=1)
    # On the unit sphere the squared distance is 2 - 2 cos.
    potential = (-2 * (2 - 2 * cosines)).masked_select(others)
    figures = {
        "recall@1": float((ahead < 1).double().mean()),
        "recall@10": float((ahead < 10).double().mean()),
        "alignment": float((2 - 2 * own).mean()),
    }
    if len(potential):
        figures["uniformity"] = float(potential.exp().mean().log())
    return figures
