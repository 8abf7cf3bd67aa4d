"""Audio-text matching: does this caption belong to this clip? (CL4AC, Liu et al. 2021)

Not a contrast over a batch but a binary decision, as in ``trainer/trainer.py`` and
``model/TransModel.py`` of the authors' code: two decoder passes, one with the clip's own caption,
one with a mismatched one, and a linear layer on the hidden state of the last token. The public code
takes the first caption of another file in a shuffled list that is seldom reshuffled, so that almost
all samples share one negative, most likely by accident; here each sample draws its own.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.config import AudioTextMatchingConfig
from core.objectives.base import Objective, ObjectiveOutput
from core.objectives.inputs import ContrastInputs
from core.objectives.pooling import pool_caption


class AudioTextMatching(Objective):
    """Softmax cross-entropy over matched and mismatched pairs, 2B rows."""

    name = "audio-text-matching"

    def __init__(self, config: AudioTextMatchingConfig, d_model: int) -> None:
        super().__init__()
        self.config = config
        self.head = nn.Linear(d_model, 2)

    def forward(self, inputs: ContrastInputs) -> ObjectiveOutput:
        """Return the loss and the share of pairs that were judged rightly."""
        negatives, usable = draw_negatives(inputs.company.gather(inputs.clips), inputs.generator)
        captions = inputs.company.gather(inputs.second_tokens)
        mismatched = inputs.hear(captions[inputs.company.own(negatives)], inputs.memory)
        pooling = self.config.pooling
        matched_states = inputs.company.gather(pool_caption(inputs.first, pooling))
        mismatched_states = inputs.company.gather(pool_caption(mismatched, pooling))
        judged = self.head(torch.cat([matched_states, mismatched_states])).float()
        truth = torch.zeros(len(judged), dtype=torch.long, device=judged.device)
        truth[: len(usable)] = 1
        counted = torch.cat([usable, usable])
        losses = functional.cross_entropy(judged, truth, reduction="none")
        loss = (losses * counted).sum() / counted.sum().clamp(min=1)
        with torch.no_grad():
            right = ((judged.argmax(dim=1) == truth) & counted).sum() / counted.sum().clamp(min=1)
        return ObjectiveOutput(loss, {"accuracy": right})


def draw_negatives(clips: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw for each of B samples another one of a different clip.

    Returns the (B,) positions, and (B,) whether there was a different clip to draw.
    """
    different = clips[:, None] != clips[None, :]
    draws = torch.rand(different.shape, generator=generator).to(clips.device)
    return draws.masked_fill(~different, -1.0).argmax(dim=1), different.any(dim=1)
