"""Contrast between captions: those of one clip attract, those of other clips repel.

The method that the DCASE 2024 report preferred (its equations 1 and 2): `f` is the decoder, whose
teacher-forced hidden states are pooled over the tokens of a caption. Dot product with temperature 1
is equation 1 as printed. The memory bank is the queue of earlier batches of MoCo (He et al. 2020),
with the model itself in place of a momentum encoder.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.config import CaptionNTXentConfig
from core.data.tokenizer import PAD
from core.objectives.base import Objective, ObjectiveOutput
from core.objectives.inputs import CaptionView, ContrastInputs
from core.objectives.nt_xent import nt_xent, pair_figures, pairwise_similarity
from core.objectives.pooling import pool_caption


class CaptionNTXent(Objective):
    """NT-Xent over two different captions of each clip.

    A pair of two identical captions (a clip with only one caption) is no positive; such pairs are
    counted as skipped. Captions belong together by their clip's number, so a clip that occurs twice
    is never its own negative. Negatives are the captions of the other clips in the micro-batch, and
    those of the memory bank if there is one.
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
        # Clip number -1 marks entries of the bank that have not been filled yet.
        self.register_buffer("bank", torch.zeros(config.memory_bank, width))
        self.register_buffer("bank_clips", torch.full((config.memory_bank,), -1))

    @property
    def uses_second_captions(self) -> bool:
        """Whether it needs both captions of each clip, decoded with their audio."""
        return self.config.hears_audio

    def forward(self, inputs: ContrastInputs) -> ObjectiveOutput:
        """Return the loss, the mean similarities of the pairs, and how many were skipped."""
        config = self.config
        views = inputs.both if config.hears_audio else inputs.without_audio
        pooled = [inputs.peers.gather(pool_caption(view, config.pooling)) for view in views]
        clips = inputs.peers.gather(inputs.clips)
        anchors = self.head(torch.cat(pooled))
        others = torch.cat([anchors, self.bank.to(anchors.dtype)])
        similarity = pairwise_similarity(anchors, others, config.similarity)
        positive, negative = self._pairs(clips, identical_captions(*views, inputs.peers.gather))
        loss = nt_xent(similarity, positive, negative, config.temperature)
        size = len(clips)
        skipped = size - positive[:size, size : 2 * size].diagonal().sum()
        figures = pair_figures(similarity, positive, negative)
        figures["skipped-pairs"] = skipped.float()
        # A term of weight 0 is computed without a graph and must not change any state.
        if self.training and torch.is_grad_enabled():
            self._remember(anchors[size:], clips)
        return ObjectiveOutput(loss, figures, (anchors[:size], anchors[size:]))

    def _pairs(self, clips: Tensor, same_text: Tensor) -> tuple[Tensor, Tensor]:
        """Return which of the (2B, 2B + bank) pairs are positive and which are negative."""
        both = torch.cat([clips, clips])
        same_clip = both[:, None] == both[None, :]
        # A caption has its own text, so this leaves out each caption's pair with itself too.
        positive = same_clip & ~same_text
        negative = ~same_clip & ~same_text if self.config.ignore_identical_captions else ~same_clip
        banked = (self.bank_clips >= 0) & (self.bank_clips != both[:, None])
        return functional.pad(positive, (0, len(self.bank))), torch.cat([negative, banked], dim=1)

    def _remember(self, embeddings: Tensor, clips: Tensor) -> None:
        """Put a batch at the front of the bank, which drops its oldest entries."""
        if len(self.bank):
            kept = torch.cat([embeddings.detach().to(self.bank.dtype), self.bank])
            self.bank = kept[: len(self.bank)]
            self.bank_clips = torch.cat([clips, self.bank_clips])[: len(self.bank)]


def identical_captions(
    first: CaptionView,
    second: CaptionView,
    gather: Callable[[Tensor], Tensor] = lambda rows: rows,
) -> Tensor:
    """Return which of the 2B captions have the same tokens, (2B, 2B) boolean; `gather`: `Peers`."""
    rows = [gather(view.tokens.masked_fill(~view.valid, PAD)) for view in (first, second)]
    width = max(part.shape[1] for part in rows)
    tokens = torch.cat(
        [functional.pad(part, (0, width - part.shape[1]), value=PAD) for part in rows]
    )
    return (tokens[:, None] == tokens[None, :]).all(dim=-1)
