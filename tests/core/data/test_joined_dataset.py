"""Several datasets trained on as one."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.config import DataConfig, part_roots
from core.data.catalogue import describe_dataset
from core.data.check import DatasetChecked, check_dataset
from core.data.check_report import last_report, save_report
from core.data.datasets import open_dataset
from core.data.joined_dataset import Joined
from core.data.places import remember_own, remember_place
from core.errors import DatasetError
from tests.core.data.layouts import make_wavcaps
from tests.core.data.test_clotho import NAMES, make_copy


@pytest.fixture
def roots(tmp_path: Path) -> dict[str, Path]:
    own = tmp_path / "own"
    own.mkdir()
    for number in range(4):
        soundfile.write(own / f"{number}.wav", np.full(800, 0.1), 8_000)
    rows = "".join(f"{number}.wav,Some sound is heard.\n" for number in range(4))
    (own / "captions.csv").write_text("file,caption\n" + rows)
    return {"clotho": make_copy(tmp_path / "clotho"), "folder": own}


def joined_root(roots: dict[str, Path]) -> str:
    return "; ".join(f"{name}={folder}" for name, folder in roots.items())


def test_all_parts_train_and_the_first_validates(roots: dict[str, Path]) -> None:
    dataset = open_dataset("clotho+folder", joined_root(roots))
    assert dataset.splits == (
        *("train", "validation", "clotho/evaluation", "folder/validation", "folder/test"),
    )
    train = dataset.clips("train")
    assert [clip.id for clip in train[:3]] == [f"clotho/{name}" for name in NAMES]
    assert len(train) == 3 + 2 and train[3].id.startswith("folder/")
    assert {clip.id.split("/")[0] for clip in dataset.clips("validation")} == {"clotho"}
    assert dataset.load_audio(train[-1], 8_000).shape == (800,)
    assert dataset.fingerprint("train") != dataset.fingerprint("validation")
    with pytest.raises(DatasetError, match=r"'clotho\+folder' has no split 'test'"):
        dataset.clips("test")


def test_the_order_decides_who_validates(roots: dict[str, Path]) -> None:
    dataset = open_dataset("folder + clotho", joined_root(roots))
    assert {clip.id.split("/")[0] for clip in dataset.clips("validation")} == {"folder"}


def test_a_dataset_is_joined_once(roots: dict[str, Path]) -> None:
    with pytest.raises(DatasetError, match="name it once"):
        open_dataset("clotho+clotho", roots["clotho"])
    with pytest.raises(DatasetError, match="no dataset named 'nonsense'"):
        open_dataset("clotho+nonsense", roots["clotho"])


def test_the_configuration_takes_lists_and_tables() -> None:
    data = DataConfig.model_validate(
        {"dataset": ["clotho", "macs"], "root": {"clotho": "/a b", "macs": "/m"}}
    )
    assert data.dataset == "clotho+macs" and data.root == "clotho=/a b; macs=/m"
    assert DataConfig.model_validate(data.model_dump()) == data


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ("", ("", "")),
        ("/data", ("/data", "/data")),
        ("clotho=/c; macs=/m", ("/c", "/m")),
        ("macs = /m", ("", "/m")),
        ("/data/x=1", ("/data/x=1", "/data/x=1")),
        ("clotho=/c;", ("/c", "")),
    ],
)
def test_roots_of_parts(root: str, expected: tuple[str, str]) -> None:
    assert tuple(part_roots(["clotho", "macs"], root).values()) == expected


def test_a_list_of_roots_with_a_slip_is_one_sentence() -> None:
    with pytest.raises(DatasetError, match="'mcas=/m' says no folder of clotho or macs; write cl"):
        part_roots(["clotho", "macs"], "clotho=/c; mcas=/m")
    with pytest.raises(DatasetError, match="There is no folder 'mcas=/m'; write clotho=FOLDER; m"):
        open_dataset("clotho+macs", "mcas=/m")


def test_one_root_goes_to_the_parts_that_it_can_be_of(
    roots: dict[str, Path], tmp_path: Path
) -> None:
    remember_place("clotho", roots["clotho"])
    # The folder is that of the part that has no other.
    both = open_dataset("clotho+folder", roots["folder"])
    assert [part.folder for part in both.parts.values()] == [  # type: ignore[attr-defined]
        roots["clotho"],
        roots["folder"],
    ]
    # Built-in and remembered ones stay where they are.
    remember_own("mine", roots["folder"])
    moved = shutil.copytree(roots["clotho"], tmp_path / "moved")
    three = open_dataset("clotho+mine+starter-scenes", moved)
    assert isinstance(three, Joined)
    assert three.parts["clotho"].folder.is_relative_to(moved)  # type: ignore[attr-defined]
    assert three.parts["mine"].folder == roots["folder"]  # type: ignore[attr-defined]
    with pytest.raises(DatasetError, match="cannot be told to be that of mine or starter-scenes"):
        open_dataset("mine+starter-scenes", moved)


def test_published_parts_that_lie_apart_are_told_how_to_be_named(roots: dict[str, Path]) -> None:
    with pytest.raises(DatasetError, match=r"MACS is not in .* write clotho=FOLDER; macs=FOLDER\."):
        open_dataset("clotho+macs", roots["clotho"])


def test_parts_that_hold_sounds_of_another_are_told(roots: dict[str, Path]) -> None:
    remember_place("wavcaps", make_wavcaps(roots["folder"]))
    remember_place("clotho", roots["clotho"])
    *_, last = check_dataset(open_dataset("clotho+wavcaps"), listen=False)
    assert isinstance(last, DatasetChecked)
    told = "'wavcaps' holds sounds of Clotho, so that measures on 'clotho' will flatter the model"
    assert [severity for severity, text in last.report.findings() if text.startswith(told)] == [
        "warning"
    ]
    save_report(last.report)
    assert last_report("clotho+wavcaps") == last.report
    entry = describe_dataset("clotho+wavcaps")
    assert entry.title == "clotho + wavcaps"
    assert entry.summary.startswith("Trained on together; clotho is named first and validates")
    assert told in entry.summary
    assert not open_dataset("clotho+wavcaps-no-clotho").notes  # type: ignore[attr-defined]


def test_what_is_wrong_with_the_parts_is_told_of_both(roots: dict[str, Path]) -> None:
    soundfile.write(roots["folder"] / "unnamed.wav", np.full(800, 0.1), 8_000)
    with (roots["folder"] / "captions.csv").open("a") as stream:
        stream.write("gone.wav,Some sound is gone.\n")
    (roots["folder"] / "more.csv").write_text("name,text\nunnamed.wav,Some sound is heard.\n")
    dataset = open_dataset("clotho+folder", joined_root(roots))
    *_, last = check_dataset(dataset, listen=False)
    assert isinstance(last, DatasetChecked)
    report = last.report
    assert [one.clip for one in report.unlisted.examples] == ["folder/unnamed.wav"]
    (problem,) = (one.detail for one in report.table_problems.examples)
    assert problem.startswith("folder: captions.csv, row 6: there is no sound 'gone.wav'")
    assert [one.sentence[:50] for one in report.unread] == [
        "folder: captions.csv is read, more.csv is not: its"
    ]
