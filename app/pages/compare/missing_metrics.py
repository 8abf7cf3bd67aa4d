"""Which metrics cannot be computed here, why, and the buttons that bring them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.jobs import Job
from app.machine import size_text
from app.studio import Studio
from core.evaluation import METRICS, MetricStatus, metric_statuses
from core.events import Event, Progress

LANE = "install"
BUTTON_WIDTH = 144
# What each brings: its name, how much there is to download, and what metrics lack without it.
INSTALLS = {
    "java": ("Java", "60 MB", "Java 8 to 13 is not here"),
    "meteor": ("METEOR", "100 MB", "METEOR's program is not here"),
    "spice": ("SPICE", "450 MB", "SPICE's program is not here"),
    "fense": ("FENSE", "700 MB", "the sentence model or the fluency-error detector is not here"),
    "bertscore": ("BERTScore", "1.4 GB", "the language model roberta-large is not here"),
}
_HINT = re.compile(r"; 'aac-studio [^']*' brings it")


class MissingMetrics(QWidget):
    """One line a reason. Signals: `installed()` and `failed(sentence, details)`."""

    installed = Signal()
    failed = Signal(str, str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._job: Job | None = None
        self._name = ""
        self._asked = False
        self.statuses: tuple[MetricStatus, ...] = ()
        self.errors: Mapping[str, str] = {}
        self.buttons: dict[str, QPushButton] = {}
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(12, 4, 12, 4)
        self._lines.setSpacing(4)
        self.hide()

    def look(self) -> None:
        """Find out in a worker thread what is there."""
        if not self._asked:
            self._asked = True
            self._studio.jobs.run_quick(metric_statuses, self._found, self.failed.emit, self)

    def look_again(self) -> None:
        """Find out anew, after something changed."""
        self._asked = False
        self.look()

    def show_errors(self, errors: Mapping[str, str]) -> None:
        """Show why metrics that should be there could not be computed."""
        self.errors = errors
        self._show()

    def reason(self, metric: str) -> str:
        """Return why a metric is not there; "" where nothing is known."""
        for status in self.statuses:
            if status.metric.name == metric and status.reason:
                return _HINT.sub("", status.reason)
        return self.errors.get(metric, "")

    def install(self, name: str) -> None:
        """Download something; only one at a time."""
        if self._job is not None:
            return
        from core.evaluation.install import install

        job = Job(f"Installing {INSTALLS[name][0]}", lambda: install(name), lane=LANE)
        job.events.connect(self._take)
        job.failed.connect(self.failed)
        job.done.connect(self._done)
        self._job, self._name = job, name
        self._show()
        if not self._studio.jobs.submit(job):
            self._job = None

    # ---- inside ----------------------------------------------------------------------------

    def _found(self, statuses: tuple[MetricStatus, ...]) -> None:
        self.statuses = statuses
        self._show()

    def _show(self) -> None:
        while (item := self._lines.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.buttons = {}
        lacking = [status for status in self.statuses if status.reason]
        lines = {
            name: [status.metric.title for status in lacking if name in status.install]
            for name in INSTALLS
        }
        for name, titles in lines.items():
            if titles:
                self._lines.addWidget(self._line(titles, INSTALLS[name][2] + ".", name))
        for reason, titles in self._other_reasons(lacking).items():
            self._lines.addWidget(self._line(titles, reason))
        self.setVisible(self._lines.count() > 0)

    def _other_reasons(self, lacking: Sequence[MetricStatus]) -> dict[str, list[str]]:
        """Return what no download from here mends: missing packages, and metrics that failed."""
        reasons: dict[str, list[str]] = {}
        for status in lacking:
            if not status.install:
                reasons.setdefault(status.reason, []).append(status.metric.title)
        known = {status.metric.name for status in lacking}
        for name, reason in self.errors.items():
            if name in METRICS and name not in known:
                reasons.setdefault(reason, []).append(METRICS[name].title)
        return reasons

    def _line(self, titles: Sequence[str], reason: str, install: str = "") -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        label = QLabel(f"Without {', '.join(titles)}: {reason}")
        label.setProperty("role", "muted")
        label.setWordWrap(True)
        if install:
            # Beside its sentence, however wide the page is.
            self.buttons[install] = self._button(install)
            self.buttons[install].setMinimumWidth(BUTTON_WIDTH)
            row.addWidget(self.buttons[install])
        row.addWidget(label, 1)
        return holder

    def _button(self, name: str) -> QPushButton:
        title, size, _ = INSTALLS[name]
        if self._job is not None and self._name == name:
            button = QPushButton("Stop")
            button.setToolTip(f"Stop the download of {title}")
            button.clicked.connect(self._job.stop)
            return button
        button = QPushButton(f"Install {title}")
        button.setToolTip("Another download is running." if self._job else f"Download about {size}")
        button.setEnabled(self._job is None)
        button.clicked.connect(lambda: self.install(name))
        return button

    def _take(self, events: list[Event]) -> None:
        button = self.buttons.get(self._name)
        for event in events:
            if isinstance(event, Progress) and button is not None and event.done:
                button.setText(f"Stop ({size_text(event.done)})")

    def _done(self) -> None:
        ended, self._job = self._job, None
        if ended is not None and ended.state == "finished":
            self.installed.emit()
        self.look_again()
        self._show()
