"""The line at the foot: device and memory, what runs and how to stop it, storage."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from app import machine
from app.job_progress import JobProgress
from app.jobs import Job
from app.studio import Studio
from app.widgets.elided_label import ElidedLabel
from core import paths
from core.events import Event

_MESSAGE_MS = 6000


class StatusLine(QWidget):
    """Shows the most recent job that has not ended; "+2" stands for others beside it."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._job: Job | None = None
        self._progress: dict[Job, JobProgress] = {}
        self.setProperty("role", "status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(28)
        self.device = _hint(f"{machine.processor_name()} · {machine.processor_count()} threads")
        self.memory = _hint()
        self.memory.setToolTip("Memory this program holds, and the memory of the machine")
        self.message = ElidedLabel()
        self.message.setProperty("role", "hint")
        self.message.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
        self.job_text = ElidedLabel()
        self.job_text.setProperty("role", "hint")
        self.job_text.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setValue(0)
        self.bar.setFixedWidth(120)
        self.stop = QToolButton()
        self.stop.setText("Stop")
        self.stop.setAccessibleName("Stop the running job")
        self.stop.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        studio.theme.set_icon(self.stop, "stop", "text")
        self.storage = _hint()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 16, 0)
        layout.setSpacing(16)
        layout.addWidget(self.device)
        layout.addWidget(self.memory)
        layout.addWidget(self.message, 2)
        layout.addWidget(self.job_text, 3)
        layout.addWidget(self.bar)
        layout.addWidget(self.stop)
        layout.addWidget(self.storage)

        self.stop.clicked.connect(self._stop_clicked)
        studio.message.connect(self.show_message)
        studio.jobs.job_added.connect(self._job_added)
        studio.jobs.job_removed.connect(self._job_removed)
        studio.runs_changed.connect(self.measure_storage)
        studio.engine_ready.connect(self._ask_device)
        self._message_timer = QTimer(self)
        self._message_timer.setSingleShot(True)
        self._message_timer.timeout.connect(lambda: self.message.setText(""))
        self._memory_timer = QTimer(self)
        self._memory_timer.setInterval(2000)
        self._memory_timer.timeout.connect(self._show_memory)
        self._memory_timer.start()
        self._storage_timer = QTimer(self)
        self._storage_timer.setInterval(60_000)
        self._storage_timer.timeout.connect(self.measure_storage)
        self._storage_timer.start()
        self._show_memory()
        self._show_job()

    def show_message(self, text: str) -> None:
        """Show a sentence for a few seconds."""
        self.message.setText(text)
        self._message_timer.start(_MESSAGE_MS)

    def measure_storage(self) -> None:
        """Add up the runs folder in a worker thread."""
        folder = paths.runs_dir()
        self._studio.jobs.run_quick(
            lambda: machine.folder_size(folder), self._storage_known, self._storage_unknown, self
        )

    def _ask_device(self) -> None:
        self._studio.jobs.run_quick(
            machine.fastest_device, self._device_known, lambda *_: None, self
        )

    def _device_known(self, text: str) -> None:
        if text:
            self.device.setText(text)
            self.device.setToolTip("The device that 'auto' takes")

    def _storage_known(self, size: int) -> None:
        self.storage.setText(f"Runs {machine.size_text(size)}")
        self.storage.setToolTip(f"Size of {paths.runs_dir()}")

    def _storage_unknown(self, sentence: str, _details: str) -> None:
        self.storage.setText("Runs: unknown size")
        self.storage.setToolTip(sentence)

    def _show_memory(self) -> None:
        used, total = machine.memory_in_use()
        self.memory.setText(f"{machine.size_text(used)} of {machine.size_text(total)}")

    def _job_added(self, job: Job) -> None:
        self._progress[job] = JobProgress()
        job.events.connect(self._events_came)
        job.state_changed.connect(self._show_job)
        self._show_job()

    def _job_removed(self, job: Job) -> None:
        self._progress.pop(job, None)
        self._show_job()

    def _events_came(self, events: list[Event]) -> None:
        job = self.sender()
        progress = self._progress.get(job) if isinstance(job, Job) else None
        if progress is not None:
            for event in events:
                progress.update(event)
            self._show_job()

    def _show_job(self, _state: str = "") -> None:
        jobs = self._studio.jobs.running()
        active = [job for job in jobs if job.state != "queued"]
        shown = active or jobs
        self._job = shown[-1] if shown else None
        for widget in (self.job_text, self.bar, self.stop):
            widget.setVisible(self._job is not None)
        if self._job is None:
            return
        progress = self._progress.get(self._job, JobProgress())
        words = [self._job.title]
        if self._job.state == "stopping":
            words.append("Saving...")
        elif self._job.state in ("paused", "queued"):
            words.append(self._job.state)
        else:
            said = progress.text or progress.phase
            words.append("" if said in self._job.title else said)
        text = " · ".join(word for word in words if word)
        self.job_text.setText(text + (f"  +{len(jobs) - 1}" if len(jobs) > 1 else ""))
        # While unknown it stays empty: a bar that moves to and fro says nothing.
        share = round(1000 * (progress.fraction or 0.0))
        if share != self.bar.value():
            self.bar.setValue(share)
        stopping = self._job.state == "stopping"
        self.stop.setEnabled(not stopping)
        tip = "It is saving and ends by itself" if stopping else f"Stop: {self._job.title}"
        self.stop.setToolTip(tip)

    def _stop_clicked(self) -> None:
        if self._job is not None:
            self._job.stop()


def _hint(text: str = "") -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "hint")
    return label
