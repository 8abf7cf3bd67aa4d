"""One arm of an experiment: its name, its loss, and whatever else differs from the form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.pages.train.contrast_form import ContrastForm
from app.studio import Studio
from app.widgets.form import CollapsibleSection
from app.widgets.segments import Segments
from core.config import RunConfig, field_info
from core.config.parsing import typed_value
from core.experiments.plan import Arm, arm_between

_NAMES = ("schema_version", "preset", "name", "seed", "experiment", "arm", "objectives")


@dataclass
class ArmDraft:
    """An arm while it is being edited: its loss terms, and other settings by dotted path."""

    name: str
    terms: list[dict[str, Any]] = field(default_factory=list)
    others: dict[str, Any] = field(default_factory=dict)

    def arm(self, base: RunConfig) -> Arm:
        """Return what the experiment takes; the loss only where it is not the base's."""
        overrides: dict[str, Any] = dict(self.others)
        if self.terms != base.model_dump(mode="json")["objectives"]:
            overrides["objectives"] = self.terms
        return Arm(self.name.strip(), overrides)


def draft_of(name: str, base: RunConfig, config: RunConfig) -> ArmDraft:
    """Return the draft of an arm that turns `base` into `config`."""
    arm = arm_between(name, base, config)
    others = {
        path: value for path, value in arm.overrides.items() if not path.startswith("objectives")
    }
    return ArmDraft(name, config.model_dump(mode="json")["objectives"], others)


class ArmEditor(QWidget):
    """Edits one `ArmDraft` in place; `changed` tells of every change."""

    changed = Signal()

    def __init__(self, studio: Studio, base: RunConfig, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._base = base
        self._draft: ArmDraft | None = None
        self._filling = False
        self.name = QLineEdit()
        self.name.setMaxLength(60)
        self.name.setAccessibleName("Name of the arm")
        self.name.textEdited.connect(self._name_edited)
        self.objective = Segments(
            [
                ("ce", "CE", "Cross-entropy alone"),
                ("contrast", "CE + contrast", "Cross-entropy plus a contrastive term"),
            ],
            stretch=True,
        )
        self.objective.changed.connect(self._loss_edited)
        self.contrast = ContrastForm(studio.theme)
        self.contrast.changed.connect(self._loss_edited)
        self.rest = CollapsibleSection("More of the contrast", studio.theme)
        self.rest.add(self.contrast.advanced)
        self.table = QTableWidget(0, 2)
        self.table.setAccessibleName("Other settings of this arm")
        self.table.setHorizontalHeaderLabels(["Other setting", "Value"])
        self.table.verticalHeader().hide()
        self.table.setMinimumHeight(96)
        # Nothing differs at first: say what the table is for.
        self.nothing = QLabel("No other setting differs. The plus below adds one.")
        self.nothing.setProperty("role", "muted")
        self.nothing.setWordWrap(True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        over = QVBoxLayout(self.table.viewport())
        over.addWidget(self.nothing)
        self.table.model().rowsInserted.connect(self._rows_changed)
        self.table.model().rowsRemoved.connect(self._rows_changed)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.resizeSection(1, 110)
        self.table.itemChanged.connect(self._others_edited)
        self.add = self._button(studio, "plus", "Let another setting differ (Alt+Plus)", "Alt++")
        self.drop = self._button(studio, "minus", "Take the setting back (Alt+Minus)", "Alt+-")
        self.add.clicked.connect(self.add_setting)
        self.drop.clicked.connect(self._drop_setting)
        label = QLabel("Name")
        label.setBuddy(self.name)
        first = QHBoxLayout()
        first.addWidget(label)
        first.addWidget(self.name, 1)
        last = QHBoxLayout()
        last.addStretch()
        last.addWidget(self.add)
        last.addWidget(self.drop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(first)
        layout.addWidget(self.objective)
        layout.addWidget(self.contrast)
        layout.addWidget(self.rest)
        layout.addWidget(self.table, 1)
        layout.addLayout(last)

    def show_arm(self, draft: ArmDraft | None) -> None:
        """Edit another arm; None for none."""
        self._draft = draft
        self.setEnabled(draft is not None)
        if draft is None:
            return
        self._filling = True
        self.name.setText(draft.name)
        self.objective.set_value("contrast" if draft.terms else "ce")
        self.contrast.set_terms(draft.terms, self._base.model_dump(mode="json")["objectives"])
        self.table.setRowCount(0)
        for path, value in draft.others.items():
            self._add_row(path, value)
        self._filling = False
        self._show_contrast()

    def problems(self) -> list[str]:
        """Return what is wrong with the numbers that are being typed."""
        if self._draft is None or not self._draft.terms:
            return []
        return [text for row in self.contrast.rows().values() if (text := row.own_problem())]

    def add_setting(self) -> None:
        """Begin a new row of the table."""
        self._filling = True
        self._add_row("training.epochs", self._base.training.epochs)
        self._filling = False
        self.table.setCurrentCell(self.table.rowCount() - 1, 0)
        self._others_edited()

    def set_setting(self, row: int, path: str, text: str) -> None:
        """Fill a row of the table, as a user would."""
        combo = self.table.cellWidget(row, 0)
        assert isinstance(combo, QComboBox)
        combo.setCurrentText(path)
        self.table.setItem(row, 1, QTableWidgetItem(text))

    def _add_row(self, path: str, value: Any) -> None:
        row = self.table.rowCount()
        self.table.insertRow(row)
        combo = QComboBox()
        combo.setAccessibleName("Setting")
        for known in setting_paths():
            info = field_info(known)
            combo.addItem(known)
            tip = info.description if info is not None else ""
            combo.setItemData(combo.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        combo.setCurrentText(path)
        combo.currentIndexChanged.connect(self._others_edited)
        self.table.setCellWidget(row, 0, combo)
        text = value if isinstance(value, str) else json.dumps(value)
        self.table.setItem(row, 1, QTableWidgetItem(text))

    def _drop_setting(self) -> None:
        if self.table.currentRow() >= 0:
            self.table.removeRow(self.table.currentRow())
            self._others_edited()

    def _rows_changed(self, *_: Any) -> None:
        self.nothing.setVisible(not self.table.rowCount())

    def _name_edited(self, text: str) -> None:
        if self._draft is not None:
            self._draft.name = text
            self.changed.emit()

    def _loss_edited(self, *_: Any) -> None:
        if self._draft is None or self._filling:
            return
        self._draft.terms = self.contrast.values() if self.objective.value == "contrast" else []
        self._show_contrast()
        self.changed.emit()

    def _others_edited(self, *_: Any) -> None:
        if self._draft is None or self._filling:
            return
        others: dict[str, Any] = {}
        for row in range(self.table.rowCount()):
            combo, item = self.table.cellWidget(row, 0), self.table.item(row, 1)
            if isinstance(combo, QComboBox) and item is not None:
                others[combo.currentText()] = typed_value(combo.currentText(), item.text())
        self._draft.others = others
        self.changed.emit()

    def _show_contrast(self) -> None:
        shown = self.objective.value == "contrast"
        self.contrast.setVisible(shown)
        self.rest.setVisible(shown)

    def _button(self, studio: Studio, icon: str, tip: str, keys: str) -> QToolButton:
        button = QToolButton()
        button.setIconSize(QSize(16, 16))
        button.setToolTip(tip)
        button.setAccessibleName(tip.split(" (")[0])
        button.setShortcut(keys)
        studio.theme.set_icon(button, icon, "text")
        return button


def setting_paths() -> list[str]:
    """Return the dotted paths of all settings that an arm may change beside its loss."""
    paths: list[str] = []

    def walk(values: Mapping[str, Any], prefix: str) -> None:
        for key, value in values.items():
            if isinstance(value, dict):
                walk(value, f"{prefix}{key}.")
            elif prefix or key not in _NAMES:
                paths.append(prefix + key)

    walk(RunConfig().model_dump(mode="json"), "")
    return paths
