"""The opened files: what is known of each, as a list model."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.pages.caption.outputs import Output, Result

ENTRY_ROLE = int(Qt.ItemDataRole.UserRole)
_ROOT = QModelIndex()


class FileState(Enum):
    """Where a file stands; the value is how it is said."""

    OPENED = "not captioned"
    WAITING = "waiting"
    CAPTIONING = "captioning"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, eq=False)
class SoundFile:
    """An opened file.

    `duration` is None until the file was looked at; `message` says what failed.
    """

    path: Path
    duration: float | None = None
    state: FileState = FileState.OPENED
    message: str = ""
    outputs: tuple[Output, ...] = ()

    @property
    def results(self) -> tuple[Result, ...]:
        """The captions of the whole and of parts, without timelines."""
        return tuple(item for item in self.outputs if isinstance(item, Result))

    @property
    def output(self) -> Output | None:
        """What was made last."""
        return self.outputs[-1] if self.outputs else None

    def with_output(self, output: Output) -> SoundFile:
        """Return the file with one more output in its place; a new place is the last."""
        places = [item.place for item in self.outputs]
        if output.place in places:
            at = places.index(output.place)
            outputs = (*self.outputs[:at], output, *self.outputs[at + 1 :])
        else:
            outputs = (*self.outputs, output)
        return dataclasses.replace(self, outputs=outputs, message="")

    def status(self) -> str:
        """Return the line under the name: length, then the caption or the state."""
        length = "" if self.duration is None else f"{format_length(self.duration)} · "
        if self.state is FileState.FAILED:
            # The name stands above; the sentence need not begin with it again.
            return self.message.removeprefix(f"'{self.path.name}' ")
        if self.state is FileState.DONE and self.output is not None:
            return length + (self.output.text or "quiet throughout")
        return length + self.state.value


class SoundFiles(QAbstractListModel):
    """The list of opened files, each path once."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[SoundFile] = []

    # ---- Qt's side -------------------------------------------------------------------------

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Return the number of files."""
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> Any:
        """Return name, tool tip, accessible text or the whole entry."""
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.path.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{entry.path}\n{entry.status()}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.path.name}, {entry.state.value}, {entry.status()}"
        if role == ENTRY_ROLE:
            return entry
        return None

    # ---- our side --------------------------------------------------------------------------

    @property
    def entries(self) -> tuple[SoundFile, ...]:
        """All files in the order of the list."""
        return tuple(self._entries)

    def find(self, path: Path) -> SoundFile | None:
        """Return the entry of `path`, or None when it is not listed."""
        row = self.row_of(path)
        return None if row < 0 else self._entries[row]

    def row_of(self, path: Path) -> int:
        """Return the row of `path`, or -1."""
        return next((row for row, entry in enumerate(self._entries) if entry.path == path), -1)

    def add(self, paths: Iterable[Path]) -> list[Path]:
        """Append the paths that are not listed yet and return them."""
        known = {entry.path for entry in self._entries}
        new = [path for path in dict.fromkeys(paths) if path not in known]
        if new:
            first = len(self._entries)
            self.beginInsertRows(QModelIndex(), first, first + len(new) - 1)
            self._entries.extend(SoundFile(path) for path in new)
            self.endInsertRows()
        return new

    def replace(self, entry: SoundFile) -> None:
        """Put `entry` in the place of the one with the same path; an unlisted path is ignored."""
        row = self.row_of(entry.path)
        if row >= 0:
            self._entries[row] = entry
            self.dataChanged.emit(self.index(row), self.index(row))

    def change(self, path: Path, **values: Any) -> None:
        """Change single fields of the entry of `path`; an unlisted path is ignored."""
        entry = self.find(path)
        if entry is not None:
            self.replace(dataclasses.replace(entry, **values))

    def remove(self, paths: Iterable[Path]) -> None:
        """Take files off the list; the files themselves stay where they are."""
        for path in paths:
            row = self.row_of(path)
            if row >= 0:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._entries[row]
                self.endRemoveRows()


def format_length(seconds: float) -> str:
    """Return a length for people: ``0.05 s``, ``4.2 s``, ``1:05``, ``1:02:05``."""
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
