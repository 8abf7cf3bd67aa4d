"""Which systems are compared: two to six chips, each a letter in its colour and a choice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRegularExpression, QSize, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QMouseEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from app.pages.compare.rows import LETTERS
from app.pages.compare.systems import SystemFile
from app.palette import contrast, run_colour
from app.studio import Studio

PATH_ROLE = int(Qt.ItemDataRole.UserRole)
FEWEST, MOST = 2, len(LETTERS)
SETTING = "compare/systems"


class LetterMark(QLabel):
    """The letter of a system on its colour."""

    def __init__(self, system: int, parent: QWidget | None = None) -> None:
        super().__init__(LETTERS[system], parent)
        hue = run_colour(system)
        ink = max(("#FFFFFF", "#000000"), key=lambda colour: contrast(colour, hue))
        self.setFixedSize(QSize(20, 20))
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setStyleSheet(
            f"background: {hue}; color: {ink}; border-radius: 4px; font-weight: 600;"
        )


class _Field(QLineEdit):
    """A click offers everything, and typing then takes the place of the name."""

    pressed = Signal()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the name and tell."""
        super().mousePressEvent(event)
        self.selectAll()
        self.pressed.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Leave the name selected."""


class SystemChip(QWidget):
    """One system: letter, file, and a button that takes it away."""

    changed = Signal()
    removed = Signal(object)

    def __init__(self, studio: Studio, system: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.system = system
        self.combo = QComboBox()
        self.combo.setAccessibleName(f"System {LETTERS[system]}")
        self.combo.setMinimumWidth(70)
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.combo.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.items = QStandardItemModel(self)
        self.combo.setModel(self.items)
        # Of hundreds of checkpoints nobody scrolls to one: words of its name find it.
        self.combo.setEditable(True)
        self.combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.matching = QSortFilterProxyModel(self)
        self.matching.setSourceModel(self.items)
        self.completer = QCompleter(self.matching, self)
        self.completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.completer.setMaxVisibleItems(16)
        self.edit = _Field()
        self.edit.setFrame(False)
        self.combo.setLineEdit(self.edit)
        self.combo.setCompleter(self.completer)
        self.popup = QListView()
        self.popup.setProperty("role", "offer")
        self.completer.setPopup(self.popup)
        self.edit.pressed.connect(self._offer_all)
        self.edit.setAccessibleName(f"System {LETTERS[system]}")
        self.edit.textEdited.connect(self._search)
        self.edit.editingFinished.connect(self._show_chosen)
        self.combo.view().setMinimumWidth(360)
        self.combo.activated.connect(lambda _index: self.changed.emit())
        self.remove = QToolButton()
        self.remove.setAccessibleName(f"Remove system {LETTERS[system]}")
        studio.theme.set_icon(self.remove, "close", "muted")
        self.remove.clicked.connect(lambda: self.removed.emit(self))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(LetterMark(system))
        layout.addWidget(self.combo, 1)
        layout.addWidget(self.remove)
        self.setMaximumWidth(480)

    def path(self) -> Path | None:
        """Return the chosen checkpoint."""
        path: Path | None = self.combo.currentData(PATH_ROLE)
        return path

    def fill(self, files: Sequence[SystemFile], chosen: Path | None, taken: set[Path]) -> None:
        """List the checkpoints; those that other systems use cannot be chosen twice."""
        self.items.clear()
        for file in files:
            item = QStandardItem(file.label)
            item.setToolTip(file.describe())
            item.setData(file.path, PATH_ROLE)
            item.setEnabled(file.path not in taken or file.path == chosen)
            self.items.appendRow(item)
        self.combo.setCurrentIndex(
            next((row for row, file in enumerate(files) if file.path == chosen), -1)
        )
        row = self.combo.currentIndex()
        self.combo.setToolTip(files[row].describe() if row >= 0 else "")
        self._show_chosen()

    def _search(self, text: str) -> None:
        """Offer the checkpoints whose names have all these words, in any order."""
        words = "".join(f"(?=.*{QRegularExpression.escape(word)})" for word in text.split())
        either = QRegularExpression.PatternOption.CaseInsensitiveOption
        self.matching.setFilterRegularExpression(QRegularExpression(words, either))
        self.completer.complete()

    def _offer_all(self) -> None:
        self._search("")
        self.popup.setCurrentIndex(self.popup.model().index(self.combo.currentIndex(), 0))
        # That writes the name anew.
        self.edit.selectAll()

    def _show_chosen(self) -> None:
        """Show the name of what is chosen, from its beginning, whatever was typed."""
        self.combo.setEditText(self.combo.itemText(self.combo.currentIndex()))
        self.edit.setCursorPosition(0)


class SystemsBar(QWidget):
    """Signal `changed()`: other checkpoints are compared now; `open_clicked()`: open a file."""

    changed = Signal()
    open_clicked = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._files: list[SystemFile] = []
        self._chosen: list[Path] = []
        self.chips: list[SystemChip] = []
        self.add = QToolButton()
        self.add.setAccessibleName("Add a system")
        studio.theme.set_icon(self.add, "plus")
        self.add.clicked.connect(self._add)
        self.open = QPushButton("Open file...")
        self.open.setProperty("role", "quiet")
        self.open.setToolTip(
            "Compare a checkpoint from anywhere, or captions of another system (CSV, TSV, JSONL)"
        )
        self.open.clicked.connect(self.open_clicked)
        self._row = QHBoxLayout()
        self._row.setSpacing(12)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 0)
        layout.setSpacing(8)
        layout.addLayout(self._row, 100)
        layout.addWidget(self.add)
        layout.addWidget(self.open)
        layout.addStretch(1)

    def set_checkpoints(self, files: Sequence[SystemFile]) -> None:
        """Offer these (usable) checkpoints; a choice that is still there stays."""
        self._files = list(files)
        known = {file.path for file in self._files}
        before = list(self._chosen)
        kept = [path for path in self._chosen if path in known]
        if len(kept) < FEWEST:
            kept = self._first_choice(kept, known)
        self._chosen = kept
        self._rebuild()
        if before != self._chosen:
            self.changed.emit()

    def files(self) -> list[SystemFile]:
        """Return every checkpoint on offer."""
        return list(self._files)

    def selected(self) -> list[SystemFile]:
        """Return the compared checkpoints, A first."""
        by_path = {file.path: file for file in self._files}
        return [by_path[path] for path in self._chosen if path in by_path]

    def add_systems(self, paths: Sequence[Path]) -> None:
        """Compare these as well, as far as there is room."""
        known = {file.path for file in self._files}
        fresh = [path for path in dict.fromkeys(paths) if path in known]
        self._set(list(dict.fromkeys([*self._chosen, *fresh]))[:MOST])

    def choose(self, paths: Sequence[Path]) -> None:
        """Compare these; a single one takes the place of the last system, or is added to one."""
        known = {file.path for file in self._files}
        wanted = [path for path in dict.fromkeys(paths) if path in known][:MOST]
        if not wanted:
            return
        if len(wanted) == 1:
            kept = [path for path in self._chosen if path != wanted[0]]
            wanted = [*kept[: FEWEST - 1], *wanted]

        self._set(wanted)

    # ---- inside ----------------------------------------------------------------------------

    def _first_choice(self, kept: list[Path], known: set[Path]) -> list[Path]:
        """Take up the last session's choice, else the newest CE and contrastive best."""
        saved = [Path(item) for item in _as_list(self._studio.settings.value(SETTING))]
        saved = [path for path in saved if path in known]
        if not kept and len(saved) >= FEWEST:
            return saved[:MOST]
        best = [file for file in self._files if file.kind == "best"]
        plain = next((file.path for file in best if file.objective == "CE"), None)
        contrast_run = next((file.path for file in best if file.objective != "CE"), None)
        wanted = [*kept, plain, contrast_run, *[file.path for file in best]]
        wanted += [file.path for file in self._files]
        return [path for path in dict.fromkeys(wanted) if path is not None][:FEWEST]

    def _set(self, paths: list[Path]) -> None:
        if paths != self._chosen:
            self._chosen = paths
            self._studio.settings.setValue(SETTING, [str(path) for path in paths])
            self._rebuild()
            self.changed.emit()

    def _rebuild(self) -> None:
        while len(self.chips) > len(self._chosen):
            chip = self.chips.pop()
            self._row.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        while len(self.chips) < len(self._chosen):
            chip = SystemChip(self._studio, len(self.chips))
            chip.changed.connect(self._chip_changed)
            chip.removed.connect(self._remove)
            self.chips.append(chip)
            self._row.addWidget(chip, 1)
        taken = set(self._chosen)
        for chip, path in zip(self.chips, self._chosen, strict=True):
            chip.fill(self._files, path, taken)
            removable = len(self._chosen) > FEWEST
            chip.remove.setEnabled(removable)
            chip.remove.setToolTip("Remove" if removable else "Two systems are the least.")
        free = len(taken) < len(self._files)
        self.add.setEnabled(free and len(self._chosen) < MOST)
        if len(self._chosen) >= MOST:
            self.add.setToolTip("Six systems are the most.")
        else:
            self.add.setToolTip(
                "Add a system" if free else "There is no other checkpoint; open a file."
            )

    def _chip_changed(self) -> None:
        self._set([path for chip in self.chips if (path := chip.path()) is not None])

    def _remove(self, chip: SystemChip) -> None:
        self._set([path for index, path in enumerate(self._chosen) if index != chip.system])

    def _add(self) -> None:
        free = [file for file in self._files if file.path not in self._chosen]
        best = [file for file in free if file.kind != "last"]
        if free:
            self._set([*self._chosen, (best or free)[0].path])


def _as_list(value: object) -> list[str]:
    # QSettings gives a list of one back as a plain string.
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value] if isinstance(value, list) else []
