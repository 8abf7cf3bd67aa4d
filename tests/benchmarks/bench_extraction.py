"""Feature extraction from files against the encoder alone on the same clips in memory.

Run by hand, on a machine with nothing else to do:

    python tests/benchmarks/bench_extraction.py --encoder yamnet --device cpu --clips 64

Both encode the same clips, in turn; the encoder alone in whichever batches it is fastest with.
Extraction also decodes, resamples, writes and syncs. The aim is a ratio of 0.9 or more.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from core.audio.encoder import AudioEncoder
from core.data import extraction
from core.data.own import OwnFolder
from core.models.encoders import load_encoder

SPLIT = "sounds"


def write_clips(folder: Path, count: int, seconds: float, rate: int) -> None:
    rng = np.random.default_rng(0)
    for number in range(count):
        samples = rng.normal(0, 0.1, round(seconds * rate)).clip(-1, 1)
        soundfile.write(folder / f"{number:05d}.wav", samples, rate, subtype="PCM_16")


def alone(encoder: AudioEncoder, batches: Sequence[Sequence[torch.Tensor]]) -> float:
    started = time.perf_counter()
    last = None
    for batch in batches:
        last = encoder.encode_batch(batch)
    assert last is not None
    last[-1].frames.cpu()  # waits for the device
    return time.perf_counter() - started


def whole(encoder: AudioEncoder, dataset: OwnFolder, folder: Path) -> float:
    started = time.perf_counter()
    for _ in extraction.extract(dataset, SPLIT, encoder, folder):
        pass
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", default="yamnet")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=22.5, help="Clotho's mean")
    parser.add_argument("--rate", type=int, default=44_100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to write; default: a temporary one")
    options = parser.parse_args()
    encoder = load_encoder(options.encoder, options.device)
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        sounds = Path(name) / "sounds"
        sounds.mkdir()
        os.environ["AAC_STUDIO_HOME"] = str(Path(name) / "home")
        write_clips(sounds, options.clips, options.seconds, options.rate)
        dataset = OwnFolder(sounds)
        clips = dataset.clips(SPLIT)
        loaded = [torch.from_numpy(dataset.load_audio(c, encoder.sample_rate)) for c in clips]
        batches = {
            size: [loaded[start : start + size] for start in range(0, len(loaded), size)]
            for size in (1, 2, 4, 8)
        }
        alone(encoder, batches[1][:2])
        ratios = []
        for number in range(options.repeats):
            times = {size: alone(encoder, some) for size, some in batches.items()}
            size = min(times, key=times.__getitem__)
            # A store beside another would take its features over.
            extracted = whole(encoder, dataset, Path(name) / str(number) / "store")
            ratios.append(times[size] / extracted)
            print(
                f"encoder alone {len(clips) / times[size]:.1f} clips/s in batches of {size}, "
                f"extraction {len(clips) / extracted:.1f} clips/s, ratio {ratios[-1]:.2f}"
            )
        print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
