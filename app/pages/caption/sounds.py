"""Sounds that are shown: short ones in memory, long ones drawn as the file is read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.jobs import Jobs
from app.widgets.sound_view import SoundPicture, make_sound_picture
from app.widgets.spectrogram_image import Resolution, SpectrogramImage, image_of_pyramid
from core.audio.files import AudioInfo, Waveform, probe_and_read
from core.audio.survey import Survey
from core.errors import AudioFileError

# Longer sounds stay in their file: 64 MB of samples, six minutes at 44.1 kHz.
MOST_SAMPLES_HELD = 16_000_000
SHORTEST = 0.05
# What the shelf keeps, in bytes.
KEPT_BYTES = 260_000_000
_COLUMNS = 2000


@dataclass(slots=True, eq=False)
class Sound:
    """A sound ready to be shown and played.

    `waveform` is None for one that stays in its file; then `survey` looks through it, and `share`
    says how much of it is drawn as it stays.
    """

    info: AudioInfo
    picture: SoundPicture
    resolution: Resolution
    waveform: Waveform | None = None
    survey: Survey | None = None
    share: float = 1.0
    steps: Iterator[float] = field(default_factory=lambda: iter(()))

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.picture.duration

    @property
    def bytes(self) -> int:
        """Memory that it takes, about."""
        held = 0 if self.waveform is None else self.waveform.samples.nbytes
        kept = 0 if self.survey is None else self.survey.pyramid.bytes
        return held + kept + self.picture.spectrogram.raw.levels_db.nbytes


def check_length(info: AudioInfo) -> None:
    """Refuse a sound that is too short to be anything. Raises `AudioFileError`."""
    if info.duration < SHORTEST:
        raise AudioFileError(
            f"'{info.path.name}' is only {info.duration:.3f} s long; a sound of at least "
            f"{SHORTEST:g} s is needed."
        )


def load_sound(path: Path, resolution: Resolution) -> Sound:
    """Read a file and draw it, a long one roughly. Raises `AudioFileError`.

    Not for the GUI thread.
    """
    info, waveform = probe_and_read(path, MOST_SAMPLES_HELD)
    check_length(info)
    if waveform is not None:
        picture = make_sound_picture(waveform.samples, waveform.sample_rate, resolution)
        return Sound(info, picture, resolution, waveform)
    survey = Survey(info, resolution.window_at(info.sample_rate))
    steps = survey.steps()
    share = next(steps, 1.0)
    picture = SoundPicture(survey.envelope, _overview(survey))
    return Sound(info, picture, resolution, None, survey, share, steps)


def improve(sound: Sound) -> SpectrogramImage:
    """Look further through a long sound; return the better picture of all of it."""
    assert sound.survey is not None
    sound.share = next(sound.steps, 1.0)
    return _overview(sound.survey)


def _overview(survey: Survey) -> SpectrogramImage:
    length = survey.info.duration
    return image_of_pyramid(survey.pyramid, 0.0, length, length / _COLUMNS)


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
        while len(self._sounds) > 1 and self._size() > KEPT_BYTES:
            self._sounds.popitem(last=False)

    def drop(self, path: Path) -> None:
        """Forget a sound."""
        self._sounds.pop(path, None)

    def clear(self) -> None:
        """Forget every sound."""
        self._sounds.clear()

    def _size(self) -> int:
        return sum(sound.bytes for sound in self._sounds.values())


class SoundLoader(QObject):
    """Loads the sound that is wanted, and looks further through it as long as it is wanted.

    Signals: `loaded(path, sound)`, `refused(path, sentence)`, `improved(path, image)`.
    """

    loaded = Signal(object, object)
    refused = Signal(object, str)
    improved = Signal(object, object)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._shelf = SoundShelf()
        self._wanted: Path | None = None
        self._improving: set[Sound] = set()
        self.resolution = Resolution()

    def want(self, path: Path | None) -> Sound | None:
        """Say which sound is shown; return it if it is at hand, else `load` is to be called."""
        self._wanted = path
        sound = None if path is None else self._shelf.get(path)
        if sound is not None and sound.resolution != self.resolution:
            sound = None
        if path is not None and sound is not None:
            self._go_on(path, sound)
        return sound

    def drop(self, path: Path) -> None:
        """Forget a sound: it left the list, or its file may have changed."""
        self._shelf.drop(path)

    def load(self, path: Path) -> None:
        """Read a sound in a worker thread."""
        resolution = self.resolution

        def done(sound: Sound) -> None:
            if resolution != self.resolution:
                return  # another one is on its way
            self._shelf.put(path, sound)
            self.loaded.emit(path, sound)
            self._go_on(path, sound)

        def failed(sentence: str, _details: str) -> None:
            self.refused.emit(path, sentence)

        self._jobs.run_quick(lambda: load_sound(path, resolution), done, failed, self)

    def _go_on(self, path: Path, sound: Sound) -> None:
        if sound.share >= 1.0 or path != self._wanted or sound in self._improving:
            return
        self._improving.add(sound)

        def done(image: SpectrogramImage) -> None:
            self._improving.discard(sound)
            if path == self._wanted and self._shelf.get(path) is sound:
                sound.picture = SoundPicture(sound.picture.envelope, image)
                self.improved.emit(path, sound)
                self._go_on(path, sound)

        def failed(sentence: str, _details: str) -> None:
            self._improving.discard(sound)
            sound.share = 1.0
            self.refused.emit(path, sentence)

        self._jobs.run_quick(lambda: improve(sound), done, failed, self)
