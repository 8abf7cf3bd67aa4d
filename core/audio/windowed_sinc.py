"""Change of sample rate by a Hann-windowed sinc, as the DCASE 2024 baseline hears its sounds.

The baseline resamples with ``torchaudio.functional.resample`` and its defaults: six zero crossings
on either side, cut off at 0.99 of the lower Nyquist frequency. Such a short filter falls off from
about 0.8 of it on; a steeper one makes the uppermost mel bands of noise louder by up to 1.4 dB than
those that the published caption model was trained on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

_ZERO_CROSSINGS = 6
_ROLLOFF = 0.99
# Outputs that are computed by one matrix product. Their filters begin at different samples, so a
# wider product multiplies more zeros, and a narrower one leaves a processor's registers unused.
_GROUP = 16
# A period of the output is made at least so long, that its products are wide enough.
_LEAST_PHASES = 64
# Multiplications of one product: few enough that the library does not start threads for it, which
# would take the processors from those who decode other sounds or run an encoder.
_MOST_PRODUCTS = 1 << 17

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Outputs `begin` to `end` of each period, from samples `first` on by `weights` (span, n)."""

    first: int
    begin: int
    end: int
    weights: Samples


@dataclass(frozen=True, slots=True, eq=False)
class _Filter:
    """`step` samples become `phases`; a period needs so many samples `before` and `after` it."""

    step: int
    phases: int
    before: int
    after: int
    groups: tuple[_Group, ...]


def resample_by_sinc(blocks: Iterable[Samples], from_rate: int, to_rate: int) -> Iterator[Samples]:
    """Resample a signal that arrives in blocks (n,) to ceil(n * to_rate / from_rate) samples.

    The output is the same whatever the sizes of the blocks, but for rounding in the last digit,
    and no empty block is yielded.
    """
    bank = _filter(from_rate, to_rate)
    # `kept` begins `before` samples ahead of the next period.
    kept = np.zeros(bank.before, np.float32)
    taken = given = 0
    for block in blocks:
        taken += len(block)
        kept = np.concatenate((kept, np.asarray(block, np.float32)))
        periods = max(0, (len(kept) - bank.before - bank.after) // bank.step)
        if periods:
            yield _filtered(kept, periods, bank)
            given += periods * bank.phases
            kept = kept[periods * bank.step :]
    missing = -(-taken * bank.phases // bank.step) - given
    if missing > 0:
        periods = -(-missing // bank.phases)
        wanted = bank.before + periods * bank.step + bank.after
        kept = np.concatenate((kept, np.zeros(max(0, wanted - len(kept)), np.float32)))
        yield _filtered(kept, periods, bank)[:missing]


def _filtered(samples: Samples, periods: int, bank: _Filter) -> Samples:
    """Return the output of whole periods, (periods * phases,)."""
    output = np.empty((periods, bank.phases), np.float32)
    reach = bank.before + bank.step + bank.after
    rows = sliding_window_view(samples, reach)[:: bank.step]
    portion = max(1, _MOST_PRODUCTS // max(group.weights.size for group in bank.groups))
    for start in range(0, periods, portion):
        end = min(start + portion, periods)
        for group in bank.groups:
            heard = rows[start:end, group.first : group.first + len(group.weights)]
            np.matmul(heard, group.weights, out=output[start:end, group.begin : group.end])
    return output.ravel()


@lru_cache(maxsize=8)
def _filter(from_rate: int, to_rate: int) -> _Filter:
    """Arrange the filters of all outputs of a period into groups of neighbours."""
    divisor = math.gcd(from_rate, to_rate)
    first, kernels = _kernels(from_rate // divisor, to_rate // divisor)
    # Short periods are taken several at a time.
    times = -(-_LEAST_PHASES // len(kernels))
    step = from_rate // divisor * times
    shifts = np.arange(times)[:, None] * (from_rate // divisor)
    first = (first[None] + shifts).ravel()
    kernels = np.tile(kernels, (times, 1))
    before, (phases, taps) = -int(first.min()), kernels.shape
    groups = []
    for begin in range(0, phases, _GROUP):
        end = min(begin + _GROUP, phases)
        offsets = first[begin:end] - first[begin]
        weights = np.zeros((int(offsets[-1]) + taps, end - begin), np.float32)
        for column, offset in enumerate(offsets):
            weights[offset : offset + taps, column] = kernels[begin + column]
        groups.append(_Group(int(first[begin]) + before, begin, end, weights))
    after = max(0, int(first.max()) + taps - step)
    return _Filter(step, phases, before, after, tuple(groups))


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
