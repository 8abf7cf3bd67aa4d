"""Scenes: which recordings sound when and how loud, and their mixture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.data.starter.recordings import Recording, SoundLibrary

SCENE_SECONDS = 10.0
# Two sounds follow one another only with this much time between them.
_CLEAR_GAP = 0.12
_PEAK = 0.95
_LOOP_FADE = 0.25


@dataclass(frozen=True, slots=True)
class SceneSound:
    """One sound of a scene, played once or several times.

    Attributes
    ----------
    sound
        Class name.
    recording
        What is played.
    onsets
        Start of each play, in seconds.
    play_seconds
        Length of each play.
    skip
        Seconds left out at the start of the recording.
    gain_db
        Relative to the common loudness of the recordings (loudest 400 ms at -20 dBFS).
    level
        ``quiet``, ``normal`` or ``loud``: what may be said about the gain.
    """

    sound: str
    recording: Recording
    onsets: tuple[float, ...]
    play_seconds: float
    skip: float
    gain_db: float
    level: str

    @property
    def onset(self) -> float:
        """Start of the first play, in seconds."""
        return self.onsets[0]

    @property
    def offset(self) -> float:
        """End of the last play, in seconds."""
        return self.onsets[-1] + self.play_seconds

    @property
    def plays(self) -> int:
        """How often it is played."""
        return len(self.onsets)

    @property
    def sounding(self) -> float:
        """Seconds it sounds, pauses left out."""
        return self.plays * self.play_seconds


@dataclass(frozen=True, slots=True)
class Scene:
    """What is in ten seconds: one to three sounds in order of onset, maybe over a background."""

    id: str
    sounds: tuple[SceneSound, ...]
    background: SceneSound | None
    noise_db: float
    noise_seed: tuple[int, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        """Class names, the background last."""
        every = self.sounds + ((self.background,) if self.background else ())
        return tuple(sound.sound for sound in every)


def overlap_seconds(a: SceneSound, b: SceneSound) -> float:
    """How long both sound at the same time."""
    return sum(
        max(0.0, min(s + a.play_seconds, t + b.play_seconds) - max(s, t))
        for s in a.onsets
        for t in b.onsets
    )


def overlaps(a: SceneSound, b: SceneSound) -> bool:
    """Whether a listener hears them together: for 0.4 s, or for half of the shorter one."""
    return overlap_seconds(a, b) >= min(0.4, 0.5 * min(a.sounding, b.sounding))


def precedes(a: SceneSound, b: SceneSound) -> bool:
    """Whether `a` is clearly over before `b` starts."""
    return a.offset + _CLEAR_GAP <= b.onset


def render(scene: Scene, library: SoundLibrary, sample_rate: int) -> NDArray[np.float32]:
    """Mix a scene: samples (10 s * sample_rate,), peak at most 0.95.

    A faint noise floor lies under everything: digital silence is not what microphones hear.
    """
    total = round(SCENE_SECONDS * sample_rate)
    rng = np.random.default_rng(scene.noise_seed)
    mix = rng.standard_normal(total, dtype=np.float32)
    mix *= np.float32(10 ** (scene.noise_db / 20))
    if scene.background is not None:
        _add(mix, scene.background, library, sample_rate)
    for sound in scene.sounds:
        _add(mix, sound, library, sample_rate)
    peak = float(np.abs(mix).max())
    if peak > _PEAK:
        mix *= np.float32(_PEAK / peak)
    return mix


def _add(
    mix: NDArray[np.float32], sound: SceneSound, library: SoundLibrary, sample_rate: int
) -> None:
    samples = library.samples(sound.recording, sample_rate)
    wanted = round(sound.play_seconds * sample_rate)
    if sound.recording.kind == "background":
        played = _looped(samples, round(sound.skip * sample_rate), wanted, sample_rate)
    else:
        start = round(sound.skip * sample_rate)
        played = samples[start : start + wanted].copy()
        if start > 0:
            _fade(played, round(0.02 * sample_rate), at_end=False)
        if start + wanted < len(samples):
            _fade(played, round(0.15 * sample_rate), at_end=True)
    played *= np.float32(10 ** (sound.gain_db / 20))
    for onset in sound.onsets:
        first = round(onset * sample_rate)
        part = played[: max(0, len(mix) - first)]
        mix[first : first + len(part)] += part


def _fade(samples: NDArray[np.float32], length: int, *, at_end: bool) -> None:
    length = min(length, len(samples))
    ramp = np.linspace(0.0, 1.0, length, dtype=np.float32)
    if at_end:
        samples[len(samples) - length :] *= ramp[::-1]
    else:
        samples[:length] *= ramp


def _looped(
    samples: NDArray[np.float32], start: int, wanted: int, sample_rate: int
) -> NDArray[np.float32]:
    """Cut `wanted` samples out of an endless loop whose seams are crossfaded."""
    fade = min(round(_LOOP_FADE * sample_rate), len(samples) // 4)
    rise = np.sqrt(np.linspace(0.0, 1.0, fade, dtype=np.float32))
    lap = samples[: len(samples) - fade].copy()
    lap[:fade] = lap[:fade] * rise + samples[len(samples) - fade :] * rise[::-1]
    start %= len(lap)
    repeats = -(-(start + wanted) // len(lap))
    return np.tile(lap, repeats)[start : start + wanted]
