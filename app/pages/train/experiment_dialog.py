"""A comparison instead of one run: arms x seeds, same data order and weights per seed."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QMenu,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.pages.train.arm_editor import ArmDraft, ArmEditor, draft_of
from app.pages.train.colours import objective_text
from app.pages.train.summary import method_title
from app.screen import fitting
from app.studio import Studio
from app.texts import count_text
from app.widgets.inputs import NumbersEdit
from core.config import RunConfig
from core.config.objectives import OBJECTIVE_CONFIGS, CaptionNTXentConfig
from core.errors import ConfigError, StudioError
from core.experiments.plan import (
    Experiment,
    check_experiment,
    create_experiment,
    planned_runs,
)
from core.presets import list_presets


class ExperimentDialog(QDialog):
    """Edits an experiment that begins with the form's settings; `start_requested` carries it."""

    start_requested = Signal(object)

    def __init__(self, studio: Studio, base: RunConfig, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._base = base.model_copy(
            update={"objectives": (), "name": "", "experiment": "", "arm": ""}
        )
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("New experiment")
        self.resize(fitting(self, QSize(780, 600)))
        self.drafts: list[ArmDraft] = []
        self.title = QLineEdit()
        self.title.setMaxLength(80)
        self.title.setAccessibleName("Title")
        self.seeds = NumbersEdit()
        self.seeds.setAccessibleName("Seeds")
        self.seeds.setToolTip(
            "Each arm is trained once per seed; runs of one seed begin with the same weights\n"
            "and see the same clips in the same order. Numbers or ranges: 1, 2, 5-8"
        )
        self.seeds.set_numbers((1, 2, 3))
        self.share = QCheckBox("Train first epochs that arms have in common once")
        self.share.setChecked(True)
        self.share.setToolTip(
            "Arms that do the same until some epoch branch there from one run's full state"
        )
        self.list = QListWidget()
        self.list.setAccessibleName("Arms")
        self.list.setFixedWidth(210)
        self.add = self._button("plus", "Add an arm (Ctrl+N)", "Ctrl+N")
        self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.add.setMenu(self._arm_menu())
        self.drop = self._button("minus", "Take the arm out (Ctrl+Backspace)", "Ctrl+Backspace")
        self.editor = ArmEditor(studio, self._base)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(self.editor)
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.problem = QLabel()
        self.problem.setProperty("role", "problem")
        self.problem.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.start = self.buttons.addButton(
            "Add to the queue", QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.start.setProperty("role", "primary")

        head = QHBoxLayout()
        for text, field, stretch in (("Title", self.title, 3), ("Seeds", self.seeds, 1)):
            label = QLabel(text)
            label.setBuddy(field)
            head.addWidget(label)
            head.addWidget(field, stretch)
        under = QHBoxLayout()
        under.addWidget(self.add)
        under.addWidget(self.drop)
        under.addStretch()
        left = QVBoxLayout()
        arms = QLabel("Arms")
        arms.setProperty("role", "section")
        arms.setBuddy(self.list)
        left.addWidget(arms)
        left.addWidget(self.list, 1)
        left.addLayout(under)
        body = QHBoxLayout()
        body.setSpacing(16)
        body.addLayout(left)
        body.addWidget(area, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(head)
        layout.addLayout(body, 1)
        layout.addWidget(self.share)
        layout.addWidget(self.sentence)
        layout.addWidget(self.problem)
        layout.addWidget(self.buttons)

        self.title.textEdited.connect(self._check)
        self.seeds.textEdited.connect(self._check)
        self.share.toggled.connect(self._check)
        self.list.currentRowChanged.connect(self._arm_chosen)
        self.editor.changed.connect(self._arm_edited)
        self.drop.clicked.connect(self._drop_arm)
        self.buttons.rejected.connect(self.reject)
        self.start.clicked.connect(self.request_start)
        self._begin_with(base)

    def experiment(self) -> Experiment:
        """Return what would be run. Raises `ConfigError` where that is impossible."""
        seeds = self.seeds.numbers()
        if seeds is None:
            raise ConfigError("Seeds must be whole numbers separated by commas, such as 1, 2, 3.")
        if not self.title.text().strip():
            raise ConfigError("The experiment needs a title.")
        for problem in self.editor.problems():
            raise ConfigError(problem)
        arms = tuple(draft.arm(self._base) for draft in self.drafts)
        share = self.share.isChecked()
        experiment = Experiment("new", self.title.text(), self._base, arms, tuple(seeds), share)
        check_experiment(experiment)
        return experiment

    def add_arm(self, draft: ArmDraft) -> None:
        """Add an arm and edit it."""
        names = {item.name for item in self.drafts}
        name, number = draft.name, 1
        while draft.name in names:
            number += 1
            draft.name = f"{name} {number}"
        self.drafts.append(draft)
        self.list.addItem(draft.name)
        self.list.setCurrentRow(len(self.drafts) - 1)
        self._check()

    def request_start(self) -> None:
        """Keep the experiment and ask for its runs to be queued, or say what is wrong."""
        try:
            plan = self.experiment()
            experiment = create_experiment(
                plan.title, plan.base, plan.arms, plan.seeds, share_epochs=plan.share_epochs
            )
        except (StudioError, OSError) as error:
            self._show_problem(str(error))
            return
        self.start_requested.emit(experiment)
        self.accept()

    def _begin_with(self, base: RunConfig) -> None:
        """Compare CE with the form's contrast, or with the usual one."""
        contrast = base.objectives or (CaptionNTXentConfig(),)
        with_contrast = base.model_copy(update={"objectives": contrast})
        self.title.setText(f"CE against {objective_text(with_contrast)}")
        self.title.setCursorPosition(0)
        self.add_arm(ArmDraft("CE"))
        self.add_arm(draft_of(objective_text(with_contrast), self._base, with_contrast))

    def _arm_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction("CE", lambda: self.add_arm(ArmDraft("CE")))
        for name, kind in OBJECTIVE_CONFIGS.items():
            term = kind().model_dump(mode="json")
            text = f"CE + {method_title(name)}"
            menu.addAction(text, partial(self._add_terms, text, term))
        menu.addAction("Copy of the chosen arm", self._copy_arm)
        presets = menu.addMenu("From a preset")
        for preset in list_presets():
            presets.addAction(preset.title, partial(self._add_preset, preset.title, preset.config))
        return menu

    def _add_terms(self, name: str, term: dict[str, Any]) -> None:
        self.add_arm(ArmDraft(name, [dict(term)]))

    def _add_preset(self, title: str, config: RunConfig) -> None:
        self.add_arm(draft_of(title, self._base, config))

    def _copy_arm(self) -> None:
        row = self.list.currentRow()
        if row >= 0:
            draft = self.drafts[row]
            terms = [dict(term) for term in draft.terms]
            self.add_arm(ArmDraft(draft.name, terms, dict(draft.others)))

    def _drop_arm(self) -> None:
        row = self.list.currentRow()
        if row >= 0:
            del self.drafts[row]
            self.list.takeItem(row)
            self._arm_chosen(self.list.currentRow())
            self._check()

    def _arm_chosen(self, row: int) -> None:
        self.editor.show_arm(self.drafts[row] if 0 <= row < len(self.drafts) else None)

    def _arm_edited(self) -> None:
        row = self.list.currentRow()
        item = self.list.item(row)
        if item is not None:
            item.setText(self.drafts[row].name or "without a name")
        self._check()

    def _check(self, *_: Any) -> None:
        """Say what would be run, or why nothing can be."""
        self.drop.setEnabled(bool(self.drafts))
        try:
            experiment = self.experiment()
        except ConfigError as error:
            self._show_problem(str(error))
            return
        self.problem.hide()
        self.start.setEnabled(True)
        self.start.setToolTip("Queue these runs and begin with the first")
        self.sentence.setText(describe_experiment(experiment))

    def _show_problem(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.show()
        self.sentence.setText("")
        self.start.setEnabled(False)
        self.start.setToolTip(sentence)

    def _button(self, icon: str, tip: str, keys: str) -> QToolButton:
        button = QToolButton()
        button.setIconSize(QSize(16, 16))
        button.setToolTip(tip)
        button.setAccessibleName(tip.split(" (")[0])
        button.setShortcut(keys)
        self._studio.theme.set_icon(button, icon, "text")
        return button


def describe_experiment(experiment: Experiment) -> str:
    """Say how many runs there are and what they share."""
    arms, seeds = len(experiment.arms), len(experiment.seeds)
    runs = arms * seeds
    parts = [
        f"{count_text(arms, 'arm')} × {count_text(seeds, 'seed')}: "
        f"{count_text(runs, 'run')}, one after the other."
    ]
    one_seed = planned_runs(
        Experiment(
            experiment.name,
            experiment.title,
            experiment.base,
            experiment.arms,
            experiment.seeds[:1],
            experiment.share_epochs,
        )
    )
    arm_of = {run.key: run.arm for run in one_seed}
    parts += [
        f"{run.arm} branches from {arm_of[run.after]} after epoch {run.branch_epoch}, "
        "which is trained once."
        for run in one_seed
        if run.after
    ]
    return " ".join(parts)
