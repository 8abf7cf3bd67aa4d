"""Downloads of published weights as jobs, and the line that shows one of them."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.job_progress import JobProgress
from app.jobs import Job
from app.studio import Studio
from core.events import Event
from core.models.download import download_weights


class WeightsDownloads(QObject):
    """Runs downloads by the name of the weights; they go on where they stopped.

    Signals: `changed(name)` while one is under way and when it begins or ends, `ended(name)`,
    `failed(sentence, details)`.
    """

    changed = Signal(str)
    ended = Signal(str)
    failed = Signal(str, str)

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._running: dict[str, tuple[Job, JobProgress]] = {}

    def progress(self, name: str) -> JobProgress | None:
        """Return how far a download is; None where there is none."""
        return self._running[name][1] if name in self._running else None

    def start(self, name: str, title: str) -> None:
        """Begin a download, or go on with it."""
        job = Job(f"Downloading {title}", lambda: download_weights(name), lane="download")
        job.events.connect(partial(self._take, name))
        job.failed.connect(self.failed)
        job.done.connect(partial(self._end, name))
        self._running[name] = job, JobProgress()
        if not self._studio.jobs.submit(job):
            self._end(name)
        self.changed.emit(name)

    def stop(self, name: str) -> None:
        """Stop a download; what has arrived is kept."""
        if name in self._running:
            self._running[name][0].stop()

    def _take(self, name: str, events: list[Event]) -> None:
        progress = self.progress(name)
        if progress is not None:
            for event in events:
                progress.update(event)
            self.changed.emit(name)

    def _end(self, name: str) -> None:
        self._running.pop(name, None)
        self.ended.emit(name)
        self.changed.emit(name)


class DownloadLine(QWidget):
    """A bar, what it stands for, and a button that stops it. Signal: `stop_clicked()`."""

    stop_clicked = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the download")
        self.text = QLabel()
        self.text.setProperty("role", "muted")
        self.text.setWordWrap(True)
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Stop; what has arrived is kept")
        studio.theme.set_icon(self.stop, "stop")
        self.stop.clicked.connect(self.stop_clicked)
        row = QHBoxLayout()
        row.addWidget(self.bar, 1)
        row.addWidget(self.stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(row)
        layout.addWidget(self.text)
        self.hide()

    def show_progress(self, progress: JobProgress | None) -> None:
        """Show how far a download is; None hides the line."""
        self.setVisible(progress is not None)
        if progress is None:
            return
        fraction = progress.fraction
        self.bar.setRange(0, 0 if fraction is None else 1000)
        self.bar.setValue(round(1000 * (fraction or 0)))
        words = progress.text if " of " not in progress.text else ""
        self.text.setText(words or (f"{fraction:.0%}" if fraction else "Connecting"))
