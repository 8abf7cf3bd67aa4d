"""From sound to sentence: what files, previews, comparison and command line all use.

A `Captioner` is loaded once and captions many sounds. It may be used from one thread at a time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core.audio.encoder import Encoding, encode_for_captioning
from core.audio.files import read_audio
from core.audio.log_mel import LogMel, ShowsLogMel
from core.audio.resample import resample
from core.captions import Beam, Caption, Tag, TokenScore
from core.confidence import (
    SILENCE_DB,
    SILENCE_TEXT,
    confidence_of,
    loudest_db,
    signs_of,
    worded,
)
from core.config import DecodingConfig
from core.data.tokenizer import SPECIAL_TOKENS, Tokenizer
from core.decoding.clip_tags import ClipTags
from core.decoding.hypotheses import Hypothesis
from core.decoding.strategy import decode, predict_tags
from core.errors import EncoderError
from core.models.checkpoints import Checkpoint, load_checkpoint
from core.models.encoders import load_encoder

TAGS_SHOWN = 10


class Captioner:
    """A checkpoint with its encoder, ready to caption."""

    def __init__(self, checkpoint: Checkpoint, path: str, device: torch.device | str) -> None:
        self.path = path
        self.checkpoint = checkpoint
        self.encoder = load_encoder(checkpoint.config.data.encoder, device)
        if self.encoder.dim != checkpoint.model.audio_dim:
            raise EncoderError(
                f"{path} expects frames of width {checkpoint.model.audio_dim} but the encoder "
                f"{self.encoder.name} gives {self.encoder.dim}; the checkpoint names the wrong one."
            )
        self._device = torch.device(device)
        self._confidence = confidence_of(path)

    @classmethod
    def load(cls, path: Path | str, device: torch.device | str = "cpu") -> Captioner:
        """Load a checkpoint and the encoder it was trained on.

        The file beside it that calibrates its confidence is read as well, where there is one.
        Raises `CheckpointError` or `EncoderError` with the reason and the remedy.
        """
        return cls(load_checkpoint(path, device), str(path), device)

    @property
    def tokenizer(self) -> Tokenizer:
        """The checkpoint's vocabulary."""
        return self.checkpoint.tokenizer

    @property
    def sample_rate(self) -> int:
        """Rate in Hz that the encoder hears; sounds that can be made at any rate best come so."""
        return self.encoder.sample_rate

    @property
    def decoding(self) -> DecodingConfig:
        """How the checkpoint's run decoded, the default of every method here."""
        return self.checkpoint.config.decoding

    @property
    def rerank_problem(self) -> str:
        """Why reranking can go by likelihood alone, in a sentence; empty where there are tags."""
        if self.encoder.tag_names:
            return ""
        return (
            f"The encoder {self.encoder.name} predicts no sound classes, so candidates are ranked "
            "by likelihood and by what most of them name."
        )

    def caption_file(
        self,
        path: Path | str,
        decoding: DecodingConfig | None = None,
        start: float = 0.0,
        duration: float | None = None,
    ) -> Caption:
        """Caption a sound file, or the part of it from `start` on, both in seconds.

        Raises `AudioFileError` when it cannot be read.
        """
        sound = read_audio(Path(path), self.encoder.sample_rate, start, duration)
        return self.caption_waveform(sound.samples, sound.sample_rate, decoding)

    def caption_waveform(
        self,
        samples: NDArray[np.float32],
        sample_rate: int,
        decoding: DecodingConfig | None = None,
    ) -> Caption:
        """Caption mono samples (n,) at `sample_rate` Hz."""
        return self.caption_waveforms([samples], sample_rate, decoding)[0]

    def caption_waveforms(
        self,
        waveforms: Sequence[NDArray[np.float32]],
        sample_rate: int,
        decoding: DecodingConfig | None = None,
    ) -> list[Caption]:
        """Caption several sounds, (n,) each, at once; the time taken is shared out evenly.

        Of near-silence the sentence says just that; what the model took it for stays in the beams.
        """
        if not waveforms:
            return []
        started = time.monotonic()
        durations = [len(samples) / sample_rate for samples in waveforms]
        encodings = self.encode(waveforms, sample_rate)
        tags = self._clip_tags(encodings)
        found = self.search(
            [encoding.frames for encoding in encodings], decoding, attention=True, tags=tags
        )
        silent = [loudest_db(samples, sample_rate) < SILENCE_DB for samples in waveforms]
        seconds = (time.monotonic() - started) / len(waveforms)
        captions = [
            self._caption(hypotheses, encoding, duration, seconds)
            for hypotheses, encoding, duration in zip(found, encodings, durations, strict=True)
        ]
        return [
            replace(caption, text=SILENCE_TEXT, wording="silence")
            if quiet
            else self._worded(caption, of_clip)
            for caption, quiet, of_clip in zip(captions, silent, tags, strict=True)
        ]

    def predict_tags(self, samples: NDArray[np.float32], sample_rate: int) -> ClipTags | None:
        """Return the sound classes in samples (n,); None if the encoder predicts none."""
        return self._clip_tags(self.encode([samples], sample_rate))[0]

    def encode(self, waveforms: Sequence[NDArray[np.float32]], sample_rate: int) -> list[Encoding]:
        """Encode sounds, (n,) each, for captioning: resampled, and at the encoder's best."""
        rate = self.encoder.sample_rate
        given = [
            torch.from_numpy(np.ascontiguousarray(resample(samples, sample_rate, rate)))
            for samples in waveforms
        ]
        return encode_for_captioning(self.encoder, given)

    def log_mel(
        self, path: Path | str, start: float = 0.0, duration: float | None = None
    ) -> LogMel | None:
        """Return the log-mel spectrogram that the encoder sees of a file, or of a part of it.

        None for an encoder without one to show. Raises `AudioFileError` as `caption_file` does.
        """
        if not isinstance(self.encoder, ShowsLogMel):
            return None
        sound = read_audio(Path(path), self.encoder.sample_rate, start, duration)
        return self.encoder.log_mel(torch.from_numpy(sound.samples))

    def search(
        self,
        frames: Sequence[torch.Tensor],
        decoding: DecodingConfig | None = None,
        attention: bool = False,
        tags: Sequence[ClipTags | None] | None = None,
    ) -> list[list[Hypothesis]]:
        """Decode captions of clips given by their frames, (T, D) each, as one batch.

        `tags` are the sound classes for reranking; None takes them from the frames.
        """
        config = decoding or self.decoding
        if tags is None and config.strategy == "rerank":
            tags = predict_tags(self.encoder, frames)
        lengths = torch.tensor([len(clip) for clip in frames], device=self._device)
        padded = torch.nn.utils.rnn.pad_sequence(list(frames), batch_first=True)
        return decode(
            self.checkpoint.model,
            padded.to(self._device).float(),
            lengths,
            config,
            self.tokenizer,
            tags=tags,
            attention=attention,
        )

    def _clip_tags(self, encodings: Sequence[Encoding]) -> list[ClipTags | None]:
        """Return the sound classes of clips, over time where the encoder predicts that."""
        over_time = predict_tags(self.encoder, [encoding.frames for encoding in encodings])
        names = self.encoder.tag_names
        return [
            found or (ClipTags(encoding.tag_probabilities.cpu().numpy(), names) if names else None)
            for found, encoding in zip(over_time, encodings, strict=True)
        ]

    def _worded(self, caption: Caption, tags: ClipTags | None) -> Caption:
        """Add the confidence, and word the caption accordingly."""
        if self._confidence is None:
            return caption
        signs = signs_of(caption.text, caption.log_prob, tags, caption.duration)
        probability = self._confidence.probability(signs)
        text, wording = worded(caption.text, probability, self._confidence)
        return replace(caption, text=text, wording=wording, confidence=probability)

    def _caption(
        self, found: list[Hypothesis], encoding: Encoding, duration: float, seconds: float
    ) -> Caption:
        beams = tuple(self._beam(hypothesis) for hypothesis in found)
        best, attention = beams[0], found[0].attention
        spoken = _spoken(found[0])
        assert attention is not None
        layers = found[0].layer_attention
        if layers is None:
            layers = attention[None]
        return Caption(
            text=best.text,
            log_prob=best.log_prob,
            tokens=best.tokens,
            beams=beams,
            attention=attention[spoken].float().cpu().numpy(),
            layer_attention=layers[:, spoken].float().cpu().numpy(),
            frame_seconds=self.encoder.frame_seconds,
            tags=self._tags(encoding),
            duration=duration,
            seconds_taken=seconds,
            checkpoint=self.path,
        )

    def _beam(self, hypothesis: Hypothesis) -> Beam:
        words = tuple(
            TokenScore(
                self.tokenizer.words[hypothesis.tokens[place]], hypothesis.token_log_probs[place]
            )
            for place in _spoken(hypothesis)
        )
        text = self.tokenizer.decode(hypothesis.tokens)
        return Beam(text, hypothesis.log_prob, words, hypothesis.score)

    def _tags(self, encoding: Encoding) -> tuple[Tag, ...]:
        names = self.encoder.tag_names
        count = min(TAGS_SHOWN, len(names))
        if not count:
            return ()
        best = encoding.tag_probabilities.topk(count)
        return tuple(
            Tag(names[index], probability)
            for index, probability in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        )


def _spoken(hypothesis: Hypothesis) -> list[int]:
    """Return the places of words; the search may also say special tokens, which no text shows."""
    return [place for place, token in enumerate(hypothesis.tokens) if token >= len(SPECIAL_TOKENS)]
