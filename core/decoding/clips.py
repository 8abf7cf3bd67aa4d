"""Captions of clips with stored features, for validation, previews and evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from core.config import DecodingConfig
from core.data.batches import CaptionedClips
from core.data.tokenizer import Tokenizer
from core.decoding.strategy import decode, predict_tags
from core.models.caption_model import CaptionModel


@dataclass(frozen=True, slots=True)
class ClipCaption:
    """The caption of clip number `clip`; `raw` is the text that metrics are computed on.

    `log_prob` is the mean over its tokens, natural logarithm.
    """

    clip: int
    text: str
    raw: str
    log_prob: float


@torch.inference_mode()
def caption_clips(
    model: CaptionModel,
    data: CaptionedClips,
    count: int,
    tokenizer: Tokenizer,
    decoding: DecodingConfig,
    batch_size: int = 32,
    encoder: object | None = None,
) -> Iterator[ClipCaption]:
    """Yield captions of the first `count` clips, in order.

    Reranking needs the encoder that made the frames, for the sound classes in them; without it, as
    between epochs, captions are those of beam search.
    """
    model.eval()
    if encoder is None:
        decoding = decoding.model_copy(update={"strategy": "beam"})
    count = min(count, len(data))
    for start in range(0, count, batch_size):
        clips = torch.arange(start, min(start + batch_size, count))
        batch = data.batch(clips, torch.zeros_like(clips))
        tags = None
        if decoding.strategy == "rerank":
            lengths = batch.frame_lengths.tolist()
            frames = [clip[:length] for clip, length in zip(batch.frames, lengths, strict=True)]
            tags = predict_tags(encoder, frames)
        found = decode(model, batch.frames, batch.frame_lengths, decoding, tokenizer, tags=tags)
        for clip, beams in zip(clips.tolist(), found, strict=True):
            tokens = beams[0].tokens
            text, raw = tokenizer.decode(tokens), tokenizer.decode(tokens, raw=True)
            yield ClipCaption(clip, text, raw, beams[0].log_prob)
