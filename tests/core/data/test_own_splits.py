"""The splits of a folder of one's own: told by its tables, or drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.mapping import ColumnMapping
from core.data.own import OwnFolder
from core.data.own_splits import draw_splits
from tests.core.data.own_tables import NAMES, all_clips, sounds, table


def test_tables_named_after_splits(tmp_path: Path) -> None:
    sounds(tmp_path)
    for name, file in zip(("train.csv", "val.csv", "test.csv"), NAMES, strict=False):
        quoted = f'"{file}"'
        table(tmp_path, f"file,caption\n{quoted},A sound is heard here.\n", name)
    table(tmp_path, "what,ever\n1,2\n", "notes.csv")
    dataset = OwnFolder(tmp_path)
    assert [dataset.clips(split)[0].id for split in dataset.splits] == list(NAMES[:3])
    assert dataset.splits == ("train", "validation", "test")


@pytest.mark.parametrize(
    ("values", "splits"),
    [
        (["train", "dev", "eval", "eval"], {"train": 1, "validation": 1, "test": 2}),
        (["dev", "val", "eval", "field trip"], {"train": 1, "validation": 1, "test": 1}),
        (["Train", "train", "train", "test"], {"train": 2, "validation": 1, "test": 1}),
        (["train", "val", "", "val"], {"train": 2, "validation": 2}),
        (
            ["TrainSet", "TESTSET", "val_data", "test split"],
            {"train": 1, "validation": 1, "test": 2},
        ),
    ],
)
def test_names_of_splits(tmp_path: Path, values: list[str], splits: dict[str, int]) -> None:
    sounds(tmp_path, "1.wav", "2.wav", "3.wav", "4.wav")
    rows = "".join(f"{i}.wav,Some sound is heard.,{v}\n" for i, v in enumerate(values, 1))
    dataset = OwnFolder(table(tmp_path, "file,caption,split\n" + rows))
    assert {split: len(dataset.clips(split)) for split in splits} == splits
    assert sum(len(dataset.clips(split)) for split in dataset.splits) == 4


def test_a_file_in_two_splits_stays_in_the_first(tmp_path: Path) -> None:
    text = "file,caption,split\ndog.wav,A dog barks now.,train\ndog.wav,It barks again.,test\n"
    dataset = OwnFolder(table(sounds(tmp_path), text))
    assert all_clips(dataset) == {"dog.wav": ("A dog barks now.", "It barks again.")}
    assert "is in 'test' here but in 'train'" in dataset.problems[0]


def test_drawn_splits_are_the_same_every_time(tmp_path: Path) -> None:
    names = [f"{number}.wav" for number in range(40)]
    sounds(tmp_path, *names)
    rows = [f"{name},Some sound is heard.\n" for name in names]
    table(tmp_path, "file,caption\n" + "".join(rows))
    first = OwnFolder(tmp_path)
    assert [len(first.clips(split)) for split in first.splits] == [32, 4, 4]
    table(tmp_path, "file,caption\n" + "".join(reversed(rows)))
    second = OwnFolder(tmp_path)
    for split in first.splits:
        ids = {clip.id for clip in first.clips(split)}
        assert ids == {clip.id for clip in second.clips(split)}
    other = OwnFolder(tmp_path, ColumnMapping(("captions.csv",), "file", ("caption",), seed=1))
    assert {c.id for c in other.clips("test")} != {c.id for c in first.clips("test")}


def test_small_folders_still_validate() -> None:
    counts = [sorted(draw_splits("abcde"[:n], 0.1, 0.1, 0).values()) for n in (1, 2, 3)]
    assert counts == [["train"], ["train", "validation"], ["test", "train", "validation"]]
    assert set(draw_splits("abcde", 0.2, 0.0, 0).values()) == {"train", "validation"}
