"""Before a download: what it is, whose, under which licence, how large, where to, what is free."""

from __future__ import annotations

import shutil
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.machine import size_text
from app.studio import Studio
from core.data.acquire import PartStatus, dataset_folder, dataset_status
from core.data.published import PublishedDataset

STATES = {"missing": "", "partial": "partly here", "present": "here"}
SPARE = 64 << 20


def free_bytes(folder: Path) -> int:
    """Return what is free on the disk that a folder is, or would be, on."""
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


class DownloadDialog(QDialog):
    """`chosen(folder, parts, keep archives)` when the user begins."""

    chosen = Signal(object, list, bool)

    def __init__(self, studio: Studio, published: PublishedDataset, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Download {published.title}")
        self.setMinimumWidth(600)
        self._studio = studio
        self._published = published
        self._states: tuple[PartStatus, ...] = ()
        self._free = 0
        self._asked = 0
        about = _text(published.summary)
        licence = _text(f"Licence: {published.licence}.".replace("..", "."))
        cite = _text(f"Cite: {published.citation}")
        cite.setProperty("role", "hint")
        self.parts: dict[str, QCheckBox] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(3, 1)
        self._sizes: dict[str, tuple[QLabel, QLabel, QLabel]] = {}
        for column, title in enumerate(("Part", "To download", "On disk", "")):
            label = QLabel(title)
            label.setProperty("role", "section")
            self._grid.addWidget(label, 0, column)
        for line, part in enumerate(published.parts, 1):
            self._add_part(line, part.name)
        self.folder = QLineEdit(str(dataset_folder(published.name)))
        self.folder.setAccessibleName("Folder")
        self.folder.textChanged.connect(lambda _text: self.look())
        choose = QPushButton("Choose...")
        studio.theme.set_icon(choose, "folder-open-outline")
        choose.clicked.connect(self._choose)
        place = QHBoxLayout()
        place.addWidget(QLabel("Folder"))
        place.addWidget(self.folder, 1)
        place.addWidget(choose)
        self.keep = QCheckBox("Keep the archives after unpacking")
        self.total = _text("")
        self.problem = _text("")
        self.problem.setProperty("role", "problem")
        self.note = _text(published.remedy)
        self.note.setProperty("role", "hint")
        self.note.setVisible(bool(published.remedy))
        buttons = QDialogButtonBox()
        self.begin: QPushButton = buttons.addButton(
            "Download", QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.begin.setProperty("role", "primary")
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        for item in (about, licence, cite):
            layout.addWidget(item)
        layout.addLayout(self._grid)
        layout.addLayout(place)
        layout.addWidget(self.keep)
        for item in (self.note, self.total, self.problem):
            layout.addWidget(item)
        layout.addWidget(buttons)
        self.look()

    def look(self) -> None:
        """See what is in the folder already and how much room there is."""
        self._asked += 1
        number, name, folder = self._asked, self._published.name, self._root()
        self._studio.jobs.run_quick(
            lambda: (dataset_status(name, folder), free_bytes(folder)),
            lambda found: self._found(number, *found),
            lambda sentence, _details: self.problem.setText(sentence),
            self,
        )

    def accept(self) -> None:
        """Tell what was chosen."""
        self.chosen.emit(self._root(), self._chosen(), self.keep.isChecked())
        super().accept()

    # ---- inside ----------------------------------------------------------------------------

    def _add_part(self, line: int, name: str) -> None:
        box = QCheckBox(name)
        box.setChecked(name not in ("test", "analysis"))
        box.toggled.connect(lambda _on: self._validate())
        self.parts[name] = box
        download, disk, state = QLabel(), QLabel(), QLabel()
        self._sizes[name] = download, disk, state
        self._grid.addWidget(box, line, 0)
        for column, label in enumerate((download, disk, state), 1):
            label.setProperty("role", "muted")
            self._grid.addWidget(label, line, column)

    def _root(self) -> Path:
        return Path(self.folder.text().strip() or ".").expanduser().absolute()

    def _choose(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder for the download", str(Path.home()))
        if folder:
            self.folder.setText(folder)

    def _chosen(self) -> list[str]:
        return [name for name, box in self.parts.items() if box.isChecked() and box.isEnabled()]

    def _found(self, number: int, states: tuple[PartStatus, ...], free: int) -> None:
        if number != self._asked:
            return
        self._states, self._free = states, free
        for status in states:
            download, disk, state = self._sizes[status.part.name]
            whole = status.state == "present"
            download.setText("" if whole else _about(status.to_download))
            disk.setText(_about(status.part.unpacked_size))
            state.setText(STATES[status.state])
            self.parts[status.part.name].setEnabled(not whole)
        self._validate()

    def _validate(self) -> None:
        chosen = set(self._chosen())
        wanted = [status for status in self._states if status.part.name in chosen]
        download = sum(status.to_download for status in wanted)
        unpacked = sum(status.to_unpack for status in wanted)
        largest = max((status.to_download for status in wanted), default=0)
        needed = (unpacked + largest) if unpacked else download
        self.total.setText(
            f"To download: {_about(download)}. Needs {_about(needed)}, "
            f"{size_text(self._free)} free."
            if wanted
            else ""
        )
        problem = ""
        if self._states and needed + SPARE > self._free:
            problem = "There is not enough room; choose fewer parts or another folder."
        self.problem.setText(problem)
        everything = bool(self._states) and not any(box.isEnabled() for box in self.parts.values())
        why = problem or (
            "Everything is here already."
            if everything
            else "Choose at least one part."
            if not wanted
            else ""
        )
        self.begin.setEnabled(not why)
        self.begin.setToolTip(why)


def _about(size: int) -> str:
    return f"about {size_text(size)}"


def _text(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
