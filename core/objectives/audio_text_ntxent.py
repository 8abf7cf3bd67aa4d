"""Symmetric InfoNCE between clips and captions, as the winner of DCASE 2023 Task 6a used it.

(Wu et al.; ``model/modeling_beats_conformer_bart.py``: cosine, in-batch negatives, the mean of both
directions.) The caption is embedded by our decoder, without audio so that it cannot copy the clip,
or by a frozen sentence-embedding model, as theirs was.
"""

from __future__ import annotations

import torch
from torch import nn

from core.config import AudioTextNTXentConfig
from core.objectives.base import Objective, ObjectiveOutput
from core.objectives.inputs import ContrastInputs
from core.objectives.nt_xent import nt_xent, pair_figures, pairwise_similarity
from core.objectives.pooling import pool_audio, pool_caption


class AudioTextNTXent(Objective):
    """Pull a clip's pooled frames and its caption's embedding together."""

    name = "audio-text-ntxent"

    def __init__(self, config: AudioTextNTXentConfig, d_model: int, sentence_dim: int) -> None:
        super().__init__()
        self.config = config
        width = config.projection_dim
        text_dim = d_model if config.text == "decoder" else sentence_dim
        self.audio_head = _head(d_model, width)
        self.text_head = _head(text_dim, width)

    def forward(self, inputs: ContrastInputs) -> ObjectiveOutput:
        """Return the mean loss of both directions and the mean similarities."""
        if self.config.text == "decoder":
            caption = pool_caption(inputs.without_audio[0], "mean")
        else:
            caption = inputs.sentence_embeddings
        audio = self.audio_head(inputs.peers.gather(pool_audio(inputs.memory)))
        text = self.text_head(inputs.peers.gather(caption))
        similarity = pairwise_similarity(audio, text, "cosine")
        # A clip that occurs twice in a batch is not its own negative.
        clips = inputs.peers.gather(inputs.clips)
        negative = clips[:, None] != clips[None, :]
        positive = torch.eye(len(negative), dtype=torch.bool, device=negative.device)
        loss = 0.5 * (
            nt_xent(similarity, positive, negative, self.config.temperature)
            + nt_xent(similarity.T, positive, negative, self.config.temperature)
        )
        figures = pair_figures(similarity, positive, negative)
        return ObjectiveOutput(loss, figures, (audio, text))


def _head(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, outputs), nn.GELU(), nn.Linear(outputs, outputs))
