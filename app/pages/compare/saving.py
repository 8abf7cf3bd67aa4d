"""Asking where a table goes, and writing it in a worker thread."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.save_place import ask_in_last_folder
from app.studio import Studio
from core.files import write_text_atomic

FOLDER = "folders/table"


class Saver(QObject):
    """Saves texts for `parent`, which the dialog belongs to."""

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio, self._parent = studio, parent

    def save(self, title: str, name: Path, text: str) -> None:
        """Ask for a place that begins with `name` in the folder of last time, and write."""
        kind = f"{name.suffix[1:].upper()} (*{name.suffix})"
        settings = self._studio.settings
        path = ask_in_last_folder(settings, FOLDER, self._parent, title, str(name), kind)
        if path is None:
            return
        self._studio.jobs.run_quick(
            lambda: _write(path, text),
            lambda _none: self._studio.message.emit(f"Saved {path}"),
            lambda sentence, _details: self._studio.message.emit(sentence),
            self,
        )


def _write(path: Path, text: str) -> None:
    write_text_atomic(path, text)
