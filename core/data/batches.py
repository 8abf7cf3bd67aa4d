"""Clips with their frames and captions as tensors on the device, and batches cut out of them.

A batch is an index: frames and token ids of the whole split are put on the device once, unless the
frames are too many for its memory (`core.data.residency`). Lengths stay on the CPU as well, so that
cutting a batch to its longest clip asks nothing of the device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.data.clips import Clip
from core.data.features import Features
from core.data.residency import StreamedFrames, fits
from core.data.tokenizer import PAD, Tokenizer
from core.errors import DatasetError


@dataclass(frozen=True, slots=True)
class Batch:
    """B clips with one caption each.

    Attributes
    ----------
    clips
        (B,) index of each clip in its split, on the device.
    frames
        (B, T, D) frame embeddings, zero behind each clip's end.
    frame_lengths
        (B,) valid frames.
    tokens
        (B, L) token ids with begin and end, padded.
    """

    clips: Tensor
    frames: Tensor
    frame_lengths: Tensor
    tokens: Tensor


@dataclass(frozen=True, slots=True)
class CaptionedClips:
    """One split on the device: N clips, up to C captions each.

    Attributes
    ----------
    frames, frame_lengths
        (N, T, D), or none at all (0, T, D) where they are `streamed`, and (N,).
    tokens, caption_counts
        (N, C, L) padded token ids and (N,) how many captions each clip has.
    token_lengths
        (N, C) tokens of each caption with begin and end; on the CPU, as are `caption_counts`.
    sentence_embeddings
        (N, C, E) frozen embeddings of the captions, where a loss term asks for them.
    streamed
        The frames that stay on the disk.
    """

    frames: Tensor
    frame_lengths: Tensor
    tokens: Tensor
    cpu_frame_lengths: Tensor
    token_lengths: Tensor
    caption_counts: Tensor
    ids: tuple[str, ...]
    references: tuple[tuple[str, ...], ...]
    sentence_embeddings: Tensor | None = None
    streamed: StreamedFrames | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def batch(self, clips: Tensor, captions: Tensor) -> Batch:
        """Cut out clips (B,) with caption number captions (B,); both indices live on the CPU."""
        frames, length = int(self.cpu_frame_lengths[clips].max()), self.longest(clips, captions)
        device = self.frames.device
        index = clips.to(device, non_blocking=True)
        return Batch(
            clips=index,
            frames=self._frames(clips, index, frames).float(),
            frame_lengths=self.frame_lengths[index],
            tokens=self.tokens[index, captions.to(device, non_blocking=True), :length],
        )

    def _frames(self, clips: Tensor, index: Tensor, length: int) -> Tensor:
        if self.streamed is None:
            return self.frames[index, :length]
        return self.streamed.take(clips)

    def expect(self, batches: Sequence[Tensor]) -> None:
        """Get ready for batches of clips (B,), to be asked for in this order."""
        if self.streamed is not None:
            self.streamed.expect(batches)

    def captions(self, clips: Tensor, captions: Tensor) -> Tensor:
        """Return token ids (B, L) of other captions of the same clips."""
        length = self.longest(clips, captions)
        device = self.tokens.device
        return self.tokens[clips.to(device), captions.to(device), :length]

    def sentences(self, clips: Tensor, captions: Tensor) -> Tensor | None:
        """Return the frozen embeddings (B, E) of the chosen captions, where there are such."""
        if self.sentence_embeddings is None:
            return None
        device = self.sentence_embeddings.device
        return self.sentence_embeddings[clips.to(device), captions.to(device)]

    def longest(self, clips: Tensor, captions: Tensor) -> int:
        """Return the most tokens among the chosen captions."""
        return int(self.token_lengths[clips, captions].max())


def load_clips(
    clips: Sequence[Clip],
    store: Features,
    tokenizer: Tokenizer,
    device: torch.device,
    *,
    captionless: bool = False,
    resident_share: float = 1.0,
) -> CaptionedClips:
    """Put the frames and captions of `clips` on the device.

    Frames that would fill more than `resident_share` of its free memory stay on the disk.

    Clips that the store lacks (their files could not be read) are left out, and those without a
    caption as well unless `captionless`. Raises `DatasetError` when none is left.
    """
    positions = {clip_id: row for row, clip_id in enumerate(store.clip_ids)}
    kept = [clip for clip in clips if clip.id in positions and (clip.captions or captionless)]
    if not kept:
        what = "readable audio" if captionless else "both readable audio and a caption"
        raise DatasetError(f"No clip of this split has {what}.")
    rows = np.array([positions[clip.id] for clip in kept])
    lengths = torch.from_numpy(store.lengths[rows])
    longest_clip, streamed = int(lengths.max()), None
    if fits(len(kept), longest_clip, store, device, resident_share):
        read, _ = store.read_batch(rows)
        frames = torch.from_numpy(read).to(device)
    else:
        streamed = StreamedFrames(store, rows, device)
        frames = torch.empty(0, longest_clip, store.dim, device=device)
    encoded = [[tokenizer.encode(text) for text in clip.captions] for clip in kept]
    counts = torch.tensor([len(captions) for captions in encoded])
    most = max(1, int(counts.max()))
    longest = max((len(ids) for captions in encoded for ids in captions), default=1)
    tokens = torch.full((len(kept), most, longest), PAD)
    token_lengths = torch.zeros(len(kept), most, dtype=torch.long)
    for row, captions in enumerate(encoded):
        for column, ids in enumerate(captions):
            tokens[row, column, : len(ids)] = torch.tensor(ids)
            token_lengths[row, column] = len(ids)
    return CaptionedClips(
        frames=frames,
        frame_lengths=lengths.to(device),
        tokens=tokens.to(device),
        cpu_frame_lengths=lengths,
        token_lengths=token_lengths,
        caption_counts=counts,
        ids=tuple(clip.id for clip in kept),
        references=tuple(clip.captions for clip in kept),
        streamed=streamed,
    )


def draw_captions(counts: Tensor, generator: torch.Generator) -> Tensor:
    """Draw one caption number for each clip; `counts` (N,) says how many each has."""
    draws = torch.rand(len(counts), generator=generator, dtype=torch.float64)
    return (draws * counts).long().clamp(max=counts - 1)


def draw_other_captions(counts: Tensor, first: Tensor, generator: torch.Generator) -> Tensor:
    """Draw a second caption number (N,), unlike `first` (N,); the same for a clip with only one."""
    others = counts - 1
    draws = torch.rand(len(counts), generator=generator, dtype=torch.float64)
    offset = (draws * others).long().clamp(max=(others - 1).clamp(min=0)) + 1
    return torch.where(others > 0, (first + offset) % counts, first)
