"""What a contrastive term costs: a CE step against a CE+CL step, in turns, in one process.

    python tests/benchmarks/bench_contrast.py [--device cuda] [--steps 20] [--threads 2]

Data are random, of the sizes of the starter scenes (YAMNet frames) and of Clotho (ConvNeXt frames).
Prints the shortest and the median time of a micro-batch of each preset, and the ratio of medians.
With mixup the cross-entropy's pass cannot be shared, as contrast works on un-mixed clips: it needs
the audio once more, and both captions.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from random_clips import CLOTHO, STARTER, random_data

from core.config import RunConfig, replace_fields
from core.data.batches import draw_captions, draw_other_captions
from core.models.caption_model import CaptionModel
from core.presets import load_preset
from core.training.losses import Losses
from core.training.optimizer import build_optimizer
from core.training.prepare import Prepared

METHODS = ("caption-ntxent", "audio-text-matching", "audio-text-ntxent", "caption-proxy")
WARM_UP = 3


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
        torch.nn.utils.clip_grad_norm_(self.losses.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        if self.device.startswith("cuda"):
            torch.cuda.synchronize()
        if number >= WARM_UP:
            self.times.append(time.perf_counter() - started)


def compare(title: str, preset: str, mixup: float, data: Prepared, device: str, steps: int) -> None:
    """Time CE and CE plus each method in turns, and print times and ratios."""
    plain = replace_fields(load_preset(preset).config, {"training.mixup_alpha": mixup})
    arms = {"CE": Arm(plain, data, device)}
    for method in METHODS:
        config = replace_fields(plain, {"objectives": [{"name": method}]})
        arms[f"CE + {method}"] = Arm(config, data, device)
    for number in range(steps + WARM_UP):
        for arm in arms.values():
            arm.step(number)
    base = statistics.median(arms["CE"].times)
    for name, arm in arms.items():
        shortest, median = min(arm.times), statistics.median(arm.times)
        times = f"{shortest * 1000:8.1f} ms at best {median * 1000:8.1f} ms"
        print(f"{title:26} {name:24} {times}  x {median / base:.2f}")


def main() -> None:
    """Run the comparisons."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    print(f"{Path(__file__).name}: {chosen.device}, {torch.get_num_threads()} threads")
    for title, preset, sizes, mixup in (
        ("starter", "starter-ce", STARTER, 0.0),
        ("DCASE 2024 without mixup", "dcase2024-baseline", CLOTHO, 0.0),
        ("DCASE 2024 with mixup", "dcase2024-baseline", CLOTHO, 0.4),
    ):
        data = random_data(sizes, 512, chosen.device)
        compare(title, preset, mixup, data, chosen.device, chosen.steps)


if __name__ == "__main__":
    main()
