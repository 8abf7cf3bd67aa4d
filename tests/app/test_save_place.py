from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.save_place import ask_in_last_folder, ask_where_to_save, file_name

NO = QMessageBox.StandardButton.No
YES = QMessageBox.StandardButton.Yes


def test_a_name_without_an_ending_gets_one(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    chosen, answers = "", [NO, YES]

    def ask() -> Path | None:
        return ask_where_to_save(parent, "Save", tmp_path / "scores.csv", "CSV (*.csv)")

    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (chosen, ""))
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop(0))
    assert ask() is None
    chosen = str(tmp_path / "mine.txt")
    assert ask() == tmp_path / "mine.txt"
    chosen = str(tmp_path / "mine")
    assert ask() == tmp_path / "mine.csv"
    # Nobody has been asked about the longer name yet.
    (tmp_path / "mine.csv").write_text("kept")
    assert ask() is None
    assert ask() == tmp_path / "mine.csv"
    assert not answers


def test_it_begins_in_the_folder_of_last_time(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    begun: list[str] = []
    answers = ["", str(tmp_path / "chosen.csv"), ""]

    def choose(_parent: QWidget, _title: str, start: str, _kind: str) -> tuple[str, str]:
        begun.append(start)
        return answers.pop(0), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)

    def ask() -> Path | None:
        return ask_in_last_folder(settings, "folder", parent, "Save", "a.csv", "CSV (*.csv)")

    assert [ask(), ask(), ask()] == [None, tmp_path / "chosen.csv", None]
    assert begun == [str(folder / "a.csv") for folder in (Path.home(), Path.home(), tmp_path)]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("CE + caption NT-Xent · seed 44", "CE + caption NT-Xent · seed 44.zip"),
        ("lr 1e-3 / dropout: 0.2?", "lr 1e-3 - dropout- 0.2.zip"),
        ("../../secret", "secret.zip"),
        ("  two\nlines ", "two lines.zip"),
        ("nul", "untitled nul.zip"),
        ("???", "untitled.zip"),
        ("ø" * 300, "ø" * 100 + ".zip"),
    ],
)
def test_a_title_becomes_a_name_that_every_system_takes(title: str, name: str) -> None:
    assert file_name(title, ".zip") == name
