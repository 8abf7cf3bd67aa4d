"""Spectrograms for display."""

from __future__ import annotations

import numpy as np
import pytest

from core.audio.frequency_scale import SCALE_NAMES, FrequencyScale, ScaleName
from core.audio.spectrogram import FLOOR_DB, display_spectrogram, on_scale


def tone(
    hertz: float, rate: int, seconds: float = 1.0
) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate).astype(np.float32)


def test_a_full_scale_sine_stands_at_0_db_at_its_frequency() -> None:
    picture = display_spectrogram(tone(1_000, 16_000), 16_000, window=512)
    column = picture.levels_db[:, picture.levels_db.shape[1] // 2]
    assert column.max() == pytest.approx(0, abs=0.01)
    assert picture.frequencies[column.argmax()] == pytest.approx(1_000)


def test_agrees_with_one_transform_at_a_time() -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, 5_000).astype(np.float32)
    picture = display_spectrogram(samples, 8_000, window=256, hop=100)
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)
    padded = np.concatenate([np.zeros(128), samples, np.zeros(256)])
    assert picture.levels_db.shape == (129, 50)
    for column in (0, 1, 25, 49):
        part = padded[column * 100 :][:256] * taper * 2 / taper.sum()
        expected = 20 * np.log10(np.abs(np.fft.rfft(part)))
        np.testing.assert_allclose(picture.levels_db[:, column], expected, atol=0.02)
    np.testing.assert_allclose(picture.times[:3], [0, 100 / 8_000, 200 / 8_000])


def test_is_what_an_image_item_wants() -> None:
    levels = display_spectrogram(tone(100, 8_000), 8_000).levels_db
    assert levels.dtype == np.float32
    assert levels.flags.c_contiguous


@pytest.mark.parametrize("samples", [np.zeros(9_000, np.float32), np.zeros(1, np.float32)])
def test_silence_is_the_floor(samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> None:
    assert display_spectrogram(samples, 16_000).levels_db == pytest.approx(FLOOR_DB, abs=1e-3)


def test_nothing_has_no_picture() -> None:
    with pytest.raises(ValueError, match="zero length"):
        display_spectrogram(np.zeros(0, np.float32), 16_000)


def test_a_long_sound_keeps_its_clicks_in_few_columns() -> None:
    rate, seconds = 8_000, 300
    samples = np.zeros(rate * seconds, np.float32)
    clicks = np.arange(10, seconds, 37)
    samples[clicks * rate] = 1.0
    picture = display_spectrogram(samples, rate, window=256, max_columns=300)
    assert picture.levels_db.shape[1] <= 300
    loud = picture.times[picture.levels_db.max(axis=0) > -60]
    assert len(loud) >= len(clicks)
    for click in clicks:
        assert np.abs(loud - click).min() < 1.5


@pytest.mark.parametrize("count", [1, 255, 256, 257, 99_999, 400_000])
def test_never_more_columns_than_asked_and_times_within_the_sound(count: int) -> None:
    picture = display_spectrogram(np.ones(count, np.float32), 8_000, window=256, max_columns=500)
    assert 1 <= picture.levels_db.shape[1] <= 500
    assert picture.levels_db.shape[1] == len(picture.times)
    assert picture.times[0] >= 0
    assert picture.times[-1] <= count / 8_000 + 0.1


@pytest.mark.parametrize("name", SCALE_NAMES)
@pytest.mark.parametrize("hertz", [300.0, 1_000.0, 5_000.0])
def test_a_tone_stands_where_the_axis_says(name: ScaleName, hertz: float) -> None:
    scale = FrequencyScale.full(name, 16_000)
    picture = on_scale(display_spectrogram(tone(hertz, 16_000), 16_000), scale, rows=200)
    assert picture.levels_db.shape[0] == len(picture.frequencies) == 200
    assert picture.levels_db.dtype == np.float32
    assert picture.levels_db.flags.c_contiguous
    rows = picture.levels_db[:, 20].argmax()
    assert (rows + 0.5) / 200 == pytest.approx(float(scale.position(hertz)), abs=0.02)
    assert picture.levels_db.max() == pytest.approx(0, abs=1.5)


def test_more_rows_than_bins_are_interpolated() -> None:
    source = display_spectrogram(tone(1_000, 16_000), 16_000, window=128)
    picture = on_scale(source, FrequencyScale.full("linear", 16_000), rows=640)
    np.testing.assert_allclose(
        picture.levels_db[:, 9],
        np.interp(picture.frequencies, source.frequencies, source.levels_db[:, 9]),
        atol=1e-3,
    )
