"""Opening files: folders are searched and headers read in a worker thread."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal

from app.jobs import Jobs
from app.pages.caption.sounds import check_length
from app.sound_paths import collect_sounds, is_folder, is_there
from core.audio.files import probe
from core.errors import AudioFileError

CHUNK = 24
MOST_RECENT = 12
RECENT_KEY = "caption/recent"


class FileOpener(QObject):
    """Finds and looks at files without holding up the window.

    Signals: `found(paths, wanted, closed)` when the folders among the `wanted` were searched, but
    for the `closed` ones,
    `looked_at(path, seconds)`, `refused(path, sentence)` and `opened(good, failures, wanted)` when
    a whole opening is done, with `failures` a list of sentences.
    """

    found = Signal(list, list, list)
    looked_at = Signal(object, float)
    refused = Signal(object, str)
    opened = Signal(list, list, list)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs

    def find(self, paths: Iterable[Path]) -> None:
        """Search folders; `found` gives the sound files."""
        wanted = [path.absolute() for path in paths]
        if any(is_folder(path) for path in wanted):
            closed: list[Path] = []

            def done(paths: list[Path]) -> None:
                self.found.emit(paths, wanted, closed)

            self._jobs.run_quick(lambda: collect_sounds(wanted, closed=closed), done, owner=self)
        else:
            self.found.emit(list(dict.fromkeys(wanted)), wanted, [])

    def look_at(self, paths: list[Path], wanted: list[Path]) -> None:
        """Read the headers of `paths`, some at a time, and tell what they say."""
        if paths:
            _Look(self._jobs, self, paths, wanted).go_on()


class _Look:
    """One opening of several files."""

    def __init__(
        self, jobs: Jobs, opener: FileOpener, paths: list[Path], wanted: list[Path]
    ) -> None:
        self._jobs, self._opener, self._wanted = jobs, opener, wanted
        self._left = paths
        self._good: list[Path] = []
        self._failures: list[str] = []

    def go_on(self) -> None:
        chunk, self._left = self._left[:CHUNK], self._left[CHUNK:]
        self._jobs.run_quick(lambda: _probe_all(chunk), self._on_done, owner=self._opener)

    def _on_done(self, results: list[tuple[Path, float | str]]) -> None:
        for path, answer in results:
            if isinstance(answer, str):
                self._failures.append(answer)
                self._opener.refused.emit(path, answer)
            else:
                self._good.append(path)
                self._opener.looked_at.emit(path, answer)
        if self._left:
            self.go_on()
        else:
            self._opener.opened.emit(self._good, self._failures, self._wanted)


def _probe_all(paths: list[Path]) -> list[tuple[Path, float | str]]:
    results: list[tuple[Path, float | str]] = []
    for path in paths:
        try:
            info = probe(path)
            check_length(info)
            results.append((path, info.duration))
        except AudioFileError as error:
            results.append((path, str(error)))
    return results


def recent_files(settings: QSettings) -> list[Path]:
    """Return the files opened last that still exist, the newest first."""
    saved = settings.value(RECENT_KEY, [])
    names = [saved] if isinstance(saved, str) else list(saved or [])  # type: ignore[call-overload]
    return [path for path in map(Path, names) if is_there(path)]


def remember_files(settings: QSettings, paths: Iterable[Path]) -> None:
    """Put `paths` in front of the files opened last."""
    known = dict.fromkeys([*paths, *recent_files(settings)])
    settings.setValue(RECENT_KEY, [str(path) for path in known][:MOST_RECENT])
