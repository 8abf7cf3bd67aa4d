"""Change of sample rate by a Hann-windowed sinc, as the DCASE 2024 baseline hears its sounds.

The baseline resamples with ``torchaudio.functional.resample`` and its defaults: six zero crossings
on either side, cut off at 0.99 of the lower Nyquist frequency. Such a short filter falls off from
about 0.8 of it on; a steeper one makes the uppermost mel bands of noise louder by up to 1.4 dB than
those that the published caption model was trained on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_ZERO_CROSSINGS = 6
_ROLLOFF = 0.99
# Products that are held at once, so that memory does not grow with the length of a block.
_MOST_PRODUCTS = 1 << 22

Samples = NDArray[np.float32]


def resample_by_sinc(blocks: Iterable[Samples], from_rate: int, to_rate: int) -> Iterator[Samples]:
    """Resample a signal that arrives in blocks (n,) to ceil(n * to_rate / from_rate) samples.

    The output is the same whatever the sizes of the blocks, and no empty block is yielded.
    """
    divisor = math.gcd(from_rate, to_rate)
    step, phases = from_rate // divisor, to_rate // divisor
    first, kernels = _kernels(step, phases)
    before = -int(first.min())
    after = int(first.max()) + kernels.shape[1] - step
    # `kept` begins `before` samples ahead of the next period of `step` samples.
    kept = np.zeros(before, np.float32)
    taken = given = 0
    for block in blocks:
        taken += len(block)
        kept = np.concatenate((kept, np.asarray(block, np.float32)))
        periods = max(0, (len(kept) - before - after) // step)
        if periods:
            yield _filtered(kept, periods, step, first + before, kernels)
            given += periods * phases
            kept = kept[periods * step :]
    missing = -(-taken * phases // step) - given
    if missing > 0:
        periods = -(-missing // phases)
        wanted = before + periods * step + after
        kept = np.concatenate((kept, np.zeros(max(0, wanted - len(kept)), np.float32)))
        yield _filtered(kept, periods, step, first + before, kernels)[:missing]


def _filtered(
    samples: Samples, periods: int, step: int, first: NDArray[np.int64], kernels: Samples
) -> Samples:
    """Return the output of whole periods, (periods * phases,)."""
    phases, taps = kernels.shape
    places = first[:, None] + np.arange(taps)
    output = np.empty((periods, phases), np.float32)
    portion = max(1, _MOST_PRODUCTS // kernels.size)
    for start in range(0, periods, portion):
        starts = step * np.arange(start, min(start + portion, periods))
        heard = samples[starts[:, None, None] + places]
        output[start : start + portion] = np.einsum("npk,pk->np", heard, kernels)
    return output.ravel()


@lru_cache(maxsize=8)
def _kernels(step: int, phases: int) -> tuple[NDArray[np.int64], Samples]:
    """Return for each phase the place of its first sample, and its filter (phases, taps)."""
    cutoff = _ROLLOFF * min(step, phases)
    reach = math.ceil(_ZERO_CROSSINGS * step / cutoff)
    first = np.arange(phases) * step // phases - reach
    places = first[:, None] + np.arange(2 * reach + 2)
    # In single precision, as torchaudio computes it: its rounding is part of its filter.
    single = np.float32
    moments = np.arange(phases, dtype=single)[:, None] / single(phases)
    times = (places.astype(single) / single(step) - moments) * single(cutoff)
    times = times.clip(-_ZERO_CROSSINGS, _ZERO_CROSSINGS)
    window = np.cos(times * single(np.pi) / _ZERO_CROSSINGS / 2) ** 2
    angles = times * single(np.pi)
    sinc = np.divide(np.sin(angles), angles, out=np.ones_like(angles), where=angles != 0)
    kernels = sinc * (window * single(cutoff / step))
    return first, kernels
