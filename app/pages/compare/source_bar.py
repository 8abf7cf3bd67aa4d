"""What is captioned: the first clips of a dataset's split, or sound files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from app.dataset_roots import dataset_root
from app.pages.compare.kept_captions import Source
from app.pages.compare.sources import SplitInfo, dataset_splits
from app.studio import Studio
from app.texts import count_text
from app.widgets.elided_combo import ElidedComboBox
from app.widgets.inputs import indent_text
from app.widgets.segments import Segments
from core.data.datasets import dataset_names

SPLIT, FILES = "split", "files"
FIRST_CLIPS = 24


class SourceBar(QWidget):
    """Signals: `changed()`, `choose_clicked()` (choose files) and `failed(sentence, details)`."""

    changed = Signal()
    choose_clicked = Signal()
    failed = Signal(str, str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._splits: list[SplitInfo] = []
        self._chosen = False
        self._wanted = ""
        self.files: list[Path] = []
        self.kind = Segments(
            [
                (SPLIT, "Dataset", "A split of a dataset: clips with reference captions"),
                (FILES, "Sound files", "Your own sounds"),
            ]
        )
        self.dataset = ElidedComboBox()
        self.dataset.setAccessibleName("Dataset")
        self.dataset.addItems(dataset_names())
        self.dataset.setMinimumContentsLength(8)
        self.split = QComboBox()
        self.split.setAccessibleName("Split")
        self.split.setMinimumWidth(90)
        self.clips = QSpinBox()
        indent_text(self.clips)
        self.clips.setAccessibleName("Number of clips")
        self.clips.setRange(1, 1)
        self.clips.setPrefix("first ")
        self.clips.setKeyboardTracking(False)
        self.clips.setToolTip("How many clips of the split are captioned")
        self.clips.setMinimumWidth(140)
        # A style sheet cannot move the text of a spin box away from its border.
        self.clips.lineEdit().setTextMargins(6, 0, 0, 0)
        self.choose = QPushButton("Choose sounds...")
        studio.theme.set_icon(self.choose, "folder-open-outline")
        self.choose.clicked.connect(self.choose_clicked)
        self.chosen = QLabel()
        self.chosen.setProperty("role", "muted")
        self.clear = QToolButton()
        self.clear.setToolTip("Take all files off the list")
        self.clear.setAccessibleName("Clear files")
        studio.theme.set_icon(self.clear, "close", "muted")
        self.clear.clicked.connect(self._clear_files)
        self.stack = QStackedWidget()
        self.stack.addWidget(_row(self.dataset, self.split, self.clips))
        self.stack.addWidget(_row(self.choose, self.chosen, self.clear))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.kind)
        layout.addWidget(self.stack, 1)
        self.kind.changed.connect(self._kind_changed)
        self.dataset.activated.connect(lambda _index: self.load_splits())
        self.split.activated.connect(lambda _index: self._split_changed())
        self.clips.valueChanged.connect(self._clips_chosen)
        self._show_files()
        self._show_known()

    @property
    def ready(self) -> bool:
        """Whether there is anything to caption."""
        return bool(self.files) if self.kind.value == FILES else bool(self._splits)

    def split_info(self) -> SplitInfo | None:
        """Return the chosen split."""
        index = self.split.currentIndex()
        return self._splits[index] if 0 <= index < len(self._splits) else None

    def where(self) -> Source:
        """Return dataset and split; empty for sound files."""
        split = self.split_info()
        if self.kind.value == FILES or split is None:
            return Source()
        return Source(self.dataset.currentText(), split.name)

    def widen(self) -> bool:
        """Take the whole split, unless a number of clips was chosen. Says whether that is new."""
        split = self.split_info()
        if split is None or self._chosen or self.clips.value() == split.clips:
            return False
        self.clips.setValue(split.clips)
        self._chosen = False
        return True

    def choose_split(self, dataset: str, split: str) -> None:
        """Turn to a split of a dataset, as soon as its splits are known."""
        self.kind.set_value(SPLIT)
        self.stack.setCurrentIndex(0)
        row = self.dataset.findText(dataset)
        if row < 0:
            self.dataset.addItem(dataset)
            row = self.dataset.count() - 1
        self.dataset.setCurrentIndex(row)
        self._wanted = split
        self.load_splits()

    def root(self) -> Path | None:
        """Return the folder of the chosen dataset; None is its default place."""
        return dataset_root(self._studio.settings, self.dataset.currentText())

    def load_splits(self) -> None:
        """Look into the chosen dataset, in a worker thread."""
        name = self.dataset.currentText()
        root = self.root()
        if not self._splits:
            self.split.setPlaceholderText("Reading...")
        self._studio.jobs.run_quick(
            lambda: dataset_splits(name, root), self._show_splits, self._no_splits, self
        )

    def add_files(self, paths: Sequence[Path]) -> None:
        """Put sound files on the list and turn to them."""
        self.files = list(dict.fromkeys([*self.files, *paths]))
        self.kind.set_value(FILES)
        self._kind_changed(FILES)

    # ---- inside ----------------------------------------------------------------------------

    def _kind_changed(self, value: str) -> None:
        self.stack.setCurrentIndex(1 if value == FILES else 0)
        self._show_files()
        self.changed.emit()

    def _show_splits(self, splits: list[SplitInfo]) -> None:
        self._splits = splits
        self.split.clear()
        for split in splits:
            self.split.addItem(split.name)
        wanted, self._wanted = self.split.findText(self._wanted), ""
        self.split.setCurrentIndex(max(0, wanted))
        self._split_changed()

    def _no_splits(self, sentence: str, details: str) -> None:
        self.split.setPlaceholderText("No split")
        self._show_splits([])
        self.failed.emit(sentence, details)

    def _clips_chosen(self, _value: int) -> None:
        self._chosen = True
        self.changed.emit()

    def _split_changed(self) -> None:
        split = self.split_info()
        self._chosen = False
        most = split.clips if split else 1
        blocked = self.clips.blockSignals(True)
        self.clips.setRange(1, max(1, most))
        self.clips.setValue(min(FIRST_CLIPS, most))
        self.clips.blockSignals(blocked)
        self.clips.setSuffix(f" of {most:,}" if split else "")
        self._show_known()
        self.changed.emit()

    def _show_known(self) -> None:
        """Offer splits and numbers of clips only where they are known."""
        self.split.setEnabled(bool(self._splits))
        self.clips.setVisible(bool(self._splits))

    def _show_files(self) -> None:
        count = len(self.files)
        self.chosen.setText(count_text(count, "file") if count else "or drop them here")
        self.clear.setVisible(bool(count))

    def _clear_files(self) -> None:
        self.files = []
        self._show_files()
        self.changed.emit()


def _row(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    layout = QHBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    for widget in widgets:
        layout.addWidget(widget)
    layout.addStretch(1)
    return holder
