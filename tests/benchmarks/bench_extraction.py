"""Feature extraction from files against the encoder alone on the same clips in memory.

Run by hand, on a machine with nothing else to do:

    python tests/benchmarks/bench_extraction.py
    python tests/benchmarks/bench_extraction.py --encoders yamnet --device cuda --clips 512

For each encoder and kind of file three things take turns over the same clips:

- *encoder called*: `encode_batch` with all of torch's threads, in whichever batches are fastest;
- *encoder shared*: the extraction's own way of keeping all cores at the encoder, clips in memory;
- *extraction*: from the files to a complete store: decoded, resampled, encoded, written, synced.

The encoder alone is the faster of the first two, in each round anew. The aim is an extraction of
0.9 of its speed, or more. Where the same cores decode and encode, encoding / (encoding + decoding)
is the most that can be: both are printed in processor time, which other programs hardly change,
next to the ratios of time by the clock, which they do.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from core.audio.encoder import AudioEncoder
from core.data import extraction
from core.data.clips import Clip
from core.data.encoding import encoded_clips
from core.data.own import OwnFolder
from core.models.encoders import load_encoder
from core.models.encoders.convnext import ConvNeXtEncoder
from core.models.encoders.convnext_network import ConvNeXt

SPLIT = "sounds"
RATE = 44_100
_DIFFERENT = 48
_BATCHES = (1, 2, 4, 8, 16)


@dataclass(frozen=True)
class Kind:
    """A kind of file, as the datasets have them; `long` of the clips are four times as long."""

    title: str
    suffix: str
    channels: int
    seconds: float
    long: Callable[[int, int], bool] = lambda _number, _count: False


KINDS = {
    "mono": Kind("WAV 16 bit mono, 22.5 s (Clotho's mean)", "wav", 1, 22.5),
    "one-long": Kind(
        "WAV 16 bit mono, 22.5 s, one of 90 s",
        "wav",
        1,
        22.5,
        lambda number, count: number == count // 3,
    ),
    "some-long": Kind(
        "WAV 16 bit mono, 22.5 s, every fifth of 90 s",
        "wav",
        1,
        22.5,
        lambda number, _count: number % 5 == 2,
    ),
    "stereo": Kind("WAV 16 bit stereo, 22.5 s", "wav", 2, 22.5),
    "flac": Kind("FLAC mono, 10 s", "flac", 1, 10.0),
    "mp3": Kind("MP3 mono, 10 s", "mp3", 1, 10.0),
}


def write_clips(folder: Path, kind: Kind, count: int) -> None:
    """Write noise that falls by 3 dB an octave: codecs take as long over it as over sounds."""
    rng = np.random.default_rng(0)
    length = round(kind.seconds * RATE)
    long = [number for number in range(count) if kind.long(number, count)]
    for number in range(min(count, _DIFFERENT)):
        spectrum = np.fft.rfft(rng.normal(size=(length, kind.channels)), axis=0)
        spectrum /= np.sqrt(np.arange(1, len(spectrum) + 1))[:, None]
        samples = np.fft.irfft(spectrum, length, axis=0)
        samples *= 0.3 / np.abs(samples).max()
        soundfile.write(folder / f"{number:05d}.{kind.suffix}", samples, RATE)
    for number in range(_DIFFERENT, count):
        again = folder / f"{number % _DIFFERENT:05d}.{kind.suffix}"
        (folder / f"{number:05d}.{kind.suffix}").hardlink_to(again)
    for number in long:
        path = folder / f"{number:05d}.{kind.suffix}"
        samples, _ = soundfile.read(folder / f"{0:05d}.{kind.suffix}", frames=length)
        path.unlink()
        soundfile.write(path, np.concatenate([samples] * 4), RATE)


def make_encoder(name: str, device: str, folder: Path) -> AudioEncoder:
    """Load an encoder; ConvNeXt with random weights, which take as long as the published ones."""
    if name != "convnext-tiny":
        return load_encoder(name, device)
    torch.manual_seed(0)
    state = ConvNeXt().state_dict()
    state = {
        key: torch.full_like(value, 0.1) if key.endswith("gamma") else value.contiguous()
        for key, value in state.items()
    }
    save_file(state, folder / "random.safetensors")
    return ConvNeXtEncoder(folder / "random.safetensors").to(device)


class InMemory:
    """The clips of a dataset, decoded beforehand."""

    def __init__(self, dataset: OwnFolder, sample_rate: int) -> None:
        self.all = dataset.clips(SPLIT)
        self.samples = {clip.id: dataset.load_audio(clip, sample_rate) for clip in self.all}

    def load_audio(self, clip: Clip, _sample_rate: int) -> Any:
        return self.samples[clip.id]


def measure(run: Callable[[], object]) -> tuple[float, float]:
    """Return seconds by the clock and seconds of processors."""
    clock, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - clock, time.process_time() - processor


def one_thread(run: Callable[[], object], repeats: int = 3) -> float:
    """Return the seconds of a processor that something takes which uses one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return min(measure(run)[1] for _ in range(repeats))
    finally:
        torch.set_num_threads(threads)


def compare(encoder: AudioEncoder, kind: Kind, count: int, folder: Path, rounds: int) -> float:
    """Print the speeds of one kind of file; return the ratio to the encoder alone."""
    sounds = folder / "sounds"
    sounds.mkdir(parents=True)
    write_clips(sounds, kind, count)
    dataset = OwnFolder(sounds)
    memory = InMemory(dataset, encoder.sample_rate)
    waveforms = [torch.from_numpy(memory.samples[clip.id]) for clip in memory.all]

    def called(size: int) -> None:
        for start in range(0, count, size):
            last = encoder.encode_batch(waveforms[start : start + size])[-1]
        last.frames.cpu()  # waits for the device

    def shared() -> None:
        for results in encoded_clips(memory, memory.all, encoder):  # type: ignore[arg-type]
            for _, result in results:
                result.frames.cpu()  # type: ignore[union-attr]

    def extracted(number: int) -> None:
        # A store beside another would take its features over.
        for _ in extraction.extract(dataset, SPLIT, encoder, folder / str(number) / "store"):
            pass

    some = waveforms[:4]
    encode = one_thread(lambda: encoder.encode_batch(some)) / len(some)
    decode = one_thread(lambda: [dataset.load_audio(c, encoder.sample_rate) for c in memory.all])
    decode /= count
    sound = sum(clip.duration for clip in memory.all)
    ratios, to_called, processors, speeds = [], [], [], []
    for number in range(rounds):
        sizes = {size: measure(partial(called, size))[0] for size in _BATCHES}
        best = min(sizes, key=lambda size: sizes[size])
        beside, whole = measure(shared), measure(partial(extracted, number))
        ratios.append(min(sizes[best], beside[0]) / whole[0])
        to_called.append(sizes[best] / whole[0])
        processors.append(beside[1] / whole[1])
        speeds.append(sound / whole[0])
        print(
            f"  clips a second: encoder called {count / sizes[best]:.1f} (batches of {best}), "
            f"shared {count / beside[0]:.1f}, extraction {count / whole[0]:.1f}; "
            f"ratio {ratios[-1]:.2f}",
            flush=True,
        )
    print(
        f"{encoder.name}, {kind.title}: extraction runs at {statistics.median(ratios):.2f} of the "
        f"encoder alone, {statistics.median(to_called):.2f} of the encoder as it is called; "
        f"{max(speeds):.0f} s of sound a second at best\n"
        f"  processor time of a clip: encoding {1e3 * encode:.1f} ms, decoding "
        f"{1e3 * decode:.1f} ms, so {encode / (encode + decode):.2f} is the most on cores that do "
        f"both; measured in processor time {statistics.median(processors):.2f}",
        flush=True,
    )
    return statistics.median(ratios)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoders", nargs="+", default=["yamnet", "convnext-tiny"])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--clips", type=int, default=192, help="a 24th of it for ConvNeXt on a CPU")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to write; default: a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        os.environ["AAC_STUDIO_HOME"] = str(Path(name) / "home")
        ratios = []
        for encoder_name in options.encoders:
            encoder = make_encoder(encoder_name, options.device, Path(name))
            slow = encoder_name.startswith("convnext") and options.device == "cpu"
            count = max(4, options.clips // 24) if slow else options.clips
            for kind in options.kinds:
                folder = Path(name) / encoder_name / kind
                ratios.append(compare(encoder, KINDS[kind], count, folder, options.rounds))
        print(f"lowest ratio {min(ratios):.2f}")


if __name__ == "__main__":
    main()
