"""What a contrastive term costs: a CE step against a CE+CL step, in turns, in one process.

    python tests/benchmarks/bench_contrast.py [--device cuda] [--steps 30]

Data are random, of the sizes of the starter scenes (YAMNet frames) and of Clotho (ConvNeXt frames,
captions of 8 to 22 tokens). Prints the median time of a micro-batch of each preset and the ratio.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import torch

from core.config import RunConfig, replace_fields
from core.data.batches import CaptionedClips, draw_captions, draw_other_captions
from core.data.tokenizer import SPECIAL_TOKENS, Tokenizer
from core.models.caption_model import CaptionModel
from core.presets import load_preset
from core.training.losses import Losses
from core.training.optimizer import build_optimizer
from core.training.prepare import Prepared

METHODS = ("caption-ntxent", "audio-text-matching", "audio-text-ntxent", "caption-proxy")


def random_split(clips: int, frames: int, dim: int, vocabulary: int, device: str) -> CaptionedClips:
    """Make clips of random frames and five random captions of 10 to 24 ids each."""
    draws = torch.Generator().manual_seed(1)
    lengths = torch.randint(frames // 2, frames + 1, (clips,), generator=draws)
    token_lengths = torch.randint(10, 25, (clips, 5), generator=draws)
    tokens = torch.randint(4, vocabulary, (clips, 5, 24), generator=draws)
    tokens *= torch.arange(24) < token_lengths[..., None]
    return CaptionedClips(
        frames=torch.randn(clips, frames, dim, generator=draws).to(device),
        frame_lengths=lengths.to(device),
        tokens=tokens.to(device),
        cpu_frame_lengths=lengths,
        token_lengths=token_lengths,
        caption_counts=torch.full((clips,), 5),
        ids=tuple(map(str, range(clips))),
        references=(),
    )


class Arm:
    """One configuration, ready to make steps."""

    def __init__(self, config: RunConfig, data: Prepared, device: str) -> None:
        self.config, self.data, self.device = config, data, device
        model = CaptionModel(config.model, data.tokenizer.size, data.train.frames.shape[2])
        self.losses = Losses(config, model, data)
        model.to(device).train()
        self.losses.heads.to(device).train()
        self.optimizer = build_optimizer(config.optimizer, model, self.losses.heads)
        self.losses.begin_epoch(0)
        self.times: list[float] = []

    def step(self, number: int) -> None:
        """Make one micro-batch and one optimiser step, and note the time."""
        draws = torch.Generator().manual_seed(number)
        train = self.data.train
        clips = torch.randperm(len(train), generator=draws)[: self.config.training.batch_size]
        counts = train.caption_counts[clips]
        first = draw_captions(counts, draws)
        second = draw_other_captions(counts, first, draws)
        started = time.perf_counter()
        self.losses.backward(train, 0, number + 1, (clips, first, second))
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        if self.device.startswith("cuda"):
            torch.cuda.synchronize()
        self.times.append(time.perf_counter() - started)


def compare(title: str, preset: str, mixup: float, data: Prepared, device: str, steps: int) -> None:
    """Time CE and CE plus each method in turns, and print medians and ratios."""
    plain = replace_fields(load_preset(preset).config, {"training.mixup_alpha": mixup})
    arms = {"CE": Arm(plain, data, device)}
    for method in METHODS:
        config = replace_fields(plain, {"objectives": [{"name": method}]})
        arms[f"CE + {method}"] = Arm(config, data, device)
    for number in range(steps + 3):
        for arm in arms.values():
            arm.step(number)
    base = statistics.median(arms["CE"].times[3:])
    for name, arm in arms.items():
        median = statistics.median(arm.times[3:])
        print(f"{title:34} {name:26} {median * 1000:8.1f} ms  x {median / base:.2f}")


def main() -> None:
    """Run the comparisons."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, default=20)
    chosen = parser.parse_args()
    print(f"{Path(__file__).name}: {chosen.device}, {torch.get_num_threads()} threads")
    for title, preset, frames, dim, words, mixup in (
        ("starter", "starter-ce", 32, 1024, 450, 0.0),
        ("DCASE 2024 without mixup", "dcase2024-baseline", 93, 768, 4371, 0.0),
        ("DCASE 2024 with mixup", "dcase2024-baseline", 93, 768, 4371, 0.4),
    ):
        tokenizer = Tokenizer((*SPECIAL_TOKENS, *(f"w{i}" for i in range(words - 4))))
        split = random_split(512, frames, dim, words, chosen.device)
        data = Prepared(split, split, tokenizer, "random", "", None)
        compare(title, preset, mixup, data, chosen.device, chosen.steps)


if __name__ == "__main__":
    main()
