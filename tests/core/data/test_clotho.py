"""Clotho as it lies on disk, in a copy of three clips a split."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.data.clips import Dataset
from core.data.datasets import open_dataset
from core.errors import DatasetError

NAMES = ["Rain, on a roof.wav", 'He said "hm".wav', "Glück 3.wav"]
HEADER = ["file_name", *(f"caption_{number}" for number in range(1, 6))]


def make_copy(root: Path, encoding: str = "utf-8") -> Path:
    folder = root / "CLOTHO_v2.1"
    (folder / "clotho_csv_files").mkdir(parents=True)
    for number, split in enumerate(("development", "validation", "evaluation")):
        audio = folder / "clotho_audio_files" / split
        audio.mkdir(parents=True)
        for name in NAMES:
            soundfile.write(audio / name, np.full(4410 * (number + 1), 0.1), 44_100)
        (audio / ".DS_Store").write_bytes(b"stray")
        path = folder / "clotho_csv_files" / f"clotho_captions_{split}.csv"
        with path.open("w", encoding=encoding, newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(HEADER)
            writer.writerows([name, *(f"Caption {i} of it." for i in range(5))] for name in NAMES)
    return folder


def test_reads_what_lies_there(tmp_path: Path) -> None:
    folder = make_copy(tmp_path)
    for root in (tmp_path, folder):
        dataset = open_dataset("clotho", root)
        assert isinstance(dataset, Dataset)
        clips = dataset.clips("validation")
        assert [clip.id for clip in clips] == NAMES
        assert clips[0].captions == tuple(f"Caption {i} of it." for i in range(5))
        assert clips[0].duration == pytest.approx(0.2)
        assert dataset.load_audio(clips[0], 32_000).shape == (6_400,)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    make_copy(tmp_path, encoding)
    assert [clip.id for clip in open_dataset("clotho", tmp_path).clips("evaluation")] == NAMES


def test_the_folder_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_copy(tmp_path)
    monkeypatch.setenv("AAC_DATASETS_ROOT", str(tmp_path))
    assert len(open_dataset("clotho").clips("development")) == 3


def test_the_fingerprint_follows_captions_and_files(tmp_path: Path) -> None:
    folder = make_copy(tmp_path)
    before = open_dataset("clotho", tmp_path).fingerprint("development")
    assert before == open_dataset("clotho", tmp_path).fingerprint("development")
    path = folder / "clotho_audio_files" / "development" / NAMES[0]
    soundfile.write(path, np.full(8_000, 0.2), 44_100)
    changed = open_dataset("clotho", tmp_path).fingerprint("development")
    assert changed != before
    captions = folder / "clotho_csv_files" / "clotho_captions_development.csv"
    captions.write_text(captions.read_text(encoding="utf-8").replace("of it", "of that"), "utf-8")
    assert open_dataset("clotho", tmp_path).fingerprint("development") not in (before, changed)


def test_a_missing_copy_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"Clotho v2\.1 is not in .*CLOTHO_v2\.1"):
        open_dataset("clotho", tmp_path)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    folder = make_copy(tmp_path)
    path = folder / "clotho_csv_files" / "clotho_captions_development.csv"
    path.write_text("file_name,caption_1\na.wav,hello\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="has no column caption_2, caption_3"):
        open_dataset("clotho", tmp_path).clips("development")


def test_an_unknown_split_names_the_known_ones(tmp_path: Path) -> None:
    make_copy(tmp_path)
    with pytest.raises(DatasetError, match="development, validation, evaluation"):
        open_dataset("clotho", tmp_path).clips("train")
