"""Sounds and tables of a folder of one's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from core.data.clips import Dataset

NAMES = ("dog.wav", "rain, heavy.wav", "Glück im Wald.wav", 'He said "hm".wav')


def sounds(folder: Path, *names: str) -> Path:
    for number, name in enumerate(names or NAMES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / name, np.full(800 * (number + 1), 0.1), 8_000)
    return folder


def table(folder: Path, text: str, name: str = "captions.csv", encoding: str = "utf-8") -> Path:
    (folder / name).write_bytes(text.encode(encoding))
    return folder


def all_clips(dataset: Dataset) -> dict[str, tuple[str, ...]]:
    return {c.id: c.captions for split in dataset.splits for c in dataset.clips(split)}


ROWS = """file_name,caption_1,caption_2,split,author
dog.wav,A dog barks at a cat.,Barking of a dog,train,Ann
"rain, heavy.wav","Rain falls, then stops.",,train,
Glück im Wald.wav,Vögel singen im Wald laut.,,val,Bert
"He said ""hm"".wav",A man says something.,,test,
"""
CAPTIONS = {
    "dog.wav": ("A dog barks at a cat.", "Barking of a dog"),
    "rain, heavy.wav": ("Rain falls, then stops.",),
    "Glück im Wald.wav": ("Vögel singen im Wald laut.",),
    'He said "hm".wav': ("A man says something.",),
}
