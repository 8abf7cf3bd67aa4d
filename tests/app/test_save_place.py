from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.save_place import ask_where_to_save

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
