from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pytestqt.qtbot import QtBot

from app.pages.library.datasets_tab import DatasetsTab
from app.pages.library.page import LibraryPage
from app.studio import Studio
from core.data import datasets
from core.data.places import remember_own
from tests.app.pages.fakes import FakeDataset
from tests.app.pages.library.handling import shown


@pytest.fixture
def library(qtbot: QtBot, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[LibraryPage]:
    """The page with all datasets, of which the built-in one is a small one."""
    monkeypatch.setitem(datasets._OPENERS, "starter-scenes", lambda root: FakeDataset())
    yield from shown(studio, qtbot)


@pytest.fixture
def tab(library: LibraryPage, qtbot: QtBot) -> DatasetsTab:
    """The Datasets tab once it lists what there is."""
    qtbot.waitUntil(lambda: bool(library.datasets.table.records()), timeout=20_000)
    return library.datasets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sounds with a table that has a BOM, semicolons, umlauts, and a fault or two."""
    root = tmp_path / "Häfen"
    root.mkdir()
    rows = ["Datei;Beschreibung;Lizenz"]
    noise = np.random.default_rng(3)
    for number in range(12):
        name = f"aufnahme {number}, ü.wav"
        soundfile.write(root / name, noise.normal(0, 0.1, 2_000 + 100 * number), 8_000)
        rows.append(f'"{name}";A ship number {number} passes the old harbour;CC0')
    soundfile.write(root / "still.wav", np.zeros(2_000), 8_000)
    (root / "broken.wav").write_bytes(b"RIFFnothing")
    rows += [
        "still.wav;Nothing at all is heard here;CC0",
        "broken.wav;A broken thing falls down slowly;CC0",
        "gone.wav;It is gone for good;CC0",
    ]
    (root / "captions.csv").write_text("\ufeff" + "\n".join(rows) + "\n", encoding="utf-8")
    return root


@pytest.fixture
def harbour(folder: Path, home: Path) -> str:
    """The folder as a dataset that is remembered."""
    return remember_own("harbour", folder).name


@pytest.fixture
def page(qtbot: QtBot, studio: Studio, dataset: FakeDataset) -> Iterator[LibraryPage]:
    yield from shown(studio, qtbot)


@pytest.fixture
def bin_(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What was moved to the system's bin; here it is really gone."""
    moved: list[Path] = []

    def take(path: Path) -> None:
        moved.append(path)
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    monkeypatch.setattr("send2trash.send2trash", take)
    return moved
