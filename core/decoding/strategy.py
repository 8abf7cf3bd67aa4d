"""Decoding as configured: beam search, or reranking of beams and samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from core.audio.encoder import PredictsTags
from core.config import DecodingConfig
from core.data.tokenizer import Tokenizer
from core.decoding.attending import with_attention
from core.decoding.beam import beam_search, search
from core.decoding.clip_tags import ClipTags
from core.decoding.hypotheses import Hypothesis
from core.decoding.rerank import RankingWeights, rerank
from core.decoding.rules import DecodingRules
from core.decoding.sampling import SamplingSettings, nucleus_samples
from core.errors import ConfigError
from core.models.audio_memory import AudioMemory
from core.models.caption_model import CaptionModel


@torch.no_grad()
def decode(
    model: CaptionModel,
    frames: Tensor,
    frame_lengths: Tensor,
    config: DecodingConfig,
    tokenizer: Tokenizer,
    *,
    tags: Sequence[ClipTags | None] | None = None,
    attention: bool = False,
) -> list[list[Hypothesis]]:
    """Caption a batch of clips.

    Parameters
    ----------
    model
        In evaluation mode.
    frames
        (B, T, audio_dim) frame embeddings on the model's device.
    frame_lengths
        (B,) number of real frames of each clip.
    config
        Strategy and its settings.
    tokenizer
        The model's vocabulary.
    tags
        The encoder's sound classes of each clip, for reranking; None if it predicts none.
    attention
        Also return each token's cross-attention over the frames.

    Returns
    -------
    list of list of Hypothesis
        Per clip at most `config.beam_size` captions, best first; reranking may give fewer, since it
        merges equal candidates.

    Raises
    ------
    ConfigError
        When the beam is wider than the vocabulary, or a start word is not in it.
    """
    rules = DecodingRules.from_config(config, tokenizer)
    if config.strategy == "beam":
        return beam_search(model, frames, frame_lengths, rules, attention=attention)
    memory = model.with_keys_values(model.project(frames, frame_lengths))
    ranked = [
        rerank(candidates, tokenizer.decode, of_clip, RankingWeights.from_config(config))
        for candidates, of_clip in zip(
            _candidates(model, memory, config, tokenizer, rules),
            tags or [None] * len(frames),
            strict=True,
        )
    ]
    found = [hypotheses[: config.beam_size] for hypotheses in ranked]
    return with_attention(model, memory, found, frame_lengths) if attention else found


def predict_tags(encoder: object, frames: Sequence[Tensor]) -> list[ClipTags | None]:
    """Return the sound classes in clips, from their frames (T, D); None if the encoder has none."""
    if not isinstance(encoder, PredictsTags):
        return [None] * len(frames)
    return [
        ClipTags.from_logits(encoder.tag_logits(clip).float().cpu().numpy(), encoder.tag_names)
        for clip in frames
    ]


def start_tokens(config: DecodingConfig, tokenizer: Tokenizer) -> tuple[int, ...]:
    """Return the start tokens of reranking, the usual one first.

    Raises `ConfigError` for a word that is not in the vocabulary.
    """
    tokens = [DecodingRules().start]
    for word in config.start_words.split():
        token = tokenizer.id_of(word)
        if token is None:
            raise ConfigError(
                f"The start word '{word}' is not in the checkpoint's vocabulary; leave it out."
            )
        if token not in tokens:
            tokens.append(token)
    return tuple(tokens)


def _candidates(
    model: CaptionModel,
    memory: AudioMemory,
    config: DecodingConfig,
    tokenizer: Tokenizer,
    rules: DecodingRules,
) -> list[list[Hypothesis]]:
    """Return the beams and the samples of each clip, for every start token."""
    starts = start_tokens(config, tokenizer)
    found = [search(model, memory, replace(rules, start=start)).ranked(start) for start in starts]
    if config.samples:
        settings = SamplingSettings(config.samples, config.top_p, config.temperature)
        found.append(nucleus_samples(model, memory, rules, settings, starts))
    return [[one for part in of_clip for one in part] for of_clip in zip(*found, strict=True)]
