"""Which columns of a table are file, captions and split; how splits are made without one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QWidget,
)

from app.widgets.inputs import indent_text
from core.data.folder_preview import FolderPreview
from core.data.mapping import ColumnMapping
from core.errors import DatasetError

MOST_HEIGHT = 104
# Tables whose cells have their columns' names with them.
NAMED_CELLS = (".jsonl", ".ndjson", ".json")
NO_SPLIT = "none: draw them"


class MappingForm(QWidget):
    """Edits a `ColumnMapping`. `changed()`, and `header_changed(on)`: read the tables again."""

    changed = Signal()
    header_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(270)
        self.problem = ""
        self._preview: FolderPreview | None = None
        self.tables = _checks("Tables")
        self.tables.setToolTip("Without any it is a folder of sounds alone")
        self.file = QComboBox()
        self.file.setAccessibleName("Column with the file names")
        self.captions = _checks("Columns with captions")
        self.split = QComboBox()
        self.split.setAccessibleName("Column with the split")
        self.header = QCheckBox("The first row names the columns")
        self.header.setChecked(True)
        self.validation = _share("Share for validation")
        self.test = _share("Share for testing")
        self.seed = QSpinBox()
        indent_text(self.seed)
        self.seed.setRange(0, 1_000_000)
        self.seed.setAccessibleName("Seed of the draw")
        self.seed.setToolTip("The same files and the same seed always give the same splits")
        self.form = QFormLayout(self)
        self.form.setContentsMargins(0, 0, 0, 0)
        self.form.setVerticalSpacing(8)
        self.form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._none = QLabel("There is no table: a folder of sounds alone, without captions.")
        self._none.setWordWrap(True)
        self.form.addRow(self._none)
        self.form.addRow("Tables", self.tables)
        self.form.addRow(self.header)
        self.form.addRow("File", self.file)
        self.form.addRow("Captions", self.captions)
        self.form.addRow("Split", self.split)
        self.form.addRow("Validation", self.validation)
        self.form.addRow("Test", self.test)
        self.form.addRow("Seed", self.seed)
        self.tables.itemChanged.connect(self._tell)
        self.captions.itemChanged.connect(self._tell)
        self.file.activated.connect(self._tell)
        self.split.activated.connect(self._tell)
        for box in (self.validation, self.test, self.seed):
            box.valueChanged.connect(self._tell)
        self.header.clicked.connect(self.header_changed.emit)

    def show_preview(self, preview: FolderPreview, mapping: ColumnMapping) -> None:
        """Offer the columns of a folder's tables, and fill in a mapping."""
        self._preview = preview
        self.blockSignals(True)
        columns = list(dict.fromkeys(name for table in preview.tables for name in table.columns))
        _fill(self.tables, [table.name for table in preview.tables], mapping.tables)
        _fill(self.captions, columns, mapping.captions)
        self.file.clear()
        self.file.addItems(columns)
        self.file.setCurrentIndex(columns.index(mapping.file) if mapping.file in columns else -1)
        self.split.clear()
        self.split.addItem(NO_SPLIT, "")
        for name in columns:
            self.split.addItem(name, name)
        self.split.setCurrentIndex(max(0, self.split.findData(mapping.split)))
        self.header.setChecked(mapping.header)
        self.validation.setValue(round(100 * mapping.validation_share))
        self.test.setValue(round(100 * mapping.test_share))
        self.seed.setValue(mapping.seed)
        self.blockSignals(False)
        has_tables = bool(preview.tables)
        for row in range(1, self.form.rowCount()):
            self.form.setRowVisible(row, has_tables)
        self._none.setVisible(not has_tables)
        spelled = [not table.name.lower().endswith(NAMED_CELLS) for table in preview.tables]
        self.form.setRowVisible(self.header, any(spelled))
        self._show_shares()

    def mapping(self) -> ColumnMapping | None:
        """Return what is chosen; None where that is impossible, and `problem` says why."""
        self.problem = ""
        if self._preview is None or not self._preview.tables:
            return ColumnMapping()
        tables = _checked(self.tables)
        if not tables and self._preview.sounds:
            return ColumnMapping()
        if not tables:
            self.problem = "Choose at least one table."
        elif self.file.currentIndex() < 0:
            self.problem = (
                f"None of the columns {', '.join(self._preview.tables[0].columns[:8])} has names "
                "of sound files; choose the column, or the folder that holds the sounds, or untick "
                "the table to have the sounds alone."
            )
        if self.problem:
            return None
        try:
            return ColumnMapping(
                tables=tables,
                file=self.file.currentText(),
                captions=_checked(self.captions),
                split=str(self.split.currentData() or ""),
                header=self.header.isChecked(),
                validation_share=self.validation.value() / 100,
                test_share=self.test.value() / 100,
                seed=self.seed.value(),
            )
        except DatasetError as error:
            self.problem = str(error)
            return None

    def _tell(self, *_: object) -> None:
        self._show_shares()
        self.changed.emit()

    def _show_shares(self) -> None:
        drawn = not self.split.currentData()
        for box in (self.validation, self.test, self.seed):
            box.setEnabled(drawn or box is not self.test)
            box.setToolTip("" if box.isEnabled() else "The column tells the split.")


def _checks(name: str) -> QListWidget:
    box = QListWidget()
    box.setAccessibleName(name)
    box.setMaximumHeight(MOST_HEIGHT)
    return box


def _fill(box: QListWidget, names: list[str], chosen: tuple[str, ...]) -> None:
    box.clear()
    for name in names:
        item = QListWidgetItem(name)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if name in chosen else Qt.CheckState.Unchecked)
        box.addItem(item)
    # No higher than what it holds.
    rows = sum(box.sizeHintForRow(row) for row in range(box.count()))
    box.setMaximumHeight(min(MOST_HEIGHT, rows + 2 * box.frameWidth() + 4))


def _checked(box: QListWidget) -> tuple[str, ...]:
    items = [box.item(row) for row in range(box.count())]
    return tuple(item.text() for item in items if item.checkState() == Qt.CheckState.Checked)


def _share(name: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(0, 99)
    box.setSuffix(" %")
    indent_text(box)
    box.setAccessibleName(name)
    return box
