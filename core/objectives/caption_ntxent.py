"""Contrast between captions: those of one clip attract, those of other clips repel.

The method that the DCASE 2024 report preferred (its equations 1 and 2): `f` is the decoder, whose
teacher-forced hidden states are pooled over the tokens of a caption. Dot product with temperature 1
is equation 1 to the letter. The memory bank of earlier batches is MoCo's (He et al. 2020), with the
model itself in place of a momentum encoder.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.config import CaptionNTXentConfig
from core.objectives.base import Objective, ObjectiveOutput
from core.objectives.inputs import CaptionView, ContrastInputs
from core.objectives.nt_xent import nt_xent, similarities
from core.objectives.pooling import pool_caption


class CaptionNTXent(Objective):
    """NT-Xent over two different captions of each clip.

    Pairs whose two captions are the same text (a clip with only one caption) are left out as
    positives and counted. Which captions share a clip is known by the clip's number, so a clip that
    comes twice is never its own negative. Negatives are the other clips' captions in the
    micro-batch, and those of the memory bank where there is one.
    """

    name = "caption-ntxent"
    bank: Tensor
    bank_clips: Tensor

    def __init__(self, config: CaptionNTXentConfig, d_model: int) -> None:
        super().__init__()
        self.config = config
        self.head: nn.Module = nn.Identity()
        width = d_model
        if config.projection_dim:
            width = config.projection_dim
            self.head = nn.Sequential(
                nn.Linear(d_model, d_model), nn.ReLU(), nn.Linear(d_model, width)
            )
        # Clip number -1 marks places of the bank that have not been filled yet.
        self.register_buffer("bank", torch.zeros(config.memory_bank, width))
        self.register_buffer("bank_clips", torch.full((config.memory_bank,), -1))

    @property
    def compares_heard_captions(self) -> bool:
        """Whether it asks for both captions of each clip, decoded while hearing it."""
        return self.config.hears_audio

    def forward(self, inputs: ContrastInputs) -> ObjectiveOutput:
        """Return the loss and the mean similarities of positive and negative pairs."""
        config = self.config
        views = inputs.both if config.hears_audio else inputs.silent
        pooled = [inputs.company.gather(pool_caption(view, config.pooling)) for view in views]
        clips = inputs.company.gather(inputs.clips)
        anchors = self.head(torch.cat(pooled))
        against = torch.cat([anchors, self.bank.to(anchors.dtype)])
        compared = similarities(anchors, against, config.similarity)
        positive, negative = self._pairs(clips, identical_captions(*views, inputs.company.gather))
        loss = nt_xent(compared, positive, negative, config.temperature)
        size = len(clips)
        with torch.no_grad():
            skipped = size - positive[:size, size : 2 * size].diagonal().sum()
            figures = {
                "positive-similarity": mean_over(compared, positive),
                "negative-similarity": mean_over(compared, negative),
                "skipped-pairs": skipped.float(),
            }
        # A term that is only watched has no graph, and leaves no trace.
        if self.training and torch.is_grad_enabled():
            self._remember(anchors[size:], clips)
        return ObjectiveOutput(loss, figures, (anchors[:size], anchors[size:]))

    def _pairs(self, clips: Tensor, same_text: Tensor) -> tuple[Tensor, Tensor]:
        """Return which of the (2B, 2B + bank) pairs are positive and which are negative."""
        both = torch.cat([clips, clips])
        same_clip = both[:, None] == both[None, :]
        not_self = ~torch.eye(len(both), dtype=torch.bool, device=both.device)
        positive = same_clip & not_self & ~same_text
        negative = ~same_clip & ~same_text if self.config.ignore_identical_captions else ~same_clip
        banked = (self.bank_clips >= 0) & (self.bank_clips != both[:, None])
        return functional.pad(positive, (0, len(self.bank))), torch.cat([negative, banked], dim=1)

    def _remember(self, embeddings: Tensor, clips: Tensor) -> None:
        """Put a batch in front of the bank; the oldest fall out."""
        if len(self.bank):
            kept = torch.cat([embeddings.detach().to(self.bank.dtype), self.bank])
            self.bank = kept[: len(self.bank)]
            self.bank_clips = torch.cat([clips, self.bank_clips])[: len(self.bank)]


def identical_captions(
    first: CaptionView,
    second: CaptionView,
    gather: Callable[[Tensor], Tensor] = lambda rows: rows,
) -> Tensor:
    """Say which of the 2B captions have exactly the same tokens, as a (2B, 2B) bool matrix."""
    # Token ids are counted from 1 here, so that 0, with which rows are padded, is no token.
    rows = [gather((view.tokens + 1).masked_fill(~view.valid, 0)) for view in (first, second)]
    width = max(part.shape[1] for part in rows)
    tokens = torch.cat([functional.pad(part, (0, width - part.shape[1])) for part in rows])
    return (tokens[:, None] == tokens[None, :]).all(dim=-1)


def mean_over(values: Tensor, chosen: Tensor) -> Tensor:
    """Average the entries that the boolean `chosen`, of the shape of `values`, marks: a scalar."""
    # A sum over a mask, unlike an index, makes the device wait for no number.
    return values.masked_fill(~chosen, 0.0).sum() / chosen.sum().clamp(min=1)
