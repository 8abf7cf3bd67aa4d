"""A form made from the configuration's own descriptions: one row a field.

A row shows the field's title, its editor, a mark and a reset button where it differs from the
preset, and a sentence below it while its value is impossible.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Sequence
from typing import Any, Literal

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.theme import Theme
from app.widgets.inputs import NumberEdit, NumbersEdit, QuietComboBox
from core.config import allowed_range, field_info

# Room for the longest title, "Weight of consensus".
LABEL_WIDTH = 138
# How far the rows of a nested section stand in, and the size of its arrow.
INDENT, _ARROW = 16, 16


class FieldRow(QWidget):
    """One field of the configuration, named by its dotted path such as "training.epochs".

    `choices` are (value, text) pairs and make the field a combo box.
    """

    changed = Signal(str)

    def __init__(
        self,
        theme: Theme,
        path: str,
        choices: Sequence[tuple[Any, str]] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        info = field_info(path)
        self.path = path
        self.title = str(info.title or path)
        self._kind = _kind_of(info.annotation)
        self._preset: Any = None
        self._has_preset = False
        options = list(choices) if choices is not None else _options_of(info.annotation)
        self.editor = self._make_editor(options)
        self.editor.setAccessibleName(self.title)
        self.label = QLabel(self.title)
        self.label.setFixedWidth(LABEL_WIDTH)
        self.label.setBuddy(self.editor)
        # A check box carries its own title and needs no second one.
        self.label.setVisible(self._kind is not bool)
        self.reset = QToolButton()
        self.reset.setIconSize(QSize(14, 14))
        self.reset.setAutoRaise(True)
        self.reset.setAccessibleName(f"Reset {self.title}")
        theme.set_icon(self.reset, "restore", "accent")
        self.reset.setFixedSize(20, 20)
        self.reset.clicked.connect(self._reset)
        keep = self.reset.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(keep)
        self.reset.hide()
        self.problem = QLabel()
        self.problem.setProperty("role", "problem")
        self.problem.setWordWrap(True)
        self.problem.setContentsMargins(LABEL_WIDTH + 4, 0, 24, 0)
        self.problem.hide()
        self._explain(info.description or "")

        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        line.addWidget(self.label)
        line.addWidget(self.editor, 1)
        line.addWidget(self.reset)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(line)
        column.addWidget(self.problem)

    def value(self) -> Any:
        """Return the value as the configuration takes it; text that is no number stays text."""
        if isinstance(self.editor, QCheckBox):
            return self.editor.isChecked()
        if isinstance(self.editor, QuietComboBox):
            return self.editor.currentData()
        if isinstance(self.editor, NumberEdit):
            number = self.editor.number()
            return self.editor.text() if number is None else number
        if isinstance(self.editor, NumbersEdit):
            numbers = self.editor.numbers()
            return self.editor.text() if numbers is None else numbers
        assert isinstance(self.editor, QLineEdit)
        return self.editor.text().strip()

    def set_value(self, value: Any) -> None:
        """Show a value without telling anyone."""
        blocked = self.editor.blockSignals(True)
        if isinstance(self.editor, QCheckBox):
            self.editor.setChecked(bool(value))
        elif isinstance(self.editor, QuietComboBox):
            self.editor.set_data(value)
        elif isinstance(self.editor, NumberEdit):
            self.editor.set_number(value)
        elif isinstance(self.editor, NumbersEdit):
            self.editor.set_numbers(value)
        elif isinstance(self.editor, QLineEdit):
            self.editor.setText(str(value))
            # A long text is shown from its beginning.
            self.editor.setCursorPosition(0)
        self.editor.blockSignals(blocked)
        self._mark()

    def set_preset_value(self, value: Any) -> None:
        """Tell what the preset says; a different value is marked and can be reset."""
        self._preset, self._has_preset = value, True
        self.reset.setToolTip(f"Back to the preset's {_text(value)}")
        self._mark()

    def set_choices(self, choices: Sequence[tuple[Any, str]]) -> None:
        """Offer other choices, keeping the chosen one."""
        if isinstance(self.editor, QuietComboBox):
            chosen = self.editor.currentData()
            blocked = self.editor.blockSignals(True)
            self.editor.clear()
            for value, text in choices:
                self.editor.addItem(text, value)
            if chosen is not None:
                self.editor.set_data(chosen)
            self.editor.blockSignals(blocked)

    def set_problem(self, sentence: str) -> None:
        """Show what is wrong with the value, "" for nothing."""
        if sentence != self.problem.text():
            self.problem.setText(sentence)
            self.problem.setVisible(bool(sentence))
            self.editor.setProperty("wrong", "true" if sentence else "false")
            self.editor.style().unpolish(self.editor)
            self.editor.style().polish(self.editor)

    def own_problem(self) -> str:
        """Say why the text is no number, "" when it is one or need not be."""
        if isinstance(self.editor, NumbersEdit) and self.editor.numbers() is None:
            return f"{self.title} must be whole numbers separated by commas, such as 1, 2, 3."
        if not isinstance(self.editor, NumberEdit) or self.editor.number() is not None:
            return ""
        kind = "a whole number" if self.editor.whole else "a number, such as 0.0005"
        return f"{self.title} must be {kind}."

    def _make_editor(self, options: list[tuple[Any, str]]) -> QWidget:
        if self._kind is bool:
            check = QCheckBox(self.title)
            check.toggled.connect(self._edited)
            return check
        if options:
            combo = QuietComboBox()
            for value, text in options:
                combo.addItem(text, value)
            combo.currentIndexChanged.connect(self._edited)
            return combo
        edit: QLineEdit
        if self._kind is tuple:
            edit = NumbersEdit()
        else:
            edit = NumberEdit(self._kind is int) if self._kind in (int, float) else QLineEdit()
        edit.textEdited.connect(self._edited)
        return edit

    def _edited(self, *_: Any) -> None:
        self._mark()
        self.changed.emit(self.path)

    def _reset(self) -> None:
        self.set_value(self._preset)
        self.editor.setFocus()
        self.changed.emit(self.path)

    def _mark(self) -> None:
        different = self._has_preset and self.value() != self._preset
        self.reset.setVisible(different)

    def _explain(self, description: str) -> None:
        allowed = allowed_range(self.path)
        parts = [description] + ([f"Allowed: {allowed}."] if allowed else [])
        # The method stands in the path only to tell its fields from those of others.
        name = re.sub(r"([.]\d+[.])[a-z-]+[.]", r"\1", self.path)
        parts.append(f"In files and commands: {name}")
        tip = "\n".join(parts)
        for widget in (self.label, self.editor):
            widget.setToolTip(tip)
        self.editor.setAccessibleName(self.title)
        self.editor.setAccessibleDescription(description)


class CollapsibleSection(QWidget):
    """A titled group of rows that opens and closes.

    A `nested` one is part of another: a quieter title, and rows that stand in beside a line.
    """

    toggled = Signal(bool)

    def __init__(
        self, title: str, theme: Theme, nested: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.button = QToolButton()
        self.button.setText(title)
        self.button.setCheckable(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setProperty("role", "subsection" if nested else "section")
        self.button.setIconSize(QSize(_ARROW, _ARROW))
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.body = QWidget()
        self.rows = QVBoxLayout(self.body)
        self.rows.setContentsMargins(0, 0, 0, 8)
        self.rows.setSpacing(6)
        if nested:
            self.body.setProperty("role", "nested")
            self.body.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
            self.rows.setContentsMargins(INDENT - _ARROW // 2 - 1, 2, 0, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.button)
        place = QHBoxLayout()
        # The line stands below the middle of the arrow.
        place.setContentsMargins(_ARROW // 2 if nested else 0, 0, 0, 4 if nested else 0)
        place.addWidget(self.body)
        layout.addLayout(place)
        self.button.toggled.connect(self._toggled)
        self._toggled(False)

    def set_open(self, shown: bool) -> None:
        """Open or close the group."""
        self.button.setChecked(shown)

    def add(self, row: QWidget) -> None:
        """Put a row at the end."""
        self.rows.addWidget(row)

    def _toggled(self, shown: bool) -> None:
        self.body.setVisible(shown)
        self._theme.set_icon(self.button, "chevron-down" if shown else "chevron-right", "muted")
        self.toggled.emit(shown)
        if shown and self.isVisible():
            # Once the rows have their places.
            QTimer.singleShot(0, self, self._come_into_view)

    def _come_into_view(self) -> None:
        """Scroll what lies around this group so that the rows are seen."""
        parent = self.parentWidget()
        while parent is not None and not isinstance(parent, QScrollArea):
            parent = parent.parentWidget()
        if parent is not None:
            parent.ensureWidgetVisible(self.body, 0, 8)


def _kind_of(annotation: Any) -> type:
    """Return bool, int, float, tuple or str, whichever the annotation stands for."""
    if typing.get_origin(annotation) is tuple:
        return tuple
    if isinstance(annotation, types.UnionType):
        annotation = typing.get_args(annotation)[0]
    return annotation if annotation in (bool, int, float) else str


def _options_of(annotation: Any) -> list[tuple[Any, str]]:
    if typing.get_origin(annotation) is not Literal:
        return []
    return [(value, _text(value)) for value in typing.get_args(annotation)]


_WORDS = {"cider_d": "CIDEr-D", "gelu": "GELU", "relu": "ReLU", "": "empty"}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value) or "none"
    return _WORDS.get(value, str(value).replace("_", " "))
