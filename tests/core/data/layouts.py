"""Small copies of the published datasets, laid out as aac-datasets has them."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import soundfile


def write_sound(path: Path, seconds: float = 0.1, rate: int = 8_000, level: float = 0.1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = round(seconds * rate)
    soundfile.write(path, np.linspace(-level, level, frames), rate)


def write_csv(path: Path, rows: Sequence[Sequence[str]], delimiter: str = ",") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(rows)


def make_audiocaps(root: Path, version: str = "v1", suffix: str = ".flac") -> Path:
    folder = root / "AUDIOCAPS"
    for split in ("train", "val", "test"):
        rows = [["audiocap_id", "youtube_id", "start_time", "caption"]]
        times = 1 if split == "train" else 5
        for clip, start in (("-abc_D", "30"), ("x9", "0"), ("removed", "120")):
            rows += [
                [str(number), clip, start, f"{split} {clip}, said {number}."]
                for number in range(times)
            ]
            if clip != "removed":
                write_sound(folder / "audio_32000Hz" / split / f"{clip}_{start}{suffix}")
        write_csv(folder / f"csv_files_{version}" / f"{split}.csv", rows)
    return folder


MACS_YAML = """\
files:
- filename: airport-lyon-1-2-a.wav
  annotations:
  - annotator_id: 1
    sentence: People talk and a child cries.
    tags: [adults talking, children voices]
  - annotator_id: 2
    sentence: 'many people, walking: fast'
    tags: [footsteps, adults talking]
- filename: park.wav
  annotations:
  - {annotator_id: 3, sentence: Birds sing in a park., tags: [birds singing]}
  - {annotator_id: 4, sentence: Birds sing., tags: []}
- filename: gone.wav
  annotations:
  - {annotator_id: 4, sentence: It is gone., tags: []}
"""


def make_macs(root: Path) -> Path:
    folder = root / "MACS"
    write_sound(folder / "audio" / "airport-lyon-1-2-a.wav")
    write_sound(folder / "audio" / "park.wav")
    (folder / "audio" / ".DS_Store").write_bytes(b"stray")
    (folder / "MACS.yaml").write_text(MACS_YAML, encoding="utf-8")
    rows = [
        ["filename", "scene_label", "identifier", "source_label"],
        ["audio/park.wav", "park", "lyon-1", "a"],
        ["audio/other.wav", "tram", "lyon-2", "a"],
    ]
    write_csv(folder / "tau_meta" / "meta.csv", rows, "\t")
    return folder


WAVCAPS: Mapping[str, tuple[str, Sequence[str]]] = {
    "AudioSet_SL": ("as_final.json", ("Yone.wav", "Ytwo.wav")),
    "FreeSound": ("fsd_final.json", ("117790", "42", "43")),
    "SoundBible": ("sb_final.json", ("7",)),
}


def make_wavcaps(root: Path) -> Path:
    folder = root / "WavCaps"
    for source, (table, ids) in WAVCAPS.items():
        path = folder / "json_files" / source / table
        path.parent.mkdir(parents=True)
        data = [
            {"id": one, "caption": f"Sound {one} of it.", "duration": "2.5", "author": "Ann"}
            for one in ids
        ]
        path.write_text(json.dumps({"num_captions_per_audio": 1, "data": data}))
        for one in ids:
            write_sound(folder / "Audio" / source / f"{one.removesuffix('.wav')}.flac")
    write_csv(folder / "blacklist_clotho.full.v2.csv", [["index", "id"], ["0", "117790"]])
    write_csv(folder / "blacklist_audiocaps.full.csv", [["index", "id"], ["0", "Ytwo.wav"]])
    return folder
