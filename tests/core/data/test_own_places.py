"""Folders of one's own: looked at beforehand, and remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.datasets import dataset_names, open_dataset
from core.data.folder_preview import preview_folder
from core.data.mapping import ColumnMapping
from core.data.places import (
    find_place,
    forget_place,
    places,
    remember_own,
    remember_place,
)
from core.errors import DatasetError
from tests.core.data.own_tables import ROWS, all_clips, sounds, table


def test_a_preview_shows_tables_and_a_guess(tmp_path: Path) -> None:
    table(sounds(tmp_path), ROWS)
    table(tmp_path, "a,b\n1,2\n", "other.csv")
    shown = preview_folder(tmp_path)
    assert (shown.sounds, [(t.name, t.total) for t in shown.tables]) == (
        4,
        [("captions.csv", 4), ("other.csv", 1)],
    )
    assert shown.tables[0].rows[2][:2] == ("Glück im Wald.wav", "Vögel singen im Wald laut.")
    assert shown.guess == ColumnMapping(
        ("captions.csv",), "file_name", ("caption_1", "caption_2"), "split"
    )
    only = preview_folder(tmp_path / "other.csv")
    assert only.guess is None and "no column with names of sound files" in only.problem


def test_own_datasets_are_remembered_by_name(tmp_path: Path) -> None:
    table(sounds(tmp_path), ROWS)
    mapping = ColumnMapping(("captions.csv",), "file_name", ("caption_2",), seed=3)
    remember_own("birds", tmp_path, mapping)
    assert dataset_names()[-1] == "birds"
    dataset = open_dataset("birds")
    assert dataset.name == "birds" and all_clips(dataset)["dog.wav"] == ("Barking of a dog",)
    assert find_place("birds").mapping == mapping  # type: ignore[union-attr]
    assert [place.name for place in places()] == ["birds"]
    forget_place("birds")
    assert places() == () and (tmp_path / "dog.wav").is_file()
    with pytest.raises(DatasetError, match="no dataset named 'birds'"):
        open_dataset("birds")


@pytest.mark.parametrize("name", ["", "a b", "clotho", "a+b", "x" * 61])
def test_names_that_datasets_cannot_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError, match=r"not a name for a dataset|already"):
        remember_own(name, tmp_path)


def test_known_datasets_are_looked_for_where_they_are_said_to_be(tmp_path: Path) -> None:
    remember_place("clotho", tmp_path)
    with pytest.raises(DatasetError, match=str(tmp_path)):
        open_dataset("clotho")
