"""Experiments into the queue, and what an earlier session left there."""

from __future__ import annotations

import importlib
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.texts import count_text
from core.preload import load_engine

if TYPE_CHECKING:
    from app.pages.train.page import TrainPage


class QueueController(QObject):
    """Acts on the page's queue; `counted` tells that `waiting` is known anew."""

    counted = Signal()

    def __init__(self, page: TrainPage) -> None:
        super().__init__(page)
        self._page = page
        self.waiting = 0
        self._offer = ""
        page.queue.counted.connect(self._queue_counted)
        page.banner.action_clicked.connect(self._release)

    def open_experiment(self) -> None:
        """Open the editor of a comparison, beginning with the form's settings."""
        from app.pages.train.experiment_dialog import ExperimentDialog

        page = self._page
        if page.setup.config is None:
            page.setup.request_start()
            return
        dialog = ExperimentDialog(page.studio, page.setup.config, page)
        dialog.start_requested.connect(self.start_experiment)
        dialog.open()

    def start_experiment(self, experiment: Any) -> None:
        """Put the runs of an experiment into the queue and begin with the first."""
        page = self._page
        work = partial(queue_experiment, experiment)
        page.studio.jobs.run_quick(work, self._experiment_queued, page.show_failure, self)

    def tell_what_waits(self) -> None:
        """Offer to go on with what an earlier session left in the queue."""
        entries = self._page.sessions.entries()
        waiting = sum(entry.state == "queued" for entry in entries)
        self._queue_counted(waiting)
        if waiting and not any(entry.state == "running" for entry in entries):
            waits = count_text(waiting, "run waits", "runs wait")
            self._offer = f"{waits} in the queue since the window was closed."
            self._page.banner.show_message(self._offer, "info", action="Start the queue")

    def _experiment_queued(self, added: tuple[str, ...]) -> None:
        page = self._page
        page.studio.message.emit(f"{count_text(len(added), 'run is', 'runs are')} in the queue.")
        page.tabs.setCurrentWidget(page.queue)
        page.sessions.release()

    def _release(self) -> None:
        page = self._page
        page.banner.dismiss()
        page.tabs.setCurrentWidget(page.queue)
        page.sessions.release()

    def _queue_counted(self, waiting: int) -> None:
        tabs, queue = self._page.tabs, self._page.queue
        tabs.setTabText(tabs.indexOf(queue), f"Queue ({waiting})" if waiting else "Queue")
        self.waiting = waiting
        banner = self._page.banner
        if self._offer and not waiting and banner.sentence == self._offer:
            # Another process has taken them up.
            banner.dismiss()
        self.counted.emit()


def queue_experiment(experiment: Any) -> tuple[str, ...]:
    """Add the missing runs of an experiment to the queue. For worker threads."""
    load_engine()
    running = importlib.import_module("core.experiments.running")
    added: tuple[str, ...] = running.queue_experiment(experiment)
    return added
