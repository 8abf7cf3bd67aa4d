"""Captions of real, named clips that no training has seen, judged by keyword rules.

    python tests/benchmarks/starter_clips/fetch.py FOLDER --set unseen
    python tests/benchmarks/bench_starter_captions.py FOLDER --set unseen
        [--checkpoint starter FILE ...] [--systems top-2 smart-1 smart-2 beam rerank]
        [--mixtures 60] [--out results.json] [--lines 60]

Prints for each system the share of captions that name the right sound (strict), its family
(lenient) and a plainly absent sound, with standard errors; then the same clips in mixtures: one
after the other, both named and in the right order, and overlapping, both named. `--lines` prints
every n-th clip with the captions of the last system. Rules: starter_clips/README.md.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))
from starter_clips.rules import SETS, NamedClip, both_named, judge, load, order_right, pairs

from core.audio.encoder import AudioEncoder, Encoding, encode_for_captioning
from core.audio.files import read_audio
from core.captioner import Captioner
from core.decoding.clip_tags import ClipTags
from core.decoding.strategy import predict_tags
from core.models.checkpoint_files import find_checkpoint
from core.models.encoders.yamnet_tags import YamNetTags

RATE = 16_000
LONGEST_SECONDS = 12.0
CUT_SECONDS = 10.0
PART_SECONDS = 5.0
GAP_SECONDS = 0.3

AT_ONCE = 32

Samples = NDArray[np.float32]
Describe = Callable[[Sequence[Encoding]], list[str]]


@dataclass
class System:
    """Something that captions what an encoder heard: its name, and how."""

    name: str
    encoder: AudioEncoder
    describe: Describe


class Heard:
    """Encodings of the same sounds by several encoders, each made once."""

    def __init__(self, sounds: Sequence[Samples]) -> None:
        self._sounds = [torch.from_numpy(samples) for samples in sounds]
        self._made: dict[str, list[Encoding]] = {}

    def by(self, encoder: AudioEncoder) -> list[Encoding]:
        """Return what an encoder hears in each sound."""
        known = encoder.weights_hash
        if known not in self._made:
            self._made[known] = [
                encode_for_captioning(encoder, [sound])[0] for sound in self._sounds
            ]
        return self._made[known]


def read_clip(clip: NamedClip, folder: Path) -> Samples:
    """Read a clip at 16 kHz; of long ones the first 10 s."""
    long = clip.seconds > LONGEST_SECONDS
    return read_audio(clip.path(folder), RATE, 0.0, CUT_SECONDS if long else None).samples


def one_after_the_other(first: Samples, second: Samples) -> Samples:
    """Join two sounds of equal loudness, 5 s of each at most, with a short pause."""
    pause = np.zeros(round(GAP_SECONDS * RATE), np.float32)
    return np.concatenate((_levelled(_part(first)), pause, _levelled(_part(second))))


def overlapping(first: Samples, second: Samples) -> Samples:
    """Mix two sounds of equal loudness, 5 s at most; the shorter one is repeated to the end."""
    one, other = _part(first), _part(second)
    length = max(len(one), len(other))
    mixed = np.resize(_levelled(one), length) + np.resize(_levelled(other), length)
    return (mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32)


def _part(samples: Samples) -> Samples:
    """The 5 s that hold the most energy."""
    length = round(PART_SECONDS * RATE)
    if len(samples) <= length:
        return samples
    sums = np.concatenate(([0.0], np.cumsum(samples.astype(np.float64) ** 2)))
    start = int((sums[length:] - sums[:-length]).argmax())
    return samples[start : start + length]


def _levelled(samples: Samples) -> Samples:
    """Scale so that the loudest 0.4 s has a root mean square of 0.1, without clipping."""
    length = min(len(samples), round(0.4 * RATE))
    sums = np.concatenate(([0.0], np.cumsum(samples.astype(np.float64) ** 2)))
    loudest = math.sqrt(float((sums[length:] - sums[:-length]).max()) / length)
    gain = min(0.1 / max(loudest, 1e-5), 0.95 / max(float(np.abs(samples).max()), 1e-5))
    return (samples * gain).astype(np.float32)


def tag_template(encoder: AudioEncoder, kind: str) -> Describe:
    """Return a describer that knows nothing but an encoder's tags.

    top-2, top-5: so many of the best tags. smart-1, smart-2: the best, or the two best, of tags
    that are no generic parents, the second where it is at least half as strong and no kin of the
    first.
    """

    def describe(encoding: Encoding) -> str:
        over_time = predict_tags(encoder, [encoding.frames])[0]
        tags = over_time or ClipTags(encoding.tag_probabilities.numpy(), encoder.tag_names)
        if kind.startswith("top-"):
            best = np.argsort(-tags.strengths)[: int(kind.removeprefix("top-"))]
            return " and ".join(tags.names[place].lower() for place in best)
        strongest = tags.strongest(6)
        names = [strongest[0][0]]
        for name, strength in strongest[1:]:
            kin = set(_words(name)) & set(_words(names[0]))
            if kind == "smart-2" and strength >= 0.5 * strongest[0][1] and not kin:
                names.append(name)
                break
        return " and ".join(name.lower() for name in names)

    return lambda encodings: [describe(encoding) for encoding in encodings]


def _words(name: str) -> list[str]:
    return name.lower().replace(",", " ").split()


def model_system(captioner: Captioner, strategy: str) -> Describe:
    """Return a describer that decodes by a strategy."""
    decoding = captioner.decoding.model_copy(update={"strategy": strategy})

    def describe(encodings: Sequence[Encoding]) -> list[str]:
        captions: list[str] = []
        for start in range(0, len(encodings), AT_ONCE):
            frames = [encoding.frames for encoding in encodings[start : start + AT_ONCE]]
            found = captioner.search(frames, decoding)
            captions += [captioner.tokenizer.decode(clip[0].tokens) for clip in found]
        return captions

    return describe


def systems_of(captioners: Sequence[Captioner], names: Sequence[str]) -> list[System]:
    """Return the templates, over YAMNet's own tags and over tuned ones, then each checkpoint."""
    strategies = [name for name in names if name in ("beam", "rerank")]
    templates = [name for name in names if name not in strategies]
    hearing = {"YAMNet": YamNetTags(tuned=False), "tuned": captioners[0].encoder}
    return [
        System(f"{title} {name}", encoder, tag_template(encoder, name))
        for title, encoder in hearing.items()
        for name in templates
    ] + [
        System(
            f"{Path(captioner.path).stem} {name}", captioner.encoder, model_system(captioner, name)
        )
        for captioner in captioners
        for name in strategies
    ]


def share(values: Sequence[bool]) -> str:
    """A share and its standard error."""
    mean = sum(values) / len(values)
    return f"{mean:.3f} ± {math.sqrt(mean * (1 - mean) / len(values)):.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", dest="name", choices=SETS, default="unseen")
    parser.add_argument("--checkpoint", nargs="+", default=["starter"])
    parser.add_argument(
        "--systems", nargs="+", default=["top-2", "smart-1", "smart-2", "beam", "rerank"]
    )
    parser.add_argument("--mixtures", type=int, default=60)
    parser.add_argument("--lines", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    clips = load(options.name)
    captioners = [Captioner.load(find_checkpoint(name)) for name in options.checkpoint]
    systems = systems_of(captioners, options.systems)
    samples = {clip: read_clip(clip, options.folder) for clip in clips}
    heard = Heard(list(samples.values()))
    kept: dict[str, object] = {}
    print(f"{len(clips)} clips\n{'system':28} {'strict':15} {'lenient':15} absent sound")
    captions: list[str] = []
    for system in systems:
        captions = system.describe(heard.by(system.encoder))
        verdicts = [judge(clip.sound, text) for clip, text in zip(clips, captions, strict=True)]
        print(
            f"{system.name:28} {share([one.strict for one in verdicts]):15} "
            f"{share([one.lenient for one in verdicts]):15} "
            f"{share([bool(one.absent) for one in verdicts])}",
            flush=True,
        )
        kept[system.name] = [
            {
                "clip": f"{clip.package}: {clip.file}",
                "sound": clip.sound.name,
                "caption": text,
                "strict": verdict.strict,
                "lenient": verdict.lenient,
                "absent": verdict.absent,
            }
            for clip, text, verdict in zip(clips, captions, verdicts, strict=True)
        ]
    if options.mixtures:
        kept["mixtures"] = mixtures(systems, samples, options.mixtures)
    if options.lines:
        show_lines(clips, captions, options.lines)
    if options.out:
        options.out.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def mixtures(
    systems: Sequence[System], samples: dict[NamedClip, Samples], count: int
) -> dict[str, object]:
    """Caption mixtures of pairs and print how often both are named."""
    clips = list(samples)
    after, over = pairs(clips, count, step=41), pairs(clips, count, step=97)
    print(f"\n{len(after)} pairs one after the other, {len(over)} overlapping")
    print(f"{'mixtures of two':28} one after the other    order right     overlapping")
    kept: dict[str, object] = {}
    joined = Heard([one_after_the_other(samples[a], samples[b]) for a, b in after])
    mixtures = Heard([overlapping(samples[a], samples[b]) for a, b in over])
    for system in systems:
        captions = system.describe(joined.by(system.encoder))
        told = [(a, b, text) for (a, b), text in zip(after, captions, strict=True)]
        captions = system.describe(mixtures.by(system.encoder))
        mixed = [(a, b, text) for (a, b), text in zip(over, captions, strict=True)]
        both = [item for item in told if both_named(item[0].sound, item[1].sound, item[2])]
        ordered = [order_right(a.sound, b.sound, text) for a, b, text in both]
        print(
            f"{system.name:28} {share([item in both for item in told]):20}  "
            f"{share(ordered) if ordered else '-':15} "
            f"{share([both_named(a.sound, b.sound, text) for a, b, text in mixed])}",
            flush=True,
        )
        kept[system.name] = {
            "after": [(a.sound.name, b.sound.name, text) for a, b, text in told],
            "over": [(a.sound.name, b.sound.name, text) for a, b, text in mixed],
        }
    return kept


def show_lines(clips: Sequence[NamedClip], captions: Sequence[str], count: int) -> None:
    """Print every n-th clip with its caption: + right, ~ its family, - neither, ! absent sound."""
    every = max(1, len(clips) // count)
    for clip, text in list(zip(clips, captions, strict=True))[::every][:count]:
        verdict = judge(clip.sound, text)
        mark = "+" if verdict.strict else "~" if verdict.lenient else "-"
        wrong = "!" if verdict.absent else " "
        print(f"{mark}{wrong} {clip.package}/{Path(clip.file).name} ({clip.sound.name}): {text}")


if __name__ == "__main__":
    main()
