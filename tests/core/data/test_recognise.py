"""Existing copies in the folders that people point at, and datasets that are joined by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.places import places, remember_own, remember_place
from core.data.recognise import recognise_copies
from core.data.saved_joins import choosable_names, forget_join, joined_names, remember_join
from core.errors import DatasetError
from tests.core.data.layouts import make_audiocaps, make_macs, make_wavcaps, write_csv, write_sound


def test_each_layout_is_recognised_from_the_root_the_folder_and_below(tmp_path: Path) -> None:
    make_wavcaps(tmp_path)
    macs = make_macs(tmp_path)
    make_audiocaps(tmp_path, "v2")
    found = {copy.name: copy for copy in recognise_copies(tmp_path)}
    assert set(found) == {"audiocaps", "macs", "wavcaps"}
    assert found["audiocaps"].splits == ("train", "val", "test")
    for folder in (macs, macs / "audio"):
        (copy,) = recognise_copies(folder)
        assert (copy.name, copy.folder) == ("macs", macs)
    assert "Found MACS in" in copy.sentence()


def test_clotho_without_sounds_says_so(tmp_path: Path) -> None:
    write_csv(tmp_path / "CLOTHO_v2.1" / "clotho_csv_files" / "clotho_captions_validation.csv", [])
    (copy,) = recognise_copies(tmp_path)
    assert "none of its sounds" in copy.sentence()


def test_any_other_folder_is_one_sentence(tmp_path: Path) -> None:
    write_sound(tmp_path / "sounds" / "a.wav")
    with pytest.raises(DatasetError, match=r"no copy of Clotho.*folder of your own"):
        recognise_copies(tmp_path / "sounds")
    with pytest.raises(DatasetError, match="no folder"):
        recognise_copies(tmp_path / "gone")


def test_downloaded_datasets_move_with_the_programs_folder(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember_place("macs", home / "datasets" / "MACS")
    remember_place("clotho", tmp_path / "CLOTHO_v2.1")
    moved = home.rename(tmp_path / "moved")
    monkeypatch.setenv("AAC_STUDIO_HOME", str(moved))
    roots = {place.name: place.root for place in places()}
    assert roots == {"macs": moved / "datasets" / "MACS", "clotho": tmp_path / "CLOTHO_v2.1"}


def test_joins_are_remembered_and_forgotten(tmp_path: Path) -> None:
    assert joined_names() == ()
    write_sound(tmp_path / "mine" / "a.wav")
    remember_own("mine", tmp_path / "mine")
    assert remember_join(["starter-scenes", "mine"]) == "starter-scenes+mine"
    remember_join(["clotho", "macs"])
    remember_join(["clotho", "macs"])
    assert joined_names() == ("starter-scenes+mine", "clotho+macs")
    assert choosable_names()[-3:] == ("mine", "starter-scenes+mine", "clotho+macs")
    forget_join("clotho+macs")
    assert joined_names() == ("starter-scenes+mine",)
    for wrong, words in ((["mine"], "at least two"), (["mine", "mine"], "itself"),
                         (["mine", "folder"], "no dataset named 'folder'")):  # fmt: skip
        with pytest.raises(DatasetError, match=words):
            remember_join(wrong)
