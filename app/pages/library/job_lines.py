"""One line for each job of a dataset: how far, how long; pause, resume and stop."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.pages.library.dataset_work import DatasetWork, Work
from app.studio import Studio
from app.widgets.elided_label import ElidedLabel

STOP_TIPS = {
    "download": "Stop; what has arrived is kept, and the next download continues from there",
    "check": "Stop the check; the last report stays",
    "extract": "Stop; what is done is kept, and the next extraction continues from there",
}


class JobLine(QWidget):
    """The progress of one job."""

    def __init__(self, studio: Studio, work: Work) -> None:
        super().__init__()
        self._studio = studio
        self.work = work
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setFixedWidth(140)
        self.bar.setAccessibleName(work.job.title)
        self.text = ElidedLabel()
        self.text.setProperty("role", "muted")
        self.pause = QPushButton("Pause")
        self.pause.clicked.connect(self._pause)
        self.stop = QPushButton("Stop")
        self.stop.setToolTip(STOP_TIPS[work.kind])
        studio.theme.set_icon(self.stop, "stop")
        self.stop.clicked.connect(work.job.stop)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 4, 12, 4)
        layout.setSpacing(12)
        layout.addWidget(self.bar)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.pause)
        layout.addWidget(self.stop)
        self.update_work()

    def update_work(self) -> None:
        """Show how far the job is."""
        state = self.work.job.state
        self.bar.setValue(round(1000 * (self.work.progress.fraction or 0.0)))
        self.text.setText(self.work.words())
        paused = state == "paused"
        self.pause.setText("Resume" if paused else "Pause")
        self._studio.theme.set_icon(self.pause, "play" if paused else "pause")
        self.pause.setEnabled(state in ("running", "paused"))
        self.stop.setEnabled(state != "stopping")

    def _pause(self) -> None:
        job = self.work.job
        job.resume() if job.state == "paused" else job.pause()


class JobLines(QWidget):
    """The lines of the dataset that is shown; nothing where there is no work."""

    def __init__(self, studio: Studio, works: DatasetWork) -> None:
        super().__init__()
        self._studio = studio
        self._works = works
        self._name = ""
        self.lines: list[JobLine] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        works.changed.connect(self._changed)
        self.hide()

    def show_dataset(self, name: str) -> None:
        """Show the work on another dataset."""
        self._name = name
        self._changed(name)

    def _changed(self, name: str) -> None:
        if name != self._name:
            return
        works = self._works.of(name)
        if works != [line.work for line in self.lines]:
            for line in self.lines:
                self._column.removeWidget(line)
                line.hide()
                line.deleteLater()
            self.lines = [JobLine(self._studio, work) for work in works]
            for line in self.lines:
                self._column.addWidget(line)
        for line in self.lines:
            line.update_work()
        self.setVisible(bool(self.lines))
