"""Making a dataset of one's own folder: its first rows, which column means what, the splits."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.pages.library.mapping_form import MappingForm
from app.screen import fitting
from app.studio import Studio
from app.texts import count_text
from core.data.folder_preview import FolderPreview, TablePreview, preview_folder
from core.data.mapping import ColumnMapping
from core.data.own import OwnFolder
from core.data.places import find_place, remember_own
from core.errors import DatasetError

MOST_PROBLEMS = 4
MOST_NAMES = 3


class OwnFolderDialog(QDialog):
    """`added(name)` once the dataset is remembered. With `name` it edits an existing one."""

    added = Signal(str)

    def __init__(self, studio: Studio, root: Path, parent: QWidget, name: str = "") -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Columns of your own dataset" if name else "Add a folder of your own")
        self.resize(fitting(self, QSize(860, 600)))
        self._studio = studio
        self._root = root
        self._edited = name
        self._preview: FolderPreview | None = None
        self._asked = self._tried = 0
        self._able = False
        self.name = QLineEdit(name or _name_for(root))
        self.name.setMaxLength(60)
        self.name.setAccessibleName("Name")
        self.name.setEnabled(not name)
        self.name.textChanged.connect(lambda _text: self._validate())
        self.found = QLabel("Looking into the folder ...")
        self.found.setWordWrap(True)
        self.found.setProperty("role", "muted")
        self.table_choice = QComboBox()
        self.table_choice.setAccessibleName("Table that is shown")
        self.table_choice.activated.connect(lambda _index: self._show_rows())
        self.rows = QTableWidget()
        self.rows.setAccessibleName("First rows")
        self.rows.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.rows.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.rows.setShowGrid(True)
        self.rows.verticalHeader().setDefaultSectionSize(26)
        self.rows.horizontalHeader().setStretchLastSection(True)
        self.form = MappingForm()
        self.form.changed.connect(self._mapping_changed)
        self.form.header_changed.connect(lambda _on: self.look())
        self.result_text = QLabel()
        self.result_text.setWordWrap(True)
        self.result_text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problem = QLabel()
        self.problem.setProperty("role", "problem")
        self.problem.setWordWrap(True)
        buttons = QDialogButtonBox()
        self.add: QPushButton = buttons.addButton(
            "Save" if name else "Add", QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.add.setProperty("role", "primary")
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        top = QHBoxLayout()
        top.addWidget(QLabel("Name"))
        top.addWidget(self.name, 1)
        top.addWidget(self.table_choice, 1)
        body = QHBoxLayout()
        body.setSpacing(16)
        body.addWidget(self.rows, 1)
        body.addWidget(self.form, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addLayout(top)
        layout.addWidget(self.found)
        layout.addLayout(body, 1)
        layout.addWidget(self.result_text)
        layout.addWidget(self.problem)
        layout.addWidget(buttons)
        # Opening a large folder with every change of a box would only be in the way.
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(250)
        self._timer.timeout.connect(self._try)
        self._validate()
        self.look()

    def look(self) -> None:
        """Read the beginning of the folder's tables, in a worker thread."""
        self._asked += 1
        number, root, header = self._asked, self._root, self.form.header.isChecked()
        self._studio.jobs.run_quick(
            lambda: preview_folder(root, header),
            lambda preview: self._looked(number, preview),
            self._not_possible,
            self,
        )

    def accept(self) -> None:
        """Remember the dataset; a wrong name keeps the dialog open."""
        name, root, mapping = self.name.text().strip(), self._root, self.form.mapping()
        if self._able:
            self._studio.jobs.run_quick(
                lambda: _remember(name, root, mapping, new=not self._edited),
                self._remembered,
                self._not_possible,
                self,
            )

    # ---- inside ----------------------------------------------------------------------------

    def _looked(self, number: int, preview: FolderPreview) -> None:
        if number != self._asked:
            return
        first = self._preview is None
        self._preview = preview
        tables = count_text(len(preview.tables), "table")
        sounds = count_text(preview.sounds, "sound")
        self.found.setText(f"{preview.folder}: {sounds}, {tables}.")
        mapping = preview.guess or ColumnMapping(
            tables=tuple(table.name for table in preview.tables[:1])
        )
        place = find_place(self._edited) if self._edited else None
        if first and place is not None and place.mapping is not None:
            mapping = place.mapping
        if first and mapping.header != self.form.header.isChecked():
            # The first row is data already: read the tables again as what they are.
            self._preview = None
            self.form.header.setChecked(mapping.header)
            self.look()
            return
        if not first:
            mapping = replace(mapping, header=self.form.header.isChecked())
        self.table_choice.clear()
        self.table_choice.addItems([table.name for table in preview.tables])
        self.table_choice.setVisible(len(preview.tables) > 1)
        if mapping.tables:
            self.table_choice.setCurrentText(mapping.tables[0])
        self.form.show_preview(preview, mapping)
        self._show_rows()
        self._mapping_changed()

    def _table(self) -> TablePreview | None:
        tables = self._preview.tables if self._preview is not None else ()
        index = self.table_choice.currentIndex()
        return tables[index] if 0 <= index < len(tables) else None

    def _show_rows(self) -> None:
        table = self._table()
        self.rows.setVisible(table is not None)
        if table is None:
            return
        self.rows.setColumnCount(len(table.columns))
        self.rows.setRowCount(len(table.rows))
        self.rows.setVerticalHeaderLabels([str(number) for number in table.numbers])
        for line, row in enumerate(table.rows):
            for column, text in enumerate(row):
                item = QTableWidgetItem(text.replace("\n", " "))
                item.setToolTip(text)
                self.rows.setItem(line, column, item)
        self._show_roles()
        self.rows.resizeColumnsToContents()
        for column in range(len(table.columns)):
            self.rows.setColumnWidth(column, min(260, self.rows.columnWidth(column) + 12))

    def _show_roles(self) -> None:
        """Say above each column what it is taken for."""
        table, mapping = self._table(), self.form.mapping()
        if table is None:
            return
        mapping = mapping or ColumnMapping()
        titles = []
        for name in table.columns:
            role = (
                "file"
                if name == mapping.file
                else "caption"
                if name in mapping.captions
                else "split"
                if name == mapping.split
                else ""
            )
            titles.append(f"{name}  ({role})" if role and role != name else name)
        self.rows.setHorizontalHeaderLabels(titles)

    def _mapping_changed(self) -> None:
        self._show_roles()
        self._able = False
        self._validate()
        self._timer.start()

    def _try(self) -> None:
        """Open the folder as it would be read, and say what comes of it."""
        mapping = self.form.mapping()
        self._tried += 1
        number, root = self._tried, self._root
        if mapping is None:
            self._not_possible(self.form.problem, "")
            return
        self._studio.jobs.run_quick(
            lambda: _opened_folder(root, mapping),
            lambda dataset: self._opened(number, dataset),
            lambda sentence, details: self._not_opened(number, sentence, details),
            self,
        )

    def _opened(self, number: int, dataset: OwnFolder) -> None:
        if number != self._tried:
            return
        splits = [f"{name} {len(dataset.entries(name)):,}" for name in dataset.splits]
        lines = [f"Splits: {', '.join(splits)}."]
        if len(dataset.splits) < 2 or not dataset.mapping.tables:
            lines.append("Without captions it can be captioned and listened to, not trained on.")
        if dataset.unlisted:
            lines.append(
                f"{count_text(len(dataset.unlisted), 'sound')} of the folder without a row: "
                f"{', '.join(dataset.unlisted[:MOST_NAMES])}"
                f"{', ...' if len(dataset.unlisted) > MOST_NAMES else '.'}"
            )
        lines += [table.sentence for table in dataset.unread_tables() if table.missed]
        problems = dataset.problems
        if problems:
            lines.append(f"{count_text(len(problems), 'row')} with a fault:")
            lines += [f"•  {text}" for text in problems[:MOST_PROBLEMS]]
            if len(problems) > MOST_PROBLEMS:
                lines.append("   The check lists them all.")
        self.result_text.setText("\n".join(lines))
        self.problem.setText("")
        self._able = True
        self._validate()

    def _not_opened(self, number: int, sentence: str, details: str) -> None:
        if number == self._tried:
            self._not_possible(sentence, details)

    def _not_possible(self, sentence: str, _details: str) -> None:
        self.result_text.setText("")
        self.problem.setText(sentence)

    def _remembered(self, name: str) -> None:
        self.added.emit(name)
        super().accept()

    def _validate(self) -> None:
        named = bool(self.name.text().strip())
        self.add.setEnabled(self._able and named)
        self.add.setToolTip("" if named else "Give it a name.")


def _opened_folder(root: Path, mapping: ColumnMapping) -> OwnFolder:
    """Open a folder and look into its other tables, in a worker thread."""
    dataset = OwnFolder(root, mapping)
    dataset.unread_tables()
    return dataset


def _remember(name: str, root: Path, mapping: ColumnMapping | None, new: bool) -> str:
    if new and find_place(name) is not None:
        raise DatasetError(f"There is a dataset named '{name}' already; choose another name.")
    return remember_own(name, root, mapping).name


def _name_for(root: Path) -> str:
    """Make a name of a folder's or a table's."""
    stem = root.stem if root.is_file() else root.name
    return re.sub(r"[^\w.-]+", "-", stem).strip("-")[:60] or "own"
