"""Extraction in the Datasets tab when the disk fills up, and in two windows at once."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from app.pages.library.datasets_tab import DatasetsTab
from app.pages.library.feature_records import FeatureRecord
from app.pages.library.page import LibraryPage
from app.studio import Studio
from core.data import store_writer
from core.data.clips import Clip
from core.data.datasets import open_dataset
from core.data.feature_store import FeatureStore
from core.data.file_dataset import FileDataset
from tests.app.pages.library.handling import shown

LONG = 60_000
SPLIT = "train"


class Sounds:
    """Counts which sounds are read, and holds the reading up while the gate is shut."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.begun = threading.Event()
        self.gate = threading.Event()
        self.gate.set()


@pytest.fixture
def sounds(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sounds]:
    made = Sounds()
    load = FileDataset.load_audio

    def counted(dataset: FileDataset, clip: Clip, sample_rate: int) -> NDArray[np.float32]:
        made.begun.set()
        made.gate.wait(timeout=60)
        made.read.append(clip.id)
        return load(dataset, clip, sample_rate)

    monkeypatch.setattr(FileDataset, "load_audio", counted)
    yield made
    made.gate.set()


@pytest.fixture
def other_window(qtbot: QtBot, library: LibraryPage) -> Iterator[DatasetsTab]:
    """The Datasets tab of a second window."""
    for page in shown(Studio(), qtbot):
        qtbot.waitUntil(lambda page=page: bool(page.datasets.table.records()), timeout=LONG)
        yield page.datasets


def show_features(tab: DatasetsTab, name: str, qtbot: QtBot) -> None:
    tab.studio.datasets_changed.emit()
    qtbot.waitUntil(lambda: tab.table.select(name), timeout=LONG)
    tab.show_view("features")
    qtbot.waitUntil(lambda: find(tab) is not None, timeout=LONG)


def find(tab: DatasetsTab) -> FeatureRecord | None:
    """Return what the list says of the split's features by YAMNet."""
    records = tab.features.table.records()
    return next((r for r in records if (r.split, r.encoder) == (SPLIT, "yamnet")), None)


def state(tab: DatasetsTab) -> str:
    record = find(tab)
    return record.state if record is not None else ""


def begin(tab: DatasetsTab) -> None:
    """Select the split and press the button below the list."""
    record = find(tab)
    assert record is not None
    tab.features.table.select(record.key)
    assert tab.features.extract.isEnabled(), tab.features.extract.toolTip()
    tab.features.extract.trigger()


def begin_in_both(
    first: DatasetsTab, second: DatasetsTab, name: str, sounds: Sounds, qtbot: QtBot
) -> None:
    """Hold the first window up while it reads sounds, then begin in the second too."""
    sounds.gate.clear()
    for one in (first, second):
        show_features(one, name, qtbot)
    begin(first)
    qtbot.waitUntil(sounds.begun.is_set, timeout=LONG)
    begin(second)


def readable(name: str) -> list[str]:
    return [clip.id for clip in open_dataset(name).clips(SPLIT) if clip.duration]


def test_a_disk_that_fills_up_is_told_and_nothing_is_lost(
    tab: DatasetsTab,
    qtbot: QtBot,
    harbour: str,
    sounds: Sounds,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    show_features(tab, harbour, qtbot)
    append = store_writer._GrowingArray.append
    calls: list[int] = []

    def refuse(array: Any, rows: Any) -> None:
        calls.append(len(rows))
        # Each clip is two arrays: the fifth clip does not fit any more.
        if len(calls) > 8:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(array, rows)

    with monkeypatch.context() as patch:
        patch.setattr(store_writer._GrowingArray, "append", refuse)
        begin(tab)
        qtbot.waitUntil(tab.banner.isVisible, timeout=LONG)
    told = tab.banner.label.text()
    assert "is full; free some space and start again" in told
    assert "already are kept" in told
    qtbot.waitUntil(lambda: state(tab) == "not finished", timeout=LONG)
    assert not tab.lines.isVisible()
    record = find(tab)
    assert record is not None and record.store is not None and record.store.clips == 4

    sounds.read.clear()
    begin(tab)
    qtbot.waitUntil(lambda: state(tab) == "ready", timeout=LONG)
    assert not tab.banner.isVisible()
    expected = readable(harbour)
    assert not set(expected[:4]) & set(sounds.read)
    stored = find(tab)
    assert stored is not None and stored.store is not None
    assert sorted(FeatureStore.open(stored.store.path).clip_ids) == sorted(expected)


def test_a_second_window_waits_and_then_uses_the_same_features(
    tab: DatasetsTab,
    other_window: DatasetsTab,
    qtbot: QtBot,
    harbour: str,
    sounds: Sounds,
) -> None:
    begin_in_both(tab, other_window, harbour, sounds, qtbot)
    words = f"waiting for another window or program (process {os.getpid()})"
    qtbot.waitUntil(
        lambda: any(words in line.text.text() for line in other_window.lines.lines), timeout=LONG
    )
    assert other_window.lines.isVisible()
    assert not any("waiting" in line.text.text() for line in tab.lines.lines)
    sounds.gate.set()
    for one in (tab, other_window):
        qtbot.waitUntil(
            lambda one=one: not one.works.of(harbour) and state(one) == "ready", timeout=LONG
        )
        assert not one.banner.isVisible()
        assert not one.lines.isVisible()
    expected = readable(harbour)
    assert sorted(name for name in sounds.read if name in expected) == sorted(expected)
    paths = {one.store.path for one in (find(tab), find(other_window)) if one and one.store}
    assert len(paths) == 1
    assert sorted(FeatureStore.open(paths.pop()).clip_ids) == sorted(expected)


def test_a_window_that_waits_can_be_stopped_and_leaves_the_other_alone(
    tab: DatasetsTab,
    other_window: DatasetsTab,
    qtbot: QtBot,
    harbour: str,
    sounds: Sounds,
) -> None:
    begin_in_both(tab, other_window, harbour, sounds, qtbot)
    qtbot.waitUntil(
        lambda: any("waiting" in line.text.text() for line in other_window.lines.lines),
        timeout=LONG,
    )
    other_window.lines.lines[0].stop.click()
    qtbot.waitUntil(lambda: not other_window.works.of(harbour), timeout=LONG)
    assert tab.works.of(harbour)
    sounds.gate.set()
    qtbot.waitUntil(lambda: state(tab) == "ready", timeout=LONG)
    assert not tab.banner.isVisible() and not other_window.banner.isVisible()
