"""The runs on disk: summaries of all, full histories of those that are watched.

Everything is read in worker threads in small portions; a run that this window trains is followed
through its folder exactly as one that another process trains. A long run is skimmed first, so that
its curves are there at once, and read whole behind them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.runs.run_scan import LONG, Known, Scan, scan_folders
from app.studio import Studio
from core import paths
from core.events import Event
from core.runs import EventsFile, RunFolder, RunSummary

if TYPE_CHECKING:
    # At run time it is imported with the first run: it needs numpy, the window does not.
    from app.runs.history import RunHistory
    from core.runs.event_columns import ColumnReader, Piece

READ_MS = 250
SCAN_MS = 2000
PORTION = 1 << 20
SAMPLES = 3000


@dataclass
class _Watch:
    """A run whose curves are wanted: its readers and what they have read.

    Until the run was read once to its end, a worker thread fills `loading`, which nobody else
    looks at; `history` is what is shown meanwhile.
    """

    run: RunFolder
    history: RunHistory
    loading: RunHistory
    events: ColumnReader
    samples: tuple[EventsFile, ...]
    skimmed: bool = False
    reading: bool = False
    complete: bool = False
    # Whether reading failed: told once, and not tried again until the run is looked at anew.
    failed: bool = False


@dataclass
class _Portion:
    """What one turn of reading found: a history to show instead, or what to append to it."""

    history: RunHistory | None = None
    pieces: list[Piece] = field(default_factory=list)
    samples: list[tuple[float, Event]] = field(default_factory=list)
    more: bool = False


class RunCollection(QObject):
    """Runs by the path of their folder. `listed`: summaries changed; `updated`: a history grew."""

    listed = Signal()
    updated = Signal(str)
    loaded = Signal(str)

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._known: dict[str, Known] = {}
        self._watches: dict[str, _Watch] = {}
        self._extra: list[Path] = []
        self._scanning = self._again = self._settled = False
        self._read_timer = QTimer(self)
        self._read_timer.setInterval(READ_MS)
        self._read_timer.timeout.connect(self._read_live)
        self._scan_timer = QTimer(self)
        self._scan_timer.setInterval(SCAN_MS)
        self._scan_timer.timeout.connect(self.scan)

    def set_active(self, active: bool) -> None:
        """Follow the folders while the page is on screen or trains."""
        for timer in (self._read_timer, self._scan_timer):
            if active and not timer.isActive():
                timer.start()
            elif not active:
                timer.stop()
        if active:
            self.scan()

    def summary(self, key: str) -> RunSummary | None:
        """Return what is known of one run; `summaries` puts all of them in order."""
        return self._known[key].summary if key in self._known else None

    def summaries(self) -> dict[str, RunSummary]:
        """Return all runs, the newest first."""
        found = [(key, item.summary) for key, item in self._known.items() if item.summary]
        found.sort(key=lambda pair: Path(pair[0]).name, reverse=True)
        return {key: summary for key, summary in found if summary is not None}

    @property
    def settled(self) -> bool:
        """Whether all folders were looked at once."""
        return self._settled

    def history(self, key: str) -> RunHistory | None:
        """Return the history of a watched run."""
        watch = self._watches.get(key)
        return watch.history if watch else None

    def is_loaded(self, key: str) -> bool:
        """Say whether a watched run was read to its present end."""
        return key in self._watches and self._watches[key].complete

    def is_alive(self, key: str) -> bool:
        """Say whether some process writes the run, as of the last scan."""
        return key in self._known and self._known[key].alive

    def experiment(self, key: str) -> str:
        """Return the title of the experiment that a run belongs to, "" for none."""
        return self._known[key].experiment if key in self._known else ""

    def add_folder(self, path: Path) -> None:
        """Show a run that lies outside the runs folder."""
        if path.parent != paths.runs_dir() and path not in self._extra:
            self._extra.append(path)
        self.scan()

    def watch(self, keys: Iterable[str]) -> None:
        """Keep the full histories of these runs and forget all others."""
        wanted = set(keys)
        for key in self._watches.keys() - wanted:
            del self._watches[key]
        for key in wanted - self._watches.keys():
            from app.runs.history import RunHistory
            from core.runs.event_columns import ColumnReader

            run = RunFolder(Path(key))
            reader = ColumnReader(run.events.path)
            files = (run.previews, run.maps)
            self._watches[key] = _Watch(run, RunHistory(), RunHistory(), reader, files)
            self._read(key)

    def forget(self, key: str) -> None:
        """Drop a run whose folder was deleted."""
        self._known.pop(key, None)
        self._watches.pop(key, None)
        self._extra = [path for path in self._extra if str(path) != key]
        self.listed.emit()

    def scan(self, afresh: bool = False) -> None:
        """Look for new, changed and vanished runs in a worker thread."""
        if afresh:
            for item in self._known.values():
                item.stamp = ()
        if self._scanning:
            self._again = True
            return
        self._scanning = True
        watched = {key for key, watch in self._watches.items() if watch.complete}
        loading = self._watches.keys() - watched
        work = partial(scan_folders, list(self._extra), dict(self._known), watched, loading)
        self._studio.jobs.run_quick(work, self._scanned, self._scan_failed, self)

    def _scanned(self, scan: Scan) -> None:
        self._scanning = False
        before = {key: (item.summary, item.alive) for key, item in self._known.items()}
        after = {key: (item.summary, item.alive) for key, item in scan.known.items()}
        self._known = scan.known
        for key in [key for key in self._watches if not Path(key).is_dir()]:
            del self._watches[key]
        first = not self._settled and not scan.unfinished
        self._settled = self._settled or first
        if first or after != before:
            self.listed.emit()
        if scan.unfinished or self._again:
            self._again = False
            self.scan()

    def _scan_failed(self, sentence: str, _details: str) -> None:
        self._scanning = False
        self._studio.message.emit(sentence)

    def _read_live(self) -> None:
        for key, watch in self._watches.items():
            if watch.failed:
                continue
            if not watch.complete or self.is_alive(key) or watch.history.ended is None:
                self._read(key)

    def _read(self, key: str) -> None:
        watch = self._watches[key]
        if not watch.reading:
            watch.reading = True
            work = _read_portion if watch.complete else _load_portion
            done = partial(self._portion_read, key, watch)
            self._studio.jobs.run_quick(
                partial(work, watch), done, partial(self._read_failed, watch), self
            )

    def _portion_read(self, key: str, watch: _Watch, portion: _Portion) -> None:
        watch.reading = False
        if self._watches.get(key) is not watch:
            return
        version = watch.history.version
        changed = portion.history is not None
        if portion.history is not None:
            watch.history = portion.history
        watch.history.take(portion.pieces)
        watch.history.take_samples(portion.samples)
        first = not watch.complete and not portion.more
        watch.complete = watch.complete or not portion.more
        if portion.more:
            self._read(key)
        if changed or watch.history.version != version:
            self.updated.emit(key)
        if first:
            self.loaded.emit(key)

    def _read_failed(self, watch: _Watch, sentence: str, _details: str) -> None:
        watch.reading = False
        watch.complete = watch.failed = True
        self._studio.message.emit(sentence)


def _load_portion(watch: _Watch) -> _Portion:
    """Skim a long run, or read on towards its present end. Runs in a worker thread."""
    from app.runs.history import RunHistory
    from core.runs.event_columns import skim

    if not watch.skimmed:
        watch.skimmed = True
        path = watch.events.path
        if path.exists() and path.stat().st_size > LONG:
            coarse = RunHistory()
            coarse.take(skim(path))
            return _Portion(coarse, more=True)
    found = _read_portion(watch)
    watch.loading.take(found.pieces)
    watch.loading.take_samples(found.samples)
    return _Portion(None if found.more else watch.loading, more=found.more)


def _read_portion(watch: _Watch) -> _Portion:
    """Read some new lines of each file of a run. Runs in a worker thread."""
    pieces, more = watch.events.read(PORTION)
    parts = [list(itertools.islice(file.read_new(), SAMPLES)) for file in watch.samples]
    more = more or any(len(part) == SAMPLES for part in parts)
    return _Portion(None, pieces, [item for part in parts for item in part], more)
