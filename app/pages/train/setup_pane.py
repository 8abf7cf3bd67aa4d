"""The set-up pane: preset, settings, a sentence about what will run, Start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.pages.train.contrast_form import METHOD
from app.pages.train.setup_check import (
    DataFacts,
    check_settings,
    choice_problems,
    method_problem,
    row_of,
)
from app.pages.train.setup_foot import SetupFoot
from app.pages.train.setup_form import SetupForm, line
from app.pages.train.summary import describe
from app.studio import Studio
from app.widgets.form import FieldRow
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
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(320)

        self.form = form = SetupForm(studio)
        self.presets, self.objective, self.contrast = form.presets, form.objective, form.contrast
        form.edited.connect(self._edited)
        self.presets.chosen.connect(self.set_config)
        self.presets.config_wanted = lambda: self.config
        self.foot = foot = SetupFoot(studio)
        self.blockers, self.sentence, self.start = foot.blockers, foot.sentence, foot.start
        self.experiment, self.copy_command = foot.experiment, foot.copy_command
        self.presets.failed.connect(self.blockers.show_message)
        self.start.clicked.connect(self.request_start)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(form, 1)
        outer.addWidget(line())
        outer.addWidget(self.foot)
        self.presets.reload()

    # Values

    @property
    def rows(self) -> dict[str, FieldRow]:
        """The rows by path, those of the present contrastive method among them."""
        return self.form.rows

    def set_config(self, config: RunConfig, preset: RunConfig | None = None) -> None:
        """Fill the form; marks and resets compare with `preset`, by default `config` itself."""
        self._base = preset or config
        self.form.fill(config.model_dump(mode="json"), self._base.model_dump(mode="json"))
        self._validate()

    def request_start(self) -> None:
        """Start, or list what stands in the way."""
        self._validate()
        if self.config is None or self.problems:
            sentences = list(dict.fromkeys(self.problems.values()))
            self.blockers.show_message("\n".join(sentences), "danger")
            self.form.show_first(self.problems)
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
        self.form.read_into(values)
        data = values["data"]
        data["root"] = data["root"] or self._roots.get(data["dataset"], "")
        return values

    # Validation

    def _edited(self) -> None:
        self._validate()
        if not self.problems:
            self.blockers.dismiss()

    def _validate(self, tell: bool = True) -> None:
        contrast = self.form.has_contrast
        self.problems = self.form.own_problems()
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
            sum(
                row.reset.isVisibleTo(row)
                for path, row in self.form.chosen_rows().items()
                if path != "name"
            )
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
