"""The configurations of the compared checkpoints, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.pages.compare.config_diff import SettingRow, compare_configs
from app.pages.compare.rows import LETTERS
from app.pages.compare.systems import SystemFile
from app.studio import Studio
from app.texts import NOTHING, count_text


class SettingsTab(QWidget):
    """One row a setting, one column a system; differing rows stand out."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._rows: list[SettingRow] = []
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search settings")
        self.search.setAccessibleName("Search settings")
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(240)
        self.only_differences = QCheckBox("Differences only")
        self.only_differences.setChecked(True)
        self.summary = QLabel()
        self.summary.setProperty("role", "muted")
        self.table = QTableWidget()
        self.table.setAccessibleName("Settings")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        # A path on one line: where it begins, and which file it is.
        self.table.setWordWrap(False)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(28)
        self.nothing = QLabel()
        self.nothing.setProperty("role", "muted")
        self.nothing.setWordWrap(True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        QVBoxLayout(self.table.viewport()).addWidget(self.nothing)
        top = QHBoxLayout()
        top.setContentsMargins(12, 8, 12, 8)
        top.setSpacing(12)
        top.addWidget(self.search)
        top.addWidget(self.only_differences)
        top.addWidget(self.summary)
        top.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.table, 1)
        self.search.textChanged.connect(self._show)
        self.only_differences.toggled.connect(self._show)
        studio.theme.changed.connect(self._show)
        self._titles: list[str] = []
        self._without: list[str] = []

    def set_systems(self, files: Sequence[SystemFile]) -> None:
        """Compare the configurations of those that are checkpoints."""
        known = [
            (letter, file.label, file.config) for letter, file in zip(LETTERS, files, strict=False)
        ]
        self._titles = [f"{letter}  {label}" for letter, label, config in known if config]
        self._rows = compare_configs([config for *_, config in known if config is not None])
        self._without = [letter for letter, _, config in known if config is None]
        self._show()

    def _show(self) -> None:
        words = self.search.text().casefold().split()
        only = self.only_differences.isChecked()
        rows = [
            row
            for row in self._rows
            if (row.differs or not only)
            and all(word in f"{row.section} {row.title} {row.path}".casefold() for word in words)
        ]
        differing = sum(row.differs for row in self._rows)
        self.summary.setText(
            f"{count_text(differing, 'setting')} of {len(self._rows)} differ"
            if differing != 1
            else f"1 setting of {len(self._rows)} differs"
        )
        if self._without:
            letters = ", ".join(self._without)
            self.summary.setText(f"{self.summary.text()}; no settings are known of {letters}")
        self.nothing.setText(self._why_nothing(differing))
        self.nothing.setVisible(not rows)
        colours = self._studio.theme.colours
        self.table.clear()
        self.table.setColumnCount(2 + len(self._titles))
        self.table.setRowCount(len(rows))
        self.table.setHorizontalHeaderLabels(["Part", "Setting", *self._titles])
        strong = QFont()
        strong.setWeight(QFont.Weight.DemiBold)
        for number, row in enumerate(rows):
            cells = [row.section, row.title, *(value or NOTHING for value in row.values)]
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(f"{row.help}\n{row.path}".strip() if column < 2 else text)
                if column == 0:
                    item.setForeground(QColor(colours.muted))
                elif column >= 2 and row.differs:
                    item.setFont(strong)
                elif column >= 2:
                    item.setForeground(QColor(colours.muted))
                self.table.setItem(number, column, item)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)

    def _why_nothing(self, differing: int) -> str:
        """Say why no row is shown."""
        if not self._rows:
            return (
                "None of these systems is a checkpoint: captions from elsewhere bring no settings."
            )
        words = self.search.text().strip()
        if words and (differing or not self.only_differences.isChecked()):
            which = "that differs " if self.only_differences.isChecked() else ""
            return f'No setting {which}matches "{words}".'
        if len(self._titles) < 2:
            return "One system alone differs from nothing; untick Differences only to see it."
        return "These systems were trained with the same settings."
