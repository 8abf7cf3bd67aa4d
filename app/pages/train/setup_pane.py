"""The set-up pane: preset, settings, a sentence about what will run, Start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.pages.train import setup_fields as fields
from app.pages.train.contrast_form import METHOD, PREFIX, ContrastForm
from app.pages.train.preset_bar import PresetBar
from app.pages.train.setup_check import (
    DataFacts,
    check_settings,
    choice_problems,
    get_value,
    method_problem,
    row_of,
    set_value,
)
from app.pages.train.setup_foot import SetupFoot
from app.pages.train.summary import describe
from app.studio import Studio
from app.widgets.form import CollapsibleSection, FieldRow
from app.widgets.segments import Segments
from core.config import RunConfig


class SetupPane(QWidget):
    """Everything that decides a run. `start_requested` carries a valid configuration."""

    start_requested = Signal(object)
    changed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._base = RunConfig()
        self._known: dict[str, dict[str, str]] = {}
        self._roots: dict[str, str] = {}
        self._facts: tuple[tuple[str, str], DataFacts] = (("", ""), DataFacts())
        self._obstacles: tuple[RunConfig | None, dict[str, str]] = (None, {})
        self._forecast = ""
        self.config: RunConfig | None = None
        self.problems: dict[str, str] = {}
        self._plain_rows: dict[str, FieldRow] = {}
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(320)

        self.presets = PresetBar(studio)
        self.presets.chosen.connect(self.set_config)
        self.presets.config_wanted = lambda: self.config
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
        self.advanced = CollapsibleSection("Advanced", studio.theme)
        self._make_advanced_rows()

        form = QWidget()
        form.setProperty("role", "panel")
        form.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(form)
        column.setContentsMargins(16, 16, 6, 16)
        column.setSpacing(8)
        column.addWidget(self.presets)
        column.addWidget(self._column(fields.RUN))
        column.addWidget(_line())
        column.addWidget(self.objective)
        column.addWidget(self.contrast)
        column.addWidget(_line())
        column.addWidget(self._column(fields.TRAINING))
        column.addWidget(_line())
        column.addWidget(self.advanced)
        column.addStretch()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The bar takes the place of the margin, so that nothing moves when it appears.
        bar = scroll.verticalScrollBar()
        bar.rangeChanged.connect(
            lambda _low, high: column.setContentsMargins(16, 16, 6 if high else 16, 16)
        )
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(form)
        self.area = scroll

        self.foot = foot = SetupFoot(studio)
        self.blockers, self.sentence, self.start = foot.blockers, foot.sentence, foot.start
        self.experiment, self.copy_command = foot.experiment, foot.copy_command
        self.presets.failed.connect(self.blockers.show_message)
        self.start.clicked.connect(self.request_start)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(scroll, 1)
        outer.addWidget(_line())
        outer.addWidget(self.foot)
        self.rows["name"].editor.setProperty("placeholderText", "optional")
        self.presets.reload()

    # Values

    @property
    def rows(self) -> dict[str, FieldRow]:
        """The rows by path, those of the present contrastive method among them."""
        return {**self._plain_rows, **self.contrast.rows()}

    def set_config(self, config: RunConfig, preset: RunConfig | None = None) -> None:
        """Fill the form; marks and resets compare with `preset`, by default `config` itself."""
        self._base = preset or config
        shown, base = config.model_dump(mode="json"), self._base.model_dump(mode="json")
        self.objective.set_value("contrast" if config.objectives else "ce")
        self.contrast.set_terms(shown["objectives"], base["objectives"])
        for path, row in self._plain_rows.items():
            row.set_value(get_value(shown, path))
            row.set_preset_value(get_value(base, path))
        self._validate()

    def request_start(self) -> None:
        """Start, or list what stands in the way."""
        self._validate()
        if self.config is None or self.problems:
            sentences = list(dict.fromkeys(self.problems.values()))
            self.blockers.show_message("\n".join(sentences), "danger")
            self._show_first_problem()
            return
        self.blockers.dismiss()
        self.start_requested.emit(self.config)

    def set_choices(self, path: str, choices: Sequence[tuple[str, str, str]]) -> None:
        """Offer (value, text, problem) for a field; a `problem` is told when it is chosen."""
        self._known[path] = {value: problem for value, _, problem in choices}
        self.rows[path].set_choices([(value, text) for value, text, _ in choices])
        self._validate()

    def set_dataset_roots(self, roots: Mapping[str, Path | None]) -> None:
        """Use these folders for datasets where the form names none."""
        self._roots = {name: str(root) if root else "" for name, root in roots.items()}
        self._validate()

    def data_place(self) -> tuple[str, str]:
        """Return the chosen dataset and the folder it is looked for in."""
        name = str(self.rows["data.dataset"].value())
        return name, str(self.rows["data.root"].value()) or self._roots.get(name, "")

    def set_facts(self, place: tuple[str, str], facts: DataFacts) -> None:
        """Take into account what is known of the dataset at a place."""
        if (place, facts) != self._facts:
            self._facts = (place, facts)
            self._validate(tell=False)

    def set_obstacles(self, config: RunConfig, problems: dict[str, str]) -> None:
        """Show what would keep a run with these settings from starting, by setting."""
        if (config, problems) != self._obstacles:
            self._obstacles = (config, problems)
            self._validate(tell=False)

    def set_forecast(self, text: str) -> None:
        """Say how long the run will take, "about 12 min"; "" where that is not known."""
        if text != self._forecast:
            self._forecast = text
            self._say()

    def set_queueing(self, running: bool) -> None:
        """Say on the button whether the run starts now or waits for the one that runs."""
        self.foot.set_queueing(running)

    def values(self) -> dict[str, Any]:
        """Return the form's values as a nested dictionary, wrong ones included."""
        values = self._base.model_dump(mode="json")
        values["preset"] = self.presets.current_name()
        contrast = self.objective.value == "contrast"
        values["objectives"] = self.contrast.values() if contrast else []
        for path, row in self._plain_rows.items():
            set_value(values, path, row.value())
        data = values["data"]
        data["root"] = data["root"] or self._roots.get(data["dataset"], "")
        return values

    # Making

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
        self._contrast_advanced = CollapsibleSection("Contrast", self._studio.theme)
        self._contrast_advanced.add(self.contrast.advanced)
        self.advanced.add(self._contrast_advanced)
        for heading, paths in fields.advanced_sections():
            section = CollapsibleSection(heading, self._studio.theme)
            for path in paths:
                section.add(self._row(path))
            self.advanced.add(section)

    # Validation

    def _edited(self, *_: Any) -> None:
        self._validate()
        if not self.problems:
            self.blockers.dismiss()

    def _validate(self, tell: bool = True) -> None:
        problems = {path: row.own_problem() for path, row in self.rows.items()}
        contrast = self.objective.value == "contrast"
        self.contrast.setVisible(contrast)
        self._contrast_advanced.setVisible(contrast)
        self.problems = {
            path: text
            for path, text in problems.items()
            if text and (contrast or not path.startswith(PREFIX))
        }
        self.config = check_settings(self.values(), self._base, self.rows, self.problems)
        for path, text in choice_problems(self.rows, self._known).items():
            self.problems.setdefault(path, text)
        misfit = self._misfit() if contrast else ""
        if misfit:
            self.problems.setdefault(METHOD, misfit)
        self.contrast.set_problem(misfit)
        config, obstacles = self._obstacles
        if self.config is not None and self.config == config:
            for path, text in obstacles.items():
                self.problems.setdefault(row_of(path, self.rows), text)
        root = self._roots.get(str(self.rows["data.dataset"].value()), "")
        self.rows["data.root"].editor.setProperty("placeholderText", root)
        for path, row in self.rows.items():
            row.set_problem(self.problems.get(path, ""))
        self._say()
        self.presets.set_different(
            sum(row.reset.isVisibleTo(row) for row in self._counted_rows(contrast))
            + (contrast != bool(self._base.objectives))
        )
        if tell:
            self.changed.emit()

    def _say(self) -> None:
        """Sum up what would run, or that it cannot."""
        if self.config is not None and not self.problems:
            length = f" It takes {self._forecast}." if self._forecast else ""
            self.sentence.setText(describe(self.config) + length)
            return
        count = len(self.problems)
        word = "One setting is" if count == 1 else f"{count} settings are"
        self.sentence.setText(f"{word} not possible yet.")

    def _misfit(self) -> str:
        place, facts = self._facts
        if place != self.data_place():
            return ""
        return method_problem(self.contrast.method.currentData(), place[0], facts)

    def _counted_rows(self, contrast: bool) -> list[FieldRow]:
        return [
            row
            for path, row in self.rows.items()
            if path != "name" and (contrast or not path.startswith(PREFIX))
        ]

    def _show_first_problem(self) -> None:
        path = next((path for path in self.rows if path in self.problems), None)
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
        self.area.ensureWidgetVisible(row)


def _line() -> QFrame:
    line = QFrame()
    line.setProperty("role", "line")
    return line
