"""Experiments: arms x seeds, what they came to, and the report."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.jobs import Job
from app.pages.compare.arm_differences import ArmDifferences
from app.pages.compare.experiment_tables import (
    arm_metrics,
    arm_rows,
    missing_scores,
    newest_runs,
    results_html,
    status_sentence,
)
from app.pages.compare.figure_table import FigureTable, colour_dot, in_line
from app.palette import run_colour
from app.studio import Studio
from app.widgets.elided_combo import ElidedComboBox
from app.widgets.elided_label import ElidedLabel
from app.widgets.empty_state import EmptyState
from core.evaluation.registry import METRICS
from core.events import Event, Noted, Warned
from core.experiments import Analysis, analyse, list_experiments, load_experiment

LANE = "caption"
CHOSEN = "compare/experiment"
PURPOSE = (
    "An experiment trains several arms, such as CE and CE + contrast, with several seeds each, so "
    "that a difference can be told from luck. Begin one on the Train page."
)


class ExperimentsTab(QWidget):
    """Signals: `failed(sentence, details)`; `compare_wanted(checkpoints, dataset, split)`."""

    failed = Signal(str, str)
    compare_wanted = Signal(list, str, str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._job: Job | None = None
        self._asked = 0
        self.analysis: Analysis | None = None
        self.empty = EmptyState(
            studio.theme,
            "flask-outline",
            "Looking for experiments",
            "Their folders are being read.",
        )
        self.empty.clicked.connect(lambda: studio.show_page.emit("train"))
        self.choice = ElidedComboBox()
        self.choice.setAccessibleName("Experiment")
        self.choice.setMinimumContentsLength(28)
        self.choice.activated.connect(lambda _index: self._chosen())
        self.status = ElidedLabel()
        self.status.setProperty("role", "muted")
        self.compute = QPushButton("Compute missing scores")
        self.compute.clicked.connect(self._compute)
        self.compare = QPushButton("Compare captions")
        self.compare.setToolTip("Open the checkpoints of the first seed on the other tabs")
        self.compare.clicked.connect(self._compare)
        self.report = QPushButton("HTML report")
        self.report.setToolTip("Write the one-page report and open it in the browser")
        studio.theme.set_icon(self.report, "file-document-outline")
        self.report.clicked.connect(self._report)
        self.sentence = QLabel()
        self.sentence.setProperty("role", "title")
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.RichText)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.every = QCheckBox("All metrics")
        self.every.setToolTip("Every metric that all runs have, not the challenge's alone")
        self.every.toggled.connect(lambda _on: self._show())
        self.arms = FigureTable("Arms")
        self.differences = ArmDifferences(studio.theme)
        self.problems = QLabel()
        self.problems.setProperty("role", "muted")
        self.problems.setWordWrap(True)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self._make_body())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        studio.theme.changed.connect(self._show)

    def showEvent(self, event: QShowEvent) -> None:
        """Look for experiments when seen."""
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Look again, while the tab is on screen."""
        if self.isVisible():
            self._studio.jobs.run_quick(_names, self._listed, self.failed.emit, self)

    # ---- inside ----------------------------------------------------------------------------

    def _make_body(self) -> QWidget:
        content = QWidget()
        content.setProperty("role", "panel")
        head = QHBoxLayout()
        head.setContentsMargins(12, 0, 12, 4)
        head.setSpacing(8)
        head.addWidget(self.choice)
        head.addWidget(self.status, 1)
        for button in (self.compute, self.compare, self.report):
            button.setEnabled(False)
            head.addWidget(button)
        words = QHBoxLayout()
        words.setContentsMargins(12, 4, 12, 4)
        words.addWidget(self.sentence)
        notes = QHBoxLayout()
        notes.setContentsMargins(12, 4, 12, 4)
        notes.addWidget(self.problems)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 8, 0, 8)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addLayout(words)
        layout.addWidget(self._make_arms())
        layout.addWidget(self.differences)
        layout.addLayout(notes)
        layout.addStretch(1)
        for part in (self.scores, self.differences):
            part.hide()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(content)
        return area

    def _make_arms(self) -> QWidget:
        self.scores = QWidget()
        heading = QLabel("Mean over seeds ± standard deviation, 95 % interval of the mean below")
        heading.setProperty("role", "section")
        line = QHBoxLayout()
        line.setContentsMargins(12, 4, 12, 0)
        line.addWidget(heading, 1)
        line.addWidget(self.every)
        column = QVBoxLayout(self.scores)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(line)
        column.addLayout(in_line(self.arms))
        return self.scores

    def _listed(self, names: Sequence[tuple[str, str]]) -> None:
        chosen = self.choice.currentData() or str(self._studio.settings.value(CHOSEN, ""))
        self.choice.clear()
        for name, title in names:
            self.choice.addItem(title, name)
        self.choice.setCurrentIndex(max(0, self.choice.findData(chosen)))
        self.stack.setCurrentIndex(1 if names else 0)
        self.empty.set_texts("No experiments yet", PURPOSE, "Go to Train")
        if names:
            self._analyse()

    def _chosen(self) -> None:
        self._studio.settings.setValue(CHOSEN, str(self.choice.currentData()))
        self._analyse()

    def _analyse(self) -> None:
        name = str(self.choice.currentData())
        self._asked += 1
        number = self._asked
        if self.analysis is None or self.analysis.experiment.name != name:
            self.status.setText("Reading the results...")
        self._studio.jobs.run_quick(
            lambda: analyse(load_experiment(name)),
            lambda analysis: self._analysed(number, analysis),
            self.failed.emit,
            self,
        )

    def _analysed(self, number: int, analysis: Analysis) -> None:
        if number != self._asked:
            return
        self.analysis = analysis
        self.scores.show()
        self.differences.show()
        self.differences.take(analysis)
        self._show()

    def _show(self) -> None:
        analysis = self.analysis
        if analysis is None:
            return
        self.status.setText(status_sentence(analysis))
        self.sentence.setText(results_html(analysis))
        self.sentence.setVisible(bool(analysis.sentences))
        metrics = arm_metrics(analysis, self.every.isChecked())
        self.every.setVisible(len(arm_metrics(analysis, True)) > len(arm_metrics(analysis, False)))
        heads, rows = arm_rows(analysis, metrics)
        tips = ["", "", *(METRICS[name].help for name in metrics)]
        self.arms.begin(heads, tips, len(rows))
        for number, cells in enumerate(rows):
            for column, text in enumerate(cells):
                item = self.arms.put(number, column, text)
                if column == 0:
                    item.setIcon(colour_dot(run_colour(number)))
                item.setToolTip(text)
        self.arms.settle()
        self.differences.refresh()
        self.problems.setText("\n".join(analysis.problems))
        self.problems.setVisible(bool(analysis.problems))
        self._show_buttons(analysis)

    def _show_buttons(self, analysis: Analysis) -> None:
        missing = missing_scores(analysis)
        busy = self._job is not None
        self.compute.setText("Stop" if busy else "Compute missing scores")
        self.compute.setEnabled(busy or missing > 0)
        self.compute.setToolTip(
            "Stop; what is captioned stays"
            if busy
            else f"Caption and score {missing} finished runs that have no scores"
            if missing
            else "Every finished run is scored."
        )
        self.report.setEnabled(bool(analysis.evaluations))
        self.compare.setEnabled(len(newest_runs(analysis)) > 1)

    def _compute(self) -> None:
        if self._job is not None:
            self._job.stop()
            return
        analysis = self.analysis
        if analysis is None:
            return
        from core.experiments.running import evaluate_experiment

        experiment = analysis.experiment
        job = Job(f"Scoring {experiment.title}", lambda: evaluate_experiment(experiment), lane=LANE)
        job.events.connect(self._take)
        job.failed.connect(self.failed)
        job.done.connect(self._done)
        self._job = job
        self._show_buttons(analysis)
        if not self._studio.jobs.submit(job):
            self._job = None

    def _take(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Warned):
                self.failed.emit(event.message, "")
            elif isinstance(event, Noted):
                self.status.setText(event.message)

    def _done(self) -> None:
        self._job = None
        if self.choice.count():
            self._analyse()
        self._studio.checkpoints_changed.emit()

    def _compare(self) -> None:
        if self.analysis is not None:
            experiment = self.analysis.experiment
            paths = newest_runs(self.analysis)
            self.compare_wanted.emit(paths, experiment.base.data.dataset, experiment.split)

    def _report(self) -> None:
        analysis = self.analysis
        if analysis is not None:
            from core.experiments.report import write_report

            work = partial(write_report, analysis)
            self._studio.jobs.run_quick(work, self._written, self.failed.emit, self)

    def _written(self, path: object) -> None:
        self._studio.message.emit(f"Saved {path}")
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def _names() -> list[tuple[str, str]]:
    """Return names and titles of the experiments that can be read."""
    return [(one.name, one.title) for one in list_experiments()]
