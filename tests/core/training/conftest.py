"""A dataset of random frames, so that training is tested in milliseconds."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.config import RunConfig, parse_config
from core.data.batches import CaptionedClips
from core.data.tokenizer import PAD, Tokenizer
from core.runs import RunFolder, create_run
from core.training.prepare import Prepared

WORDS = (
    "a",
    "dog",
    "cat",
    "barks",
    "meows",
    "twice",
    "while",
    "rain",
    "falls",
    "on",
    "the",
    "roof",
)


def random_clips(count: int, tokenizer: Tokenizer, seed: int, captions: int = 3) -> CaptionedClips:
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(2, 8, (count,), generator=generator)
    frames = torch.randn(count, 7, 12, generator=generator)
    frames *= (torch.arange(7) < lengths[:, None])[..., None]
    references = []
    for _ in range(count):
        picks = torch.randint(len(WORDS), (captions, 6), generator=generator).tolist()
        # Captions of 3 to 6 words, so that padding would show wherever it is not left out.
        lasts = torch.randint(3, 7, (captions,), generator=generator).tolist()
        references.append(
            tuple(
                " ".join(WORDS[i] for i in pick[:last])
                for pick, last in zip(picks, lasts, strict=True)
            )
        )
    encoded = [[tokenizer.encode(text) for text in texts] for texts in references]
    tokens = torch.full((count, captions, 8), PAD)
    for row, texts in enumerate(encoded):
        for column, ids in enumerate(texts):
            tokens[row, column, : len(ids)] = torch.tensor(ids)
    return CaptionedClips(
        frames=frames,
        frame_lengths=lengths,
        tokens=tokens,
        cpu_frame_lengths=lengths,
        token_lengths=(tokens != PAD).sum(dim=2),
        caption_counts=torch.full((count,), captions),
        ids=tuple(f"clip-{number}" for number in range(count)),
        references=tuple(references),
    )


def random_data() -> Prepared:
    tokenizer = Tokenizer.fit([" ".join(WORDS)])
    return Prepared(
        train=random_clips(22, tokenizer, 1),
        validation=random_clips(6, tokenizer, 2),
        tokenizer=tokenizer,
        encoder_name="random",
        encoder_hash="0",
        initial=None,
    )


@pytest.fixture
def data() -> Prepared:
    return random_data()


def tiny_config(**changes: object) -> RunConfig:
    values: dict[str, object] = {
        "device": "cpu",
        "model": {"d_model": 16, "layers": 2, "heads": 2, "feedforward": 32},
        "optimizer": {"learning_rate": 0.003},
        "training": {"epochs": 4, "batch_size": 5, "accumulate": 2},
        "validation": {"previews": 2},
        "decoding": {"max_tokens": 8},
    }
    for key, value in changes.items():
        section = values.get(key)
        values[key] = {**section, **value} if isinstance(section, dict) else value  # type: ignore[dict-item]
    return parse_config(values)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return create_run(tiny_config(), tmp_path)
