"""Between the queue and the thread that captions it: start, pause, cancel, retry, keep."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import Job, Jobs
from app.pages.caption.batch_model import BatchModel
from app.pages.caption.captioners import CaptionerCache
from app.pages.caption.captioning import LANE
from app.pages.caption.search_options import SearchChoices
from core.batch import (
    BatchRow,
    ItemEnded,
    ItemStarted,
    Journal,
    RowState,
    caption_batch,
    open_journal,
)
from core.errors import StudioError
from core.events import Event, Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class RowEnded(Event):
    """A file has come out of the queue, as `row`."""

    row: BatchRow


class BatchController(QObject):
    """Runs the queue. Signals: `changed()` when it starts, pauses or ends, `failed(sentence)`."""

    changed = Signal()
    failed = Signal(str, str)

    def __init__(
        self, jobs: Jobs, cache: CaptionerCache, model: BatchModel, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs, self._cache, self._model = jobs, cache, model
        self._job: Job | None = None
        self._lock = threading.Lock()
        self._off: set[Path] = set()
        self._journal: Journal | None = None
        self._told = False
        self._last: tuple[Path, SearchChoices] | None = None
        # The table is told once a delivery, however many files that was.
        self._counting = QTimer(self)
        self._counting.setSingleShot(True)
        self._counting.setInterval(0)
        self._counting.timeout.connect(model.counted)

    @property
    def running(self) -> bool:
        """Whether the queue is being captioned, or paused."""
        return self._job is not None

    @property
    def paused(self) -> bool:
        """Whether it waits to be continued."""
        return self._job is not None and self._job.state == "paused"

    def reopen(self) -> int:
        """Show what the queue was when the program ended; return how many files that are."""
        try:
            self._journal = open_journal()
            rows = self._journal.load()
        except StudioError as error:
            self.failed.emit(str(error), "")
            return 0
        if rows:
            self._model.reset(rows)
        return len(rows)

    def add(self, paths: Sequence[Path]) -> list[Path]:
        """Put files at the end of the queue; return those that were not in it."""
        new = self._model.add(paths)
        if new:
            self._keep(lambda journal: journal.add(new))
        return new

    def remove(self, paths: Sequence[Path]) -> None:
        """Take files off the queue."""
        self.cancel(paths)
        self._model.remove(paths)
        if not self._model.rowCount():
            self._keep(lambda journal: journal.clear())
        else:
            self._keep(lambda journal: journal.remove(paths))

    def restore(self, before: Sequence[BatchRow]) -> None:
        """Bring back the rows of `before` that have left, where they stood; the others stay."""
        now = {row.path: row for row in self._model.rows}
        gone = [row for row in before if row.path not in now]
        rows = {row.path: now.pop(row.path, row) for row in before} | now
        for row in gone:
            if row.state in (RowState.WAITING, RowState.CAPTIONING):
                rows[row.path] = row.waiting()
        with self._lock:
            self._off.difference_update(row.path for row in gone)
        self._model.reset(rows)

        def keep() -> None:
            self._keep(lambda journal: journal.add([row.path for row in gone]))
            for row in gone:
                if row.state not in (RowState.WAITING, RowState.CAPTIONING):
                    self._keep_row(row)

        self._jobs.run_quick(keep, None, self.failed.emit, self)

    def again(self, paths: Sequence[Path]) -> None:
        """Let files wait once more, whatever became of them."""
        known = [path for path in paths if self._model.find(path) is not None]
        with self._lock:
            self._off.difference_update(known)
        rows = [row for path in known if (row := self._model.find(path)) is not None]
        self._model.put_all(row.waiting() for row in rows if row.state is not RowState.CAPTIONING)
        self._keep(lambda journal: journal.add(known))
        self._counting.start()

    def start(self, checkpoint: Path, choices: SearchChoices) -> bool:
        """Caption all that wait, one queue at a time. Returns False while closing."""
        waiting = [row.path for row in self._model.rows if row.state is RowState.WAITING]
        if self._job is not None or not waiting:
            return False
        with self._lock:
            self._off.difference_update(waiting)
        noun = "file" if len(waiting) == 1 else "files"
        job = Job(
            f"Captioning {len(waiting):,} {noun}",
            lambda: self._events(checkpoint, choices, waiting),
            lane=LANE,
        )
        job.events.connect(self._on_events)
        job.failed.connect(self.failed)
        job.state_changed.connect(self.changed)
        job.done.connect(self._on_done)
        self._job, self._told, self._last = job, False, (checkpoint, choices)
        if not self._jobs.submit(job):
            self._job = None
            return False
        self.changed.emit()
        return True

    def pause(self) -> None:
        """Stand still after the files in hand, or go on."""
        if self._job is not None:
            if self._job.state == "paused":
                self._job.resume()
            else:
                self._job.pause()

    def stop(self) -> None:
        """End after the files in hand; the rest goes on waiting."""
        if self._job is not None:
            self._job.stop()

    def cancel(self, paths: Sequence[Path]) -> None:
        """Call off files that wait; those in hand still get their captions."""
        with self._lock:
            self._off.update(paths)
        found = [row for path in paths if (row := self._model.find(path)) is not None]
        waiting = [row for row in found if row.state is RowState.WAITING]
        self._model.put_all(replace(row, state=RowState.CANCELLED) for row in waiting)
        self._keep(lambda journal: journal.cancelled([row.path for row in waiting]))
        self._counting.start()

    def _called_off(self, path: Path) -> bool:
        with self._lock:
            return path in self._off

    def _events(
        self, checkpoint: Path, choices: SearchChoices, files: Sequence[Path]
    ) -> Iterator[Event]:
        """Caption in a worker thread."""
        if not self._cache.holds(checkpoint):
            yield Progress(phase="Loading the model", done=0, total=None)
        captioner = self._cache.get(checkpoint)
        rules = choices.apply(captioner.decoding)
        done = 0
        for event in caption_batch(captioner, files, rules, self._called_off):
            if not isinstance(event, ItemEnded):
                yield event
            else:
                # Kept before anything else, so that a crash loses nothing that was captioned.
                row = _row(event)
                if row.state is not RowState.CANCELLED:
                    self._keep_row(row)
                yield RowEnded(row=row)
                done += 1
                yield Progress(phase="Captioning", done=done, total=len(files))

    def _on_events(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, ItemStarted):
                row = self._model.find(event.path)
                if row is not None:
                    self._model.put(replace(row, state=RowState.CAPTIONING))
            elif isinstance(event, RowEnded):
                self._model.put(event.row)
        self._counting.start()

    def _on_done(self) -> None:
        job, self._job = self._job, None
        for row in self._model.rows:
            if row.state is RowState.CAPTIONING:
                self._model.put(replace(row, state=RowState.WAITING))
        self._counting.start()
        self.changed.emit()
        # What was added meanwhile follows.
        if job is not None and job.state == "finished" and self._last is not None:
            self.start(*self._last)

    def _keep_row(self, row: BatchRow) -> None:
        self._keep(lambda journal: journal.ended(row))

    def _keep(self, change: Callable[[Journal], None]) -> None:
        if self._journal is None:
            return
        try:
            change(self._journal)
        except StudioError as error:
            if not self._told:  # a full disk is told once and not a thousand times
                self._told = True
                self.failed.emit(str(error), "")


def _row(event: ItemEnded) -> BatchRow:
    row = BatchRow(event.path)
    if event.caption is not None:
        return row.captioned(event.caption, event.seconds)
    if event.message:
        return row.failed(event.message, event.seconds)
    return replace(row, state=RowState.CANCELLED)
