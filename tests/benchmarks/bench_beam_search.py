"""Our beam search against the public baseline's: seconds, ratio and peak memory.

Run by hand. Needs torchoutil 0.3 and nltk beside this program's requirements, and a checkout of
https://github.com/Labbeti/dcase2024-task6-baseline:

    python tests/benchmarks/bench_beam_search.py --reference dcase2024-task6-baseline --threads 2

Both search on the same projected frames with the same weights, in turn, in one process, and must
find the same captions; the memory is measured in processes of their own. Random weights hardly ever
end a caption, which is the longest search there is; `--eos-bias` makes captions end earlier.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import statistics
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import psutil
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from core.config import ModelConfig
from core.data.tokenizer import BOS, EOS, PAD
from core.decoding.beam import search
from core.decoding.rules import DecodingRules
from core.models.caption_model import CaptionModel
from core.models.reference_names import from_reference_state_dict

Search = Callable[[], list[list[int]]]


def settle(options: argparse.Namespace) -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(options.threads)
    sys.path.insert(0, str(options.reference / "src"))


def once_mask(vocabulary: int) -> Tensor:
    """All but 109 tokens may be said once only, as many as Clotho's vocabulary exempts."""
    mask = torch.ones(vocabulary, dtype=torch.bool)
    mask[4:113] = False
    return mask


def searches(options: argparse.Namespace) -> dict[str, Search]:
    """Return both searches; each gives the best caption of every clip."""
    theirs = importlib.import_module("dcase24t6.nn.decoders.aac_tfmer")
    generate = importlib.import_module("dcase24t6.nn.decoding.beam").generate
    torch.manual_seed(0)
    decoder = theirs.AACTransformerDecoder(options.vocabulary, PAD)
    decoder.classifier.bias.data[EOS] += options.eos_bias
    model = CaptionModel(ModelConfig(), options.vocabulary)
    state = {f"decoder.{name}": value for name, value in decoder.state_dict().items()}
    linear = model.projection[1]
    state |= {"projection.2.weight": linear.weight.data, "projection.2.bias": linear.bias.data}
    model.load_state_dict(from_reference_state_dict(state))
    decoder, model = decoder.eval().to(options.device), model.eval().to(options.device)
    lengths = torch.randint(options.frames // 2, options.frames + 1, (options.batch,))
    frames = torch.randn(options.batch, options.frames, 768)
    once = once_mask(options.vocabulary).to(options.device)
    rules = DecodingRules(options.beam, 3, 20, once)
    with torch.no_grad():
        memory = model.project(frames.to(options.device), lengths.to(options.device))

    def ours() -> list[list[int]]:
        found = search(model, memory, rules).ranked()
        return [list(hypotheses[0].tokens) for hypotheses in found]

    def baseline() -> list[list[int]]:
        result = generate(
            decoder,
            pad_id=PAD,
            bos_id=BOS,
            eos_id=EOS,
            vocab_size=options.vocabulary,
            frame_embs=memory.frames.transpose(1, 2),
            frame_embs_pad_mask=memory.padding,
            beam_size=options.beam,
            min_pred_size=rules.min_tokens,
            max_pred_size=rules.max_tokens,
            forbid_rep_mask=once,
        )
        return [[token for token in clip if token != PAD] for clip in result.predictions.tolist()]

    return {"ours": ours, "baseline": baseline}


def seconds(run: Search, device: str) -> float:
    begun = time.perf_counter()
    run()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return time.perf_counter() - begun


def peak_growth(options: argparse.Namespace, name: str, queue: multiprocessing.Queue[int]) -> None:
    """Put by how many bytes one search raises the memory of a fresh process."""
    settle(options)
    run = searches(options)[name]
    process, over = psutil.Process(), threading.Event()
    seen = [before := process.memory_info().rss]

    def watch() -> None:
        while not over.wait(0.002):
            seen.append(process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    run()
    over.set()
    watcher.join()
    queue.put(max(seen) - before)


def measured_peak(options: argparse.Namespace, name: str) -> float:
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=peak_growth, args=(options, name, queue))
    process.start()
    grown = queue.get()
    process.join()
    return grown / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reference", type=Path, required=True, help="checkout of the baseline")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--beam", type=int, default=3)
    parser.add_argument("--frames", type=int, default=93)
    parser.add_argument("--vocabulary", type=int, default=4371)
    parser.add_argument("--eos-bias", type=float, default=0.0)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    settle(options)
    both = searches(options)
    captions = {name: run() for name, run in both.items()}
    same = sum(a == b for a, b in zip(captions["ours"], captions["baseline"], strict=True))
    length = statistics.fmean(map(len, captions["ours"]))
    print(f"same captions: {same} of {options.batch}; mean length {length:.1f} tokens")
    times: dict[str, list[float]] = {name: [] for name in both}
    for _ in range(options.repeat):
        for name, run in both.items():
            times[name].append(seconds(run, options.device))
    for name in both:
        line = f"{name:9} {statistics.median(times[name]):7.3f} s"
        if options.device == "cpu":
            line += f"   {measured_peak(options, name):7.0f} MiB above the loaded model"
        print(line)
    ratio = statistics.median(times["baseline"]) / statistics.median(times["ours"])
    print(f"ours is {ratio:.1f} times as fast")


if __name__ == "__main__":
    main()
