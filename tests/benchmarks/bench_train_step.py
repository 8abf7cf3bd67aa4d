"""Our training step against the public baseline's: seconds and ratio, with and without loading.

Run by hand. Needs lightning, torchoutil 0.3, h5py, tokenizers and nltk beside this program's
requirements, and a checkout of https://github.com/Labbeti/dcase2024-task6-baseline:

    python tests/benchmarks/bench_train_step.py --reference dcase2024-task6-baseline --threads 2

Random clips of Clotho's sizes, 64 to a micro-batch. A step is mixup, forward, loss, backward,
clipping and AdamW; ours cuts its batch out of the split that is in memory. "With loading", the
baseline's batches come from its own HDF5 file, data set, collate function and loader. bfloat16 is
measured beside float32, on the same batches; so is what each has learned after its steps.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import string
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from random_clips import CLOTHO, random_data

from core.config import replace_fields
from core.data.batches import CaptionedClips, draw_captions
from core.models.caption_model import CaptionModel
from core.presets import load_preset
from core.training.losses import Losses
from core.training.optimizer import build_optimizer
from core.training.prepare import Prepared
from core.training.validation_losses import validation_losses

Step = Callable[[], None]
WARM_UP = 2


class Ours:
    """The DCASE 2024 preset, in a precision."""

    def __init__(self, options: argparse.Namespace, data: Prepared, precision: str) -> None:
        changes = {"training.precision": precision, "training.compile": options.compile}
        config = replace_fields(load_preset("dcase2024-baseline").config, changes)
        torch.manual_seed(0)
        self.model = CaptionModel(config.model, data.tokenizer.size, CLOTHO.dim)
        self.losses = Losses(config, self.model, data)
        self.model.to(options.device)
        self.optimizer = build_optimizer(config.optimizer, self.model)
        self.data, self.batch = data, config.training.batch_size
        self.number = 0

    def step(self) -> None:
        self.number += 1
        train = self.data.train
        draws = torch.Generator().manual_seed(self.number)
        clips = torch.randperm(len(train), generator=draws)[: self.batch]
        first = draw_captions(train.caption_counts[clips], draws)
        self.model.train()
        self.losses.backward(train, 0, self.number, (clips, first, first))
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()

    def validation_loss(self) -> float:
        measured = validation_losses(self.model, [], self.data.validation, self.batch)
        try:
            while True:
                next(measured)
        except StopIteration as end:
            return float(end.value["ce"])


class Baseline:
    """The public baseline's module, and its loader."""

    def __init__(self, options: argparse.Namespace, data: Prepared) -> None:
        models = importlib.import_module("dcase24t6.models.trans_decoder")
        tokenization = importlib.import_module("dcase24t6.tokenization.aac_tokenizer")
        # The mask plays no part in training; made without NLTK's data it may be anything.
        models.get_forbid_rep_mask_content_words = lambda vocab_size, **_: torch.ones(vocab_size)
        self.tokenizer = tokenization.AACTokenizer()
        letters = product(string.ascii_lowercase, repeat=3)
        names = ["".join(word) for word, _ in zip(letters, range(CLOTHO.vocabulary), strict=False)]
        self.words = names[: CLOTHO.vocabulary - 4]
        self.tokenizer.train_from_iterator(self.words)
        self.model = models.TransDecoderModel(self.tokenizer)
        self.model.configure_model()
        self.model.to(options.device).train()
        (self.optimizer,), _ = self.model.configure_optimizers()
        self.device = options.device
        clips = torch.arange(64)
        batch = data.train.batch(clips, torch.zeros_like(clips))
        lengths = batch.frame_lengths
        self.batch = {
            "frame_embs": batch.frames.transpose(1, 2).contiguous(),
            "frame_embs_shape": torch.stack([torch.full_like(lengths, CLOTHO.dim), lengths], dim=1),
            "captions": batch.tokens,
        }

    def step(self, batch: dict[str, Tensor] | None = None) -> None:
        self.model.training_step(batch or self.batch).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()

    def loader(self, split: CaptionedClips, folder: str) -> Iterator[dict[str, Tensor]]:
        """Yield its batches for ever, from an HDF5 file that is packed as its preparation does."""
        hdf = importlib.import_module("dcase24t6.datamodules.hdf")
        pack_to_hdf = importlib.import_module("torchoutil.utils.hdf").pack_to_hdf
        (Path(folder) / "HDF").mkdir()
        pack_to_hdf(Items(split, self.words), Path(folder) / "HDF" / "train.hdf", num_workers=0)
        keys = ("frame_embs", "frame_embs_shape", "captions")
        made = hdf.HDFDatamodule(
            self.tokenizer, folder, "train.hdf", batch_size=64, train_batch_keys=keys
        )
        made.setup_train()
        while True:
            for batch in made.train_dataloader():
                yield {key: torch.as_tensor(batch[key]).to(self.device) for key in keys}


class Items(torch.utils.data.Dataset[dict[str, Any]]):
    """The clips as the baseline's preparation packs them."""

    def __init__(self, split: CaptionedClips, words: list[str]) -> None:
        self.split, self.words = split, ["", "", "", "", *words]

    def __len__(self) -> int:
        return len(self.split)

    def __getitem__(self, index: int) -> dict[str, Any]:
        tokens, lengths = self.split.tokens[index].tolist(), self.split.token_lengths[index]
        return {
            "frame_embs": self.split.frames[index, : self.split.cpu_frame_lengths[index]].cpu().T,
            "captions": [
                " ".join(self.words[token] for token in row[1 : length - 1])
                for row, length in zip(tokens, lengths.tolist(), strict=True)
            ],
        }


def seconds(step: Step, device: str) -> float:
    begun = time.perf_counter()
    step()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reference", type=Path, required=True, help="checkout of the baseline")
    parser.add_argument("--clips", type=int, default=512)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(options.threads)
    sys.path.insert(0, str(options.reference / "src"))
    data = random_data(CLOTHO, options.clips, options.device)
    baseline = Baseline(options, data)
    ours = {name: Ours(options, data, name) for name in ("fp32", "bf16")}
    with tempfile.TemporaryDirectory() as folder:
        batches = baseline.loader(random_data(CLOTHO, options.clips).train, folder)
        steps: dict[str, Step] = {
            "baseline": baseline.step,
            "baseline, loading": lambda: baseline.step(next(batches)),
            "ours": ours["fp32"].step,
            "ours, bfloat16": ours["bf16"].step,
        }
        times: dict[str, list[float]] = {name: [] for name in steps}
        for turn in range(options.repeat + WARM_UP):
            for name, step in steps.items():
                taken = seconds(step, options.device)
                if turn >= WARM_UP:
                    times[name].append(taken)
        batches.close()
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    print(f"{options.device}, {torch.get_num_threads()} threads, {options.repeat} steps each")
    for name, median in medians.items():
        print(
            f"{name:18} {1000 * median:8.1f} ms a step {64 / median:7.0f} clips a second   "
            f"x {medians['baseline'] / median:5.2f} of the baseline's step, "
            f"x {medians['baseline, loading'] / median:5.2f} with its loading"
        )
    for name, arm in ours.items():
        print(f"validation loss after {arm.number} steps in {name}: {arm.validation_loss():.4f}")


if __name__ == "__main__":
    main()
