"""One optimiser step of ours against the public baseline's: seconds and ratio.

Run by hand. Needs lightning, torchoutil 0.3, h5py, tokenizers and nltk beside this program's
requirements, and a checkout of https://github.com/Labbeti/dcase2024-task6-baseline:

    python tests/benchmarks/bench_train_step.py --reference dcase2024-task6-baseline --threads 2

Both take the same micro-batches that already lie on the device: mixup, forward, loss, backward,
clipping and AdamW. What the baseline spends on loading, collating and its trainer is not counted.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import string
import sys
import time
import warnings
from collections.abc import Callable
from itertools import product
from pathlib import Path

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from core.config import ModelConfig, OptimizerConfig
from core.data.tokenizer import BOS, EOS, PAD
from core.models.caption_model import CaptionModel
from core.objectives.cross_entropy import training_cross_entropy
from core.training.mixup import draw_mixup
from core.training.optimizer import build_optimizer

VOCABULARY, AUDIO_DIM = 4371, 768
Batch = tuple[Tensor, Tensor, Tensor]
Step = Callable[[], None]


def draw_batch(options: argparse.Namespace) -> Batch:
    """Return frames, lengths and captions with the lengths that Clotho has."""
    frames = torch.randn(options.batch, options.frames, AUDIO_DIM)
    lengths = torch.randint(options.frames // 2, options.frames + 1, (options.batch,))
    frames *= (torch.arange(options.frames) < lengths[:, None])[..., None]
    tokens = torch.full((options.batch, options.tokens), PAD)
    for row in range(options.batch):
        words = options.tokens - 2 if row == 0 else int(torch.randint(8, options.tokens - 2, ()))
        tokens[row, : words + 2] = torch.randint(4, VOCABULARY, (words + 2,))
        tokens[row, 0], tokens[row, words + 1] = BOS, EOS
    return frames.to(options.device), lengths.to(options.device), tokens.to(options.device)


def make_ours(options: argparse.Namespace, batch: Batch) -> Step:
    model = CaptionModel(ModelConfig(), VOCABULARY, AUDIO_DIM).to(options.device)
    optimizer = build_optimizer(OptimizerConfig(), model)
    frames, lengths, tokens = batch
    inputs, targets = tokens[:, :-1], tokens[:, 1:]
    generator = torch.Generator().manual_seed(0)

    def step() -> None:
        for _ in range(options.accumulate):
            mixup = draw_mixup(len(frames), 0.4, generator)
            memory = model.project(*mixup.frames(frames, lengths))
            states = model.decode(mixup.embeddings(model.embed(inputs)), inputs == PAD, memory)
            loss = training_cross_entropy(model.classify(states), targets, PAD, 0.2)
            (loss / options.accumulate).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


def make_baseline(options: argparse.Namespace, batch: Batch) -> Step:
    models = importlib.import_module("dcase24t6.models.trans_decoder")
    tokenization = importlib.import_module("dcase24t6.tokenization.aac_tokenizer")
    # The mask plays no part in training; made without NLTK's data it may be anything.
    models.get_forbid_rep_mask_content_words = lambda vocab_size, **_: torch.ones(vocab_size)
    tokenizer = tokenization.AACTokenizer()
    words = product(string.ascii_lowercase, repeat=3)
    captions = ["".join(word) for word, _ in zip(words, range(VOCABULARY - 4), strict=False)]
    tokenizer.train_from_iterator(captions)
    model = models.TransDecoderModel(tokenizer)
    model.configure_model()
    model.to(options.device).train()
    (optimizer,), _ = model.configure_optimizers()
    frames, lengths, tokens = batch
    given = {
        "frame_embs": frames.transpose(1, 2).contiguous(),
        "frame_embs_shape": torch.stack([torch.full_like(lengths, AUDIO_DIM), lengths], dim=1),
        "captions": tokens,
    }

    def step() -> None:
        for _ in range(options.accumulate):
            (model.training_step(given) / options.accumulate).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


def seconds(step: Step, device: str) -> float:
    begun = time.perf_counter()
    step()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reference", type=Path, required=True, help="checkout of the baseline")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--accumulate", type=int, default=1)
    parser.add_argument("--frames", type=int, default=93)
    parser.add_argument("--tokens", type=int, default=24, help="of the longest caption")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(options.threads)
    sys.path.insert(0, str(options.reference / "src"))
    torch.manual_seed(0)
    batch = draw_batch(options)
    steps = {"ours": make_ours(options, batch), "baseline": make_baseline(options, batch)}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(options.repeat + 2):
        for name, step in steps.items():
            taken = seconds(step, options.device)
            if turn > 1:
                times[name].append(taken)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    for name, median in medians.items():
        clips = options.batch * options.accumulate / median
        print(f"{name:9} {1000 * median:8.1f} ms a step   {clips:8.0f} clips a second")
    print(f"ours is {medians['baseline'] / medians['ours']:.2f} times as fast")


if __name__ == "__main__":
    main()
