"""Audio-text matching: does this caption belong to this clip? (CL4AC, Liu et al. 2021)

Not a contrast over a batch but a binary classification, as in ``trainer/trainer.py`` and
``model/TransModel.py`` of the authors' code: two decoder passes, one with the clip's own caption,
one with a mismatched one, and a linear layer on the hidden state of the last token. The public code
takes the first caption of another file from a list that is seldom reshuffled, so that almost all
samples share one negative, most likely by accident; here each sample draws its own.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.config import AudioTextMatchingConfig
from core.objectives.base import Objective, ObjectiveOutput
from core.objectives.inputs import ContrastInputs
from core.objectives.nt_xent import mean_over
from core.objectives.pooling import pool_caption


class AudioTextMatching(Objective):
    """Two-class cross-entropy over B matched and B mismatched pairs."""

    name = "audio-text-matching"

    def __init__(self, config: AudioTextMatchingConfig, d_model: int) -> None:
        super().__init__()
        self.config = config
        self.head = nn.Linear(d_model, 2)

    def forward(self, inputs: ContrastInputs) -> ObjectiveOutput:
        """Return the loss and the accuracy over the pairs."""
        negatives, usable = draw_negatives(inputs.peers.gather(inputs.clips), inputs.generator)
        captions = inputs.peers.gather(inputs.second_tokens)
        mismatched = inputs.decode(captions[inputs.peers.local(negatives)], inputs.memory)
        pooling = self.config.pooling
        matched_states = inputs.peers.gather(pool_caption(inputs.first, pooling))
        mismatched_states = inputs.peers.gather(pool_caption(mismatched, pooling))
        logits = self.head(torch.cat([matched_states, mismatched_states])).float()
        labels = torch.zeros(len(logits), dtype=torch.long, device=logits.device)
        labels[: len(usable)] = 1
        counted = torch.cat([usable, usable])
        losses = functional.cross_entropy(logits, labels, reduction="none")
        with torch.no_grad():
            correct = logits.argmax(dim=1) == labels
        return ObjectiveOutput(
            mean_over(losses, counted), {"accuracy": mean_over(correct.float(), counted)}
        )


def draw_negatives(clips: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw a sample of a different clip for each of B samples, uniformly.

    Parameters
    ----------
    clips
        (B,) number of each sample's clip.
    generator
        On the CPU.

    Returns
    -------
    tuple of Tensor
        (B,) positions of the negatives, and (B,) boolean, whether there was one to draw.
    """
    different = clips[:, None] != clips[None, :]
    draws = torch.rand(different.shape, generator=generator).to(clips.device)
    return draws.masked_fill(~different, -1.0).argmax(dim=1), different.any(dim=1)
