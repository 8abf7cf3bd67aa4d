"""Frequency axes and their ticks."""

from __future__ import annotations

import numpy as np
import pytest

from core.audio.frequency_scale import SCALE_NAMES, FrequencyScale, ScaleName, format_hertz


@pytest.mark.parametrize("name", SCALE_NAMES)
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 192_000])
def test_position_and_hertz_are_inverse(name: ScaleName, rate: int) -> None:
    scale = FrequencyScale.full(name, rate)
    positions = np.linspace(0, 1, 50)
    hertz = scale.hertz(positions)
    assert (np.diff(hertz) > 0).all()
    assert hertz[-1] == pytest.approx(rate / 2)
    np.testing.assert_allclose(scale.position(hertz), positions, atol=1e-9)


def test_mel_is_that_of_htk() -> None:
    scale = FrequencyScale("mel", 0.0, 8_000.0)
    # 1000 Hz is 999.986 mel, 8000 Hz is 2840.023 mel.
    assert float(scale.position(1_000.0)) == pytest.approx(999.986 / 2840.023, abs=1e-6)


def test_an_octave_is_equally_tall_everywhere_on_a_log_axis() -> None:
    positions = FrequencyScale.full("log", 44_100).position([100, 200, 400, 800])
    np.testing.assert_allclose(np.diff(positions), np.diff(positions)[0])


@pytest.mark.parametrize("name", SCALE_NAMES)
@pytest.mark.parametrize("rate", [2_000, 16_000, 44_100, 384_000])
@pytest.mark.parametrize("count", [3, 6, 10])
def test_ticks_are_round_apart_and_about_as_many_as_asked(
    name: ScaleName, rate: int, count: int
) -> None:
    ticks = FrequencyScale.full(name, rate).ticks(count)
    positions = [tick.position for tick in ticks]
    assert 2 <= len(ticks) <= 2 * count + 1
    assert min(positions) >= 0
    assert max(positions) <= 1 + 1e-9
    assert min(np.diff(positions)) >= 0.5 / count - 1e-9
    assert all(tick.label == format_hertz(tick.hertz) for tick in ticks)


def test_a_log_axis_marks_the_powers_of_ten() -> None:
    labels = {tick.label for tick in FrequencyScale.full("log", 44_100).ticks(6)}
    assert {"100 Hz", "1 kHz", "10 kHz"} <= labels


def test_labels() -> None:
    assert [format_hertz(f) for f in (0, 50, 999, 1_000, 2_500)] == [
        "0 Hz",
        "50 Hz",
        "999 Hz",
        "1 kHz",
        "2.5 kHz",
    ]


@pytest.mark.parametrize(("name", "low", "high"), [("log", 0, 10), ("mel", 5, 5), ("bark", 0, 1)])
def test_impossible_axes(name: ScaleName, low: float, high: float) -> None:
    with pytest.raises(ValueError, match=r"no .*(axis|scale)"):
        FrequencyScale(name, low, high)
