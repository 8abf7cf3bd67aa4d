"""Contrast between captions: those of one clip attract, those of other clips repel.

The method that the DCASE 2024 report preferred (its equations 1 and 2): `f` is the decoder, whose
teacher-forced hidden states are pooled over the tokens of a caption. Dot product with temperature 1
is equation 1 to the letter.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.config import CaptionNTXentConfig
from core.objectives.base import Objective, ObjectiveOutput
from core.objectives.inputs import CaptionView, ContrastInputs
from core.objectives.nt_xent import nt_xent, similarity_matrix


class CaptionNTXent(Objective):
    """NT-Xent over two different captions of each clip.

    Pairs whose two captions are the same text (a clip with only one caption) are left out as
    positives and counted. Which captions share a clip is known by the clip's index, so repeated
    clips are never negatives of each other.
    """

    name = "caption-ntxent"

    def __init__(self, config: CaptionNTXentConfig, d_model: int) -> None:
        super().__init__()
        self.config = config
        self.head: nn.Module = nn.Identity()
        if config.projection_dim:
            self.head = nn.Sequential(
                nn.Linear(d_model, d_model), nn.ReLU(), nn.Linear(d_model, config.projection_dim)
            )

    def forward(self, inputs: ContrastInputs) -> ObjectiveOutput:
        """Return the loss and the mean similarities of positive and negative pairs."""
        views = (inputs.first, inputs.second) if self.config.hears_audio else inputs.silent
        pooled = [pool(view, self.config.pooling) for view in views]
        similarities = similarity_matrix(self.head(torch.cat(pooled)), self.config.similarity)
        same_text = identical_captions(*views)
        clips = torch.cat([inputs.clips, inputs.clips])
        same_clip = clips[:, None] == clips[None, :]
        not_self = ~torch.eye(len(clips), dtype=torch.bool, device=clips.device)
        positive = same_clip & not_self & ~same_text
        negative = ~same_clip
        if self.config.ignore_identical_captions:
            negative &= ~same_text
        loss = nt_xent(similarities, positive, negative, self.config.temperature)
        with torch.no_grad():
            size = len(inputs.clips)
            skipped = size - positive[:size, size:].diagonal().sum()
            figures = {
                "positive-similarity": _mean(similarities, positive),
                "negative-similarity": _mean(similarities, negative),
                "skipped-pairs": skipped.float(),
            }
        return ObjectiveOutput(loss, figures)


def pool(view: CaptionView, pooling: str) -> Tensor:
    """Reduce (B, L, d) hidden states to (B, d): mean over non-padding tokens, or the last one."""
    if pooling == "last":
        last = view.valid.sum(dim=1) - 1
        return view.hidden[torch.arange(len(last), device=last.device), last]
    weights = view.valid.unsqueeze(-1).to(view.hidden.dtype)
    return (view.hidden * weights).sum(dim=1) / weights.sum(dim=1)


def identical_captions(first: CaptionView, second: CaptionView) -> Tensor:
    """Say which of the 2B captions have exactly the same tokens, as a (2B, 2B) bool matrix."""
    width = max(first.tokens.shape[1], second.tokens.shape[1])
    rows = [
        nn.functional.pad(
            view.tokens.masked_fill(~view.valid, -1), (0, width - view.tokens.shape[1]), value=-1
        )
        for view in (first, second)
    ]
    tokens = torch.cat(rows)
    return (tokens[:, None] == tokens[None, :]).all(dim=-1)


def _mean(similarities: Tensor, chosen: Tensor) -> Tensor:
    # A sum over a mask needs no word from the device about how many entries are chosen.
    count = chosen.sum().clamp(min=1)
    return similarities.masked_fill(~chosen, 0.0).sum() / count
