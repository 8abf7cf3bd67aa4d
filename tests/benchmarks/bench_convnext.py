"""Our ConvNeXt encoder against the public code: seconds and peak memory for one clip on a CPU.

Run by hand; needs torchlibrosa 0.1.0 beside this program's requirements, and a checkout of
https://github.com/Labbeti/dcase2024-task6-baseline, whose encoder is that of
https://github.com/topel/audioset-convnext-inf:

    python tests/benchmarks/bench_convnext.py --reference dcase2024-task6-baseline --threads 1

Both hear the same noise with weights of the same shapes, in turn, in processes of their own for
the memory. Only ratios mean something on another machine.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
RATE = 32_000


def make_public(reference: Path) -> Callable[[torch.Tensor], object]:
    warnings.simplefilter("ignore")
    sys.path.insert(0, str(reference / "src"))
    module = importlib.import_module("dcase24t6.nn.encoders.convnext")
    network = module.convnext_tiny(
        drop_path_rate=0.0,
        after_stem_dim=[252, 56],
        use_speed_perturb=False,
        return_frame_outputs=True,
    ).eval()

    def run(samples: torch.Tensor) -> object:
        with torch.inference_mode():
            return network(samples[None], torch.tensor([[len(samples)]]))

    return run


def make_ours(_reference: Path) -> Callable[[torch.Tensor], object]:
    from core.models.encoders.convnext import build_network
    from core.models.encoders.convnext_network import ConvNeXt

    network = build_network(ConvNeXt().state_dict())

    def run(samples: torch.Tensor) -> object:
        with torch.inference_mode():
            return network(samples[None])

    return run


MAKERS = {"public code": make_public, "ours": make_ours}


def peak_memory(name: str, arguments: argparse.Namespace, results: multiprocessing.Queue) -> None:
    """Put the growth of the peak memory during the first clip, in MB."""
    torch.set_num_threads(arguments.threads)
    run = MAKERS[name](arguments.reference)
    run(torch.randn(RATE))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run(torch.randn(round(arguments.seconds * RATE)))
    results.put((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()

    memory = {}
    context = multiprocessing.get_context("spawn")
    for name in MAKERS:
        results = context.Queue()
        process = context.Process(target=peak_memory, args=(name, arguments, results))
        process.start()
        process.join()
        if process.exitcode:
            parser.error(f"{name} cannot be run; see above")
        memory[name] = results.get()

    torch.set_num_threads(arguments.threads)
    runs = {name: make(arguments.reference) for name, make in MAKERS.items()}
    samples = torch.randn(round(arguments.seconds * RATE))
    best = dict.fromkeys(runs, float("inf"))
    for name in [*runs] * (arguments.rounds + 1):
        start = time.perf_counter()
        runs[name](samples)
        best[name] = min(best[name], time.perf_counter() - start)

    for name in MAKERS:
        print(f"{name:12} {best[name]:.3f} s for {arguments.seconds:g} s, +{memory[name]:.0f} MB")
    print(f"speed ratio {best['public code'] / best['ours']:.2f}")
    print(f"memory ratio {memory['ours'] / memory['public code']:.2f}")


if __name__ == "__main__":
    main()
