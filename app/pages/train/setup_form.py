"""The form of the set-up pane: preset, settings, and the others under Advanced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.pages.train import setup_fields as fields
from app.pages.train.contrast_form import PREFIX, ContrastForm
from app.pages.train.preset_bar import PresetBar
from app.pages.train.setup_check import get_value, set_value
from app.studio import Studio
from app.widgets.form import CollapsibleSection, FieldRow
from app.widgets.segments import Segments


class SetupForm(QScrollArea):
    """The settings in one column. Signal: `edited()`."""

    edited = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._plain_rows: dict[str, FieldRow] = {}
        self.presets = PresetBar(studio)
        self.objective = Segments(
            [
                ("ce", "CE", "Cross-entropy alone"),
                ("contrast", "CE + contrast", "Cross-entropy plus a contrastive term"),
            ],
            stretch=True,
        )
        self.objective.setContentsMargins(0, 0, 24, 0)
        self.objective.changed.connect(self._edited)
        self.contrast = ContrastForm(studio.theme)
        self.contrast.changed.connect(self._edited)
        self._advanced = CollapsibleSection("Advanced", studio.theme)
        self._make_advanced_rows()
        content = QWidget()
        content.setProperty("role", "panel")
        content.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(content)
        column.setContentsMargins(16, 16, 6, 16)
        column.setSpacing(8)
        column.addWidget(self.presets)
        column.addWidget(self._column(fields.RUN))
        column.addWidget(line())
        column.addWidget(self.objective)
        column.addWidget(self.contrast)
        column.addWidget(line())
        column.addWidget(self._column(fields.TRAINING))
        column.addWidget(line())
        column.addWidget(self._advanced)
        column.addStretch()
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The bar takes the place of the margin, so that nothing moves when it appears.
        self.verticalScrollBar().rangeChanged.connect(
            lambda _low, high: column.setContentsMargins(16, 16, 6 if high else 16, 16)
        )
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidget(content)
        self.rows["name"].editor.setProperty("placeholderText", "optional")

    @property
    def rows(self) -> dict[str, FieldRow]:
        """The rows by path, those of the present contrastive method among them."""
        return {**self._plain_rows, **self.contrast.rows()}

    @property
    def has_contrast(self) -> bool:
        """Whether a contrastive term is chosen."""
        return self.objective.value == "contrast"

    def fill(self, shown: Mapping[str, Any], base: Mapping[str, Any]) -> None:
        """Show a configuration, as JSON; marks and resets compare with that of `base`."""
        self.objective.set_value("contrast" if shown["objectives"] else "ce")
        self.contrast.set_terms(shown["objectives"], base["objectives"])
        for path, row in self._plain_rows.items():
            row.set_value(get_value(shown, path))
            row.set_preset_value(get_value(base, path))
        self._show_contrast()

    def read_into(self, values: dict[str, Any]) -> None:
        """Put what is shown into a configuration as JSON, wrong values included."""
        values["preset"] = self.presets.current_name()
        values["objectives"] = self.contrast.values() if self.has_contrast else []
        for path, row in self._plain_rows.items():
            set_value(values, path, row.value())

    def own_problems(self) -> dict[str, str]:
        """Return what the fields themselves find wrong, by path."""
        problems = {path: row.own_problem() for path, row in self.chosen_rows().items()}
        return {path: text for path, text in problems.items() if text}

    def chosen_rows(self) -> dict[str, FieldRow]:
        """Return the rows that have a say: without those of contrast where there is none."""
        return {
            path: row
            for path, row in self.rows.items()
            if self.has_contrast or not path.startswith(PREFIX)
        }

    def show_first(self, paths: Mapping[str, object]) -> None:
        """Give the keyboard to the first row with one of these paths, else to the method."""
        path = next((path for path in self.rows if path in paths), None)
        if path is None:
            self.contrast.method.setFocus()
            return
        row = self.rows[path]
        parent = row.parentWidget()
        while parent is not None and parent is not self:
            if isinstance(parent, CollapsibleSection):
                parent.set_open(True)
            parent = parent.parentWidget()
        row.editor.setFocus()
        self.ensureWidgetVisible(row)

    def _edited(self, *_: Any) -> None:
        self._show_contrast()
        self.edited.emit()

    def _show_contrast(self) -> None:
        """Show the settings of contrast only where it is chosen."""
        self.contrast.setVisible(self.has_contrast)
        self._contrast_advanced.setVisible(self.has_contrast)

    def _column(self, paths: Sequence[str]) -> QWidget:
        box = QWidget()
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for path in paths:
            layout.addWidget(self._row(path))
        return box

    def _row(self, path: str) -> FieldRow:
        choices = {
            "data.dataset": [("starter-scenes", "starter-scenes")],
            "data.encoder": [("yamnet", "yamnet")],
            "device": [("auto", "auto"), ("cpu", "CPU")],
        }.get(path)
        row = FieldRow(self._studio.theme, path, choices)
        row.changed.connect(self._edited)
        self._plain_rows[path] = row
        return row

    def _make_advanced_rows(self) -> None:
        self._contrast_advanced = CollapsibleSection("Contrast", self._studio.theme, nested=True)
        self._contrast_advanced.add(self.contrast.advanced)
        self._advanced.add(self._contrast_advanced)
        self._advanced.rows.setSpacing(0)
        for heading, paths in fields.advanced_sections():
            section = CollapsibleSection(heading, self._studio.theme, nested=True)
            for path in paths:
                section.add(self._row(path))
            self._advanced.add(section)


def line() -> QFrame:
    """Return a thin horizontal line."""
    made = QFrame()
    made.setProperty("role", "line")
    return made
