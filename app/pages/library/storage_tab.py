"""Where everything lives and how much room it takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.machine import size_text
from app.pages.library.details import ValueLabel
from app.pages.library.file_dialogs import show_folder
from app.studio import Studio
from app.texts import count_text
from core import paths
from core.runs.transfer import StorageUse, free_space, storage_use

PURPOSES = {
    "Runs": "Configurations, curves, captions and checkpoints of every training.",
    "Checkpoints": "Imported checkpoints.",
    "Features": "Frame embeddings of datasets; made again when missing.",
    "Datasets": "Downloaded datasets; those from elsewhere stay where they are.",
    "Experiments": "Plans and results of comparisons.",
    "Reports": "The last check of each dataset.",
    "Cache": "Lengths of sound files; measured again when missing.",
    "Encoder weights": "Downloaded or converted encoders.",
    "Presets": "Your own presets.",
    "Logs": "What happened, for reports of faults.",
}


@dataclass(frozen=True)
class Storage:
    """The measured folders and the free bytes of their disk."""

    uses: list[StorageUse]
    free: int

    @property
    def total(self) -> int:
        """Bytes of all folders together."""
        return sum(use.size for use in self.uses)


def measure() -> Storage:
    """Walk the folders; for worker threads."""
    return Storage(storage_use(), free_space())


class StorageTab(QScrollArea):
    """One line a folder: what for, how large, where; and a button that shows it."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        body = QWidget()
        self.setWidget(body)
        self.total = QLabel("Measuring ...")
        self.total.setProperty("role", "title")
        self.home = QLabel()
        self.home.setProperty("role", "muted")
        self.home.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.grid = QGridLayout()
        self.grid.setHorizontalSpacing(16)
        self.grid.setVerticalSpacing(10)
        self.grid.setColumnStretch(1, 1)
        note = QLabel(
            "To move all of this: close AAC Studio, move the folder above to where you want it, "
            "and set the environment variable AAC_STUDIO_HOME to its new path. Runs, features and "
            "downloaded datasets are found there again. To make room, remove features: they are "
            "extracted anew when a training needs them."
        )
        note.setProperty("role", "hint")
        note.setWordWrap(True)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(12)
        layout.addWidget(self.total)
        layout.addWidget(self.home)
        layout.addLayout(self.grid)
        layout.addWidget(note)
        layout.addStretch(1)
        self.buttons: dict[str, QPushButton] = {}
        self._rows: list[QWidget] = []
        studio.runs_changed.connect(self.refresh)
        studio.datasets_changed.connect(self.refresh)
        studio.checkpoints_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Measure again, in a worker thread."""
        self.studio.jobs.run_quick(measure, self.show_storage)

    def show_storage(self, storage: Storage) -> None:
        """Show what was measured."""
        self.total.setText(
            f"{size_text(storage.total)} used, {size_text(storage.free)} free on this disk"
        )
        self.home.setText(str(paths.home()))
        for widget in self._rows:
            self.grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._rows.clear()
        self.buttons.clear()
        largest = max((use.size for use in storage.uses), default=0) or 1
        for row, use in enumerate(storage.uses):
            self._add_row(row, use, largest)

    def _add_row(self, row: int, use: StorageUse, largest: int) -> None:
        title = QLabel(use.title)
        about = ValueLabel(f"{PURPOSES.get(use.title, '')}\n{use.path}")
        about.setProperty("role", "muted")
        bar = QProgressBar()
        bar.setRange(0, 1000)
        bar.setValue(round(1000 * use.size / largest))
        bar.setTextVisible(False)
        bar.setFixedWidth(140)
        # A share is data, not progress: the accent colour is not for it.
        bar.setStyleSheet("QProgressBar::chunk { background: palette(mid); }")
        bar.setAccessibleName(f"Share of {use.title}")
        size = QLabel(f"{size_text(use.size)}\n{count_text(use.files, 'file')}")
        size.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        show = QPushButton("Show folder")
        self.studio.theme.set_icon(show, "folder-outline")
        show.clicked.connect(lambda _=False, path=use.path: show_folder(self.studio, path))
        copy = QPushButton("Copy path")
        self.studio.theme.set_icon(copy, "content-copy")
        copy.clicked.connect(lambda _=False, path=use.path: self._copy(path))
        self.buttons[use.title] = show
        for column, widget in enumerate((title, about, bar, size, show, copy)):
            self.grid.addWidget(widget, row, column)
            self._rows.append(widget)

    def _copy(self, path: Path) -> None:
        QApplication.clipboard().setText(str(path))
        self.studio.message.emit(f"Copied {path}")
