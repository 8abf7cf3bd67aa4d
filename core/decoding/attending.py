"""Cross-attention of the words of finished captions over the frames."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from core.decoding.hypotheses import Hypothesis
from core.models.audio_memory import AudioMemory
from core.models.caption_model import CaptionModel


@torch.no_grad()
def with_attention(
    model: CaptionModel,
    memory: AudioMemory,
    found: list[list[Hypothesis]],
    frame_lengths: Tensor,
) -> list[list[Hypothesis]]:
    """Add the attention weights to the hypotheses of B clips.

    Parameters
    ----------
    model
        In evaluation mode.
    memory
        The clips, B of them.
    found
        Hypotheses of each clip, each with at least one token.
    frame_lengths
        (B,) number of real frames of each clip.
    """
    counts = [len(hypotheses) for hypotheses in found]
    if not any(counts):
        return found
    everything = list(chain.from_iterable(found))
    # A token is predicted by the query of the token before it.
    queries = pad_sequence(
        [torch.tensor((one.start, *one.tokens[:-1])) for one in everything], batch_first=True
    )
    device = memory.frames.device
    clips = torch.arange(len(found)).repeat_interleave(torch.tensor(counts))
    weights = model.attention(queries.to(device), memory.select(clips.to(device))).cpu()
    frames = frame_lengths.tolist()
    attended = (
        _with(one, weights[row, :, : len(one.tokens), : frames[clip]].clone())
        for row, (one, clip) in enumerate(zip(everything, clips.tolist(), strict=True))
    )
    return [[next(attended) for _ in hypotheses] for hypotheses in found]


def _with(hypothesis: Hypothesis, layers: Tensor) -> Hypothesis:
    return replace(hypothesis, attention=layers.mean(dim=0), layer_attention=layers)
