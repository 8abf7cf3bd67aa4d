"""Caption feature space regularisation (Zhang et al. 2022), in two stages of one run.

Stage one learns a space of captions: NT-Xent trains the decoder, without audio, to embed the
captions of a clip close together. At its end each clip gets a fixed proxy, the mean embedding of
its captions. Stage two pulls the decoder's states, now with audio, towards the clip's proxy, so
that each training caption is supervised by what all captions of the clip have in common.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from core.config import CaptionNTXentConfig, CaptionProxyConfig
from core.data.batches import CaptionedClips
from core.models.caption_model import CaptionModel
from core.objectives.base import Objective, ObjectiveOutput
from core.objectives.caption_ntxent import CaptionNTXent
from core.objectives.inputs import ContrastInputs, decode_captions
from core.objectives.pooling import pool_caption

CAPTIONS_AT_A_TIME = 256


class CaptionProxy(Objective):
    """NT-Xent on captions without audio, then one minus the cosine to the clip's proxy."""

    name = "caption-proxy"

    def __init__(self, config: CaptionProxyConfig, d_model: int, clips: Mapping[str, int]) -> None:
        super().__init__()
        self.config = config
        self.contrast = CaptionNTXent(
            CaptionNTXentConfig(
                temperature=config.temperature, pooling=config.pooling, hears_audio=False
            ),
            d_model,
        )
        for split, count in clips.items():
            self.register_buffer(f"proxies_{split}", torch.zeros(count, d_model))
        self.register_buffer("fixed", torch.zeros((), dtype=torch.bool))
        self._second_stage = False

    def begin_epoch(
        self, epoch: int, model: CaptionModel, splits: Mapping[str, CaptionedClips]
    ) -> None:
        """Fix the proxies at the first epoch of the second stage."""
        self._second_stage = epoch >= self.config.start_epoch + self.config.proxy_epochs
        if self._second_stage and not bool(self.get_buffer("fixed")):
            for split, data in splits.items():
                self.get_buffer(f"proxies_{split}").copy_(
                    proxy_embeddings(model, data, self.config)
                )
            self.get_buffer("fixed").fill_(True)

    def forward(self, inputs: ContrastInputs) -> ObjectiveOutput:
        """Return the loss of the current stage."""
        if not self._second_stage:
            output: ObjectiveOutput = self.contrast(inputs)
            return output
        states = inputs.peers.gather(pool_caption(inputs.first, self.config.pooling))
        clips = inputs.peers.gather(inputs.clips)
        proxies = self.get_buffer(f"proxies_{inputs.split}")[clips]
        similarity = functional.cosine_similarity(states.float(), proxies.float(), dim=-1)
        figures = {"proxy-similarity": similarity.detach().mean()}
        return ObjectiveOutput((1 - similarity).mean(), figures, (states, proxies))


@torch.no_grad()
def proxy_embeddings(
    model: CaptionModel, data: CaptionedClips, config: CaptionProxyConfig
) -> Tensor:
    """Return the mean of each clip's unit caption embeddings, (N, d), decoded without audio."""
    was_training = model.training
    model.eval()
    counts = data.caption_counts
    rows = torch.repeat_interleave(torch.arange(len(data)), counts)
    numbers = torch.cat([torch.arange(int(count)) for count in counts])
    proxies = data.tokens.new_zeros(len(data), model.settings.d_model, dtype=torch.float32)
    for part in torch.arange(len(rows)).split(CAPTIONS_AT_A_TIME):
        tokens = data.captions(rows[part], numbers[part])
        view = decode_captions(model, tokens, model.empty_memory(len(part)))
        pooled = pool_caption(view, config.pooling)
        proxies.index_add_(0, rows[part].to(proxies.device), functional.normalize(pooled, dim=-1))
    model.train(was_training)
    return proxies / counts.to(proxies.device).unsqueeze(1)
