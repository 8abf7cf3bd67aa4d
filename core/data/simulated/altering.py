"""Recordings made to sound like others: faster, echoing, muffled, repeated, noisy."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

Samples = NDArray[np.float32]

# Root mean square that altered sounds are brought to.
LEVEL = 0.1
# Variant 0 is the recording as it is.
VARIANTS = 6


def altered(sound: Samples, variant: int, rng: np.random.Generator, sample_rate: int) -> Samples:
    """Return a variant of samples (n,), of another length: its speed is changed, too.

    Variants 2 and 5 echo, 3 and 5 are muffled; `rng` says how much.
    """
    if variant:
        speed = float(rng.uniform(0.88, 1.14))
        sound = soxr.resample(sound, sample_rate, sample_rate / speed, quality="MQ")
    if variant in (2, 5):
        sound = _echoing(sound, rng, sample_rate)
    if variant in (3, 5):
        sound = _muffled(sound, float(rng.uniform(1500, 5000)), sample_rate)
    return sound


def repeated(sound: Samples, variant: int, rng: np.random.Generator, sample_rate: int) -> Samples:
    """Return samples (n,) three times over with pauses, where variant 4 is of a short sound."""
    if variant != 4 or len(sound) >= 2 * sample_rate:
        return sound
    pause = np.zeros(int(rng.uniform(0.05, 0.5) * sample_rate), np.float32)
    return np.concatenate([sound, pause, sound, pause, sound])


def levelled(
    sound: Samples, variant: int, rng: np.random.Generator, gain_db: float = 0.0
) -> Samples:
    """Bring samples (n,) to `LEVEL` and `gain_db` (dB) above; variants 1, 4 and 5 get noise."""
    loud = np.sqrt(np.mean(np.square(sound)) + 1e-12)
    made = sound * (LEVEL / max(loud, 1e-4) * 10 ** (gain_db / 20))
    if variant in (1, 4, 5):
        floor = LEVEL * 10 ** (rng.uniform(-45, -20) / 20)
        made = made + floor * rng.standard_normal(len(made))
    return np.asarray(made, np.float32)


def _echoing(sound: Samples, rng: np.random.Generator, sample_rate: int) -> Samples:
    """Add the echoes of a room: noise that dies away in 0.1 to 0.5 s."""
    seconds = float(rng.uniform(0.1, 0.5))
    count = round(seconds * sample_rate)
    room = rng.standard_normal(count) * np.exp(-6.9 * np.arange(count) / count)
    room *= 0.5 / np.sqrt(np.sum(np.square(room)))
    room[0] += 1.0
    size = len(sound) + count - 1
    length = 1 << (size - 1).bit_length()
    mixed = np.fft.irfft(np.fft.rfft(sound, length) * np.fft.rfft(room, length), length)
    return mixed[:size].astype(np.float32)


def _muffled(sound: Samples, cutoff: float, sample_rate: int) -> Samples:
    """Take away what lies above a frequency, gently."""
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / sample_rate)
    return np.fft.irfft(spectrum / (1 + (hertz / cutoff) ** 4), len(sound)).astype(np.float32)
