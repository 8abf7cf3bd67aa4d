"""How fast YAMNet runs here, and what each choice in its implementation is worth.

Run by hand:  python tests/benchmarks/bench_yamnet.py [--threads N] [--device cuda]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from core.models.encoders.yamnet import YamNet
from core.models.encoders.yamnet_frontend import YamNetFrontEnd
from core.models.encoders.yamnet_network import YamNetNetwork
from core.models.encoders.yamnet_weights import load_weights


class EndPadded(nn.Module):
    """The network as TensorFlow draws it: an explicit pad before each convolution of stride 2."""

    def __init__(self, weights: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.network = YamNetNetwork()
        self.network.load_state_dict(weights)
        for layer in self.network.conv:
            if layer.stride == (2, 2):
                layer.padding = (0, 0)

    def forward(self, log_mel: torch.Tensor) -> torch.Tensor:
        maps = log_mel.unsqueeze(1)
        for layer in self.network.conv:
            if layer.stride == (2, 2):
                maps = functional.pad(maps, (0, 1, 0, 1))
            maps = functional.relu_(layer(maps))
        return maps.mean(3).transpose(1, 2)


def best_seconds(run: Callable[[], object], device: str, repeats: int = 5) -> float:
    run()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        if device != "cpu":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = options.device
    print(f"torch {torch.__version__}, {device}, {options.threads} threads")

    began = time.perf_counter()
    encoder = YamNet().to(device)
    print(f"load {time.perf_counter() - began:.3f} s", end=", ")
    began = time.perf_counter()
    YamNet()
    print(f"again {time.perf_counter() - began:.3f} s")

    weights, _ = load_weights()
    end_padded = EndPadded(weights).eval().to(device)
    turned = YamNetNetwork().eval()
    turned.load_weights(weights)
    turned.to(device)
    last = encoder._network
    front_end = YamNetFrontEnd().to(device)
    patches = 512
    samples = 0.1 * torch.randn(patches, 15_712, device=device)
    with torch.inference_mode():
        log_mel = front_end(samples[:64]).repeat(patches // 64, 1, 1)
        reference = end_padded(log_mel[:8])
        base = 0.0
        for title, network in (
            ("end padding, plain layout", end_padded),
            ("turned kernels, plain layout", turned),
            ("turned kernels, channels last", last),
        ):
            error = float((network(log_mel[:8]) - reference).abs().max())
            for size in (8, 16, 32, 64, 128, 256):

                def run(network: nn.Module = network, size: int = size) -> None:
                    for start in range(0, patches, size):
                        network(log_mel[start : start + size])

                rate = patches / best_seconds(run, device)
                base = base or rate
                print(
                    f"{title:30s} {size:4d} a pass: {rate:8.0f} patches/s, ratio {rate / base:5.2f}"
                    f", error {error:.0e}"
                )
        rate = patches / best_seconds(
            lambda: [front_end(part) for part in samples.split(64)], device
        )
        print(f"front end alone: {rate:.0f} patches/s")

    scenes = [0.1 * torch.randn(160_000) for _ in range(64)]
    seconds = best_seconds(lambda: encoder.encode_batch(scenes), device, 3)
    rate = 64 * 11 / seconds
    print(f"end to end: {rate:.0f} patches/s, 1,900 scenes of 10 s in {1900 * 11 / rate:.1f} s")
    seconds = best_seconds(lambda: encoder.encode(scenes[0]), device)
    print(f"one 10 s clip: {1000 * seconds:.1f} ms")


if __name__ == "__main__":
    main()
