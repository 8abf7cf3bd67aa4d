"""Random clips of the sizes that real ones have, for benchmarks of training."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from core.data.batches import CaptionedClips
from core.data.tokenizer import BOS, EOS, PAD, SPECIAL_TOKENS, Tokenizer
from core.training.prepare import Prepared

CAPTIONS = 5


@dataclass(frozen=True)
class Sizes:
    """Frames of a clip and words of a caption, drawn evenly or with a given mean."""

    frames: tuple[int, int]
    dim: int
    words: tuple[int, int]
    mean_words: float
    vocabulary: int


# Clotho v2.1: clips of 15 to 30 s, captions of 8 to 20 words, 11.3 on average (217,362 in 19,195).
CLOTHO = Sizes((47, 93), 768, (8, 20), 11.3, 4371)
# The starter scenes: clips of 10 s, captions of 13.4 words on average, at most 23.
STARTER = Sizes((31, 31), 1024, (6, 23), 13.4, 725)


def random_split(sizes: Sizes, clips: int, device: str = "cpu") -> CaptionedClips:
    """Make clips of random frames and five random captions each."""
    draws = torch.Generator().manual_seed(1)
    shortest, longest = sizes.frames
    lengths = torch.randint(shortest, longest + 1, (clips,), generator=draws)
    fewest, most = sizes.words
    more = torch.full((clips, CAPTIONS), sizes.mean_words - fewest)
    words = (fewest + torch.poisson(more, generator=draws)).clamp(max=most).long()
    steps = torch.arange(most + 2)
    tokens = torch.randint(
        len(SPECIAL_TOKENS), sizes.vocabulary, (*words.shape, most + 2), generator=draws
    )
    tokens[..., 0] = BOS
    tokens = tokens.masked_fill(steps == words[..., None] + 1, EOS)
    tokens = tokens.masked_fill(steps > words[..., None] + 1, PAD)
    frames = torch.randn(clips, longest, sizes.dim, generator=draws)
    frames *= (torch.arange(longest) < lengths[:, None])[..., None]
    return CaptionedClips(
        frames=frames.to(device),
        frame_lengths=lengths.to(device),
        tokens=tokens.to(device),
        cpu_frame_lengths=lengths,
        token_lengths=words + 2,
        caption_counts=torch.full((clips,), CAPTIONS),
        ids=tuple(map(str, range(clips))),
        references=(),
    )


def random_data(sizes: Sizes, clips: int, device: str = "cpu") -> Prepared:
    """Make what a trainer needs of random clips."""
    split = random_split(sizes, clips, device)
    words = (f"w{number}" for number in range(sizes.vocabulary - len(SPECIAL_TOKENS)))
    return Prepared(split, split, Tokenizer((*SPECIAL_TOKENS, *words)), "random", "", None)
