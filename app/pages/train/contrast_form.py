"""The settings of the contrastive term: its method, and the fields that the method has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.pages.train.setup_fields import contrast_fields
from app.pages.train.summary import method_title
from app.theme import Theme
from app.widgets.form import LABEL_WIDTH, FieldRow
from app.widgets.inputs import QuietComboBox
from core.config.objectives import OBJECTIVE_CONFIGS

PREFIX = "objectives.0."
METHOD = "objectives.0.name"

Term = Mapping[str, Any]


class ContrastForm(QWidget):
    """Edits the first loss term beside the cross-entropy; further terms are kept as they are.

    `advanced` holds the rarer fields and is placed elsewhere by whoever uses the form.
    """

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows: dict[str, dict[str, FieldRow]] = {}
        self._base: dict[str, Term] = {}
        self._others: list[Term] = []
        self.advanced = QWidget()
        self._rest = QVBoxLayout(self.advanced)
        self.method = QuietComboBox()
        self.method.setAccessibleName("Contrastive method")
        for name in OBJECTIVE_CONFIGS:
            self.method.addItem(method_title(name), name)
        label = QLabel("Method")
        label.setFixedWidth(LABEL_WIDTH)
        label.setBuddy(self.method)
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 24, 0)
        line.setSpacing(4)
        line.addWidget(label)
        line.addWidget(self.method, 1)
        self.problem = QLabel()
        self.problem.setProperty("role", "problem")
        self.problem.setWordWrap(True)
        self.problem.setContentsMargins(LABEL_WIDTH + 4, 0, 24, 0)
        self.problem.hide()
        self.others = QLabel()
        self.others.setProperty("role", "hint")
        self.others.setWordWrap(True)
        self._first = QVBoxLayout(self)
        for layout in (self._first, self._rest):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(6)
        self._first.addLayout(line)
        self._first.addWidget(self.problem)
        self._first.addWidget(self.others)
        self.method.currentIndexChanged.connect(self._method_chosen)
        self.set_terms([], [])

    def rows(self) -> dict[str, FieldRow]:
        """Return the rows of the present method by path, such as "objectives.0.weight"."""
        rows = self._rows[self.method.currentData()]
        return {PREFIX + name: row for name, row in rows.items()}

    def set_terms(self, terms: Sequence[Term], base: Sequence[Term]) -> None:
        """Show the first of these terms; marks compare with the `base` term of its method."""
        self._base = {term["name"]: term for term in base}
        self._others = list(terms[1:])
        name = terms[0]["name"] if terms else self.method.currentData()
        blocked = self.method.blockSignals(True)
        self.method.set_data(name)
        self.method.blockSignals(blocked)
        self._show_method()
        self._fill(terms[0] if terms else self._base_of(name))
        names = ", ".join(method_title(term["name"]) for term in self._others)
        self.others.setText(f"Beside it, as in the preset: {names}.")
        self.others.setVisible(bool(names))

    def set_problem(self, sentence: str) -> None:
        """Show what is wrong with the method, "" for nothing."""
        if sentence != self.problem.text():
            self.problem.setText(sentence)
            self.problem.setVisible(bool(sentence))
            self.method.setProperty("wrong", "true" if sentence else "false")
            self.method.style().unpolish(self.method)
            self.method.style().polish(self.method)

    def values(self) -> list[dict[str, Any]]:
        """Return the terms as the configuration takes them, wrong values included."""
        name = self.method.currentData()
        fields = {field: row.value() for field, row in self._rows[name].items()}
        return [{"name": name, **fields}, *(dict(term) for term in self._others)]

    def _base_of(self, name: str) -> Term:
        return self._base.get(name) or OBJECTIVE_CONFIGS[name]().model_dump(mode="json")

    def _fill(self, term: Term) -> None:
        base = self._base_of(term["name"])
        for name, row in self._rows[term["name"]].items():
            row.set_value(term[name])
            row.set_preset_value(base[name])

    def _method_chosen(self, _index: int) -> None:
        self._show_method()
        self._fill(self._base_of(self.method.currentData()))
        self.changed.emit()

    def _show_method(self) -> None:
        chosen = self.method.currentData()
        self.method.setToolTip((OBJECTIVE_CONFIGS[chosen].__doc__ or "").strip())
        if chosen not in self._rows:
            self._make_rows(chosen)
        for name, rows in self._rows.items():
            for row in rows.values():
                row.setVisible(name == chosen)

    def _make_rows(self, method: str) -> None:
        self._rows[method] = {}
        for names, layout in zip(contrast_fields(method), (self._first, self._rest), strict=True):
            for name in names:
                row = FieldRow(self._theme, f"{PREFIX}{method}.{name}")
                row.changed.connect(lambda _path: self.changed.emit())
                layout.addWidget(row)
                self._rows[method][name] = row
