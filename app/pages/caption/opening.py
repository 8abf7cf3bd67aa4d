"""Opening files: folders are searched and headers read in a worker thread."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal

from app.jobs import Jobs
from app.widgets.sound_view import SoundPicture, make_sound_picture
from core.audio.files import AudioInfo, Waveform, probe, read_audio
from core.errors import AudioFileError

from .collect import collect_sounds

CHUNK = 24
MOST_RECENT = 12
RECENT_KEY = "caption/recent"
# A minute of sound takes 11 MB; what is beyond this length is captioned but not drawn.
LONGEST_SHOWN = 1800.0
KEPT_SAMPLES = 50_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A sound ready to be shown and played."""

    info: AudioInfo
    waveform: Waveform
    picture: SoundPicture

    @property
    def whole(self) -> bool:
        """Whether all of the file is shown."""
        return self.info.duration <= LONGEST_SHOWN


def load_sound(path: Path) -> Sound:
    """Read a file and draw it. Raises `AudioFileError`. Not for the GUI thread."""
    info = probe(path)
    waveform = read_audio(path, duration=LONGEST_SHOWN)
    return Sound(info, waveform, make_sound_picture(waveform.samples, waveform.sample_rate))


class SoundShelf:
    """The sounds shown last, so that going back to one takes no time."""

    def __init__(self) -> None:
        self._sounds: OrderedDict[Path, Sound] = OrderedDict()

    def get(self, path: Path) -> Sound | None:
        """Return the sound of `path` if it is at hand."""
        sound = self._sounds.get(path)
        if sound is not None:
            self._sounds.move_to_end(path)
        return sound

    def put(self, path: Path, sound: Sound) -> None:
        """Keep a sound and let the oldest ones go."""
        self._sounds[path] = sound
        self._sounds.move_to_end(path)
        while len(self._sounds) > 1 and self._size() > KEPT_SAMPLES:
            self._sounds.popitem(last=False)

    def drop(self, path: Path) -> None:
        """Forget a sound."""
        self._sounds.pop(path, None)

    def _size(self) -> int:
        return sum(len(sound.waveform.samples) for sound in self._sounds.values())


class Opener(QObject):
    """Finds and looks at files without holding up the window.

    Signals: `found(paths)` when folders were searched, `looked_at(path, seconds)`,
    `refused(path, sentence)` and `opened(good, failures)` when a whole opening is done, with
    `failures` a list of sentences.
    """

    found = Signal(list)
    looked_at = Signal(object, float)
    refused = Signal(object, str)
    opened = Signal(list, list)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs

    def find(self, paths: Iterable[Path]) -> None:
        """Search folders; `found` gives the sound files."""
        wanted = [path.absolute() for path in paths]
        if any(path.is_dir() for path in wanted):
            self._jobs.run_quick(lambda: collect_sounds(wanted), self.found.emit, owner=self)
        else:
            self.found.emit(list(dict.fromkeys(wanted)))

    def look_at(self, paths: list[Path]) -> None:
        """Read the headers of `paths`, some at a time, and tell what they say."""
        if paths:
            _Look(self._jobs, self, paths).go_on()


class _Look:
    """One opening of several files."""

    def __init__(self, jobs: Jobs, opener: Opener, paths: list[Path]) -> None:
        self._jobs, self._opener = jobs, opener
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
            self._opener.opened.emit(self._good, self._failures)


def _probe_all(paths: list[Path]) -> list[tuple[Path, float | str]]:
    results: list[tuple[Path, float | str]] = []
    for path in paths:
        try:
            results.append((path, probe(path).duration))
        except AudioFileError as error:
            results.append((path, str(error)))
    return results


def recent_files(settings: QSettings) -> list[Path]:
    """Return the files opened last that still exist, the newest first."""
    saved = settings.value(RECENT_KEY, [])
    names = [saved] if isinstance(saved, str) else list(saved or [])  # type: ignore[call-overload]
    return [path for path in map(Path, names) if path.is_file()]


def remember_files(settings: QSettings, paths: Iterable[Path]) -> None:
    """Put `paths` in front of the files opened last."""
    known = dict.fromkeys([*paths, *recent_files(settings)])
    settings.setValue(RECENT_KEY, [str(path) for path in known][:MOST_RECENT])
