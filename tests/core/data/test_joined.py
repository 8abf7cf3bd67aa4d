"""Several datasets trained on as one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.config import DataConfig, part_roots
from core.data.datasets import open_dataset
from core.errors import DatasetError
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
    ],
)
def test_roots_of_parts(root: str, expected: tuple[str, str]) -> None:
    assert tuple(part_roots(["clotho", "macs"], root).values()) == expected
