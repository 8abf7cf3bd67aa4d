"""Looking at long sounds: the pyramid of levels, the outline, and the survey that fills them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from core.audio import level_pyramid
from core.audio.envelope import COARSE, Envelope
from core.audio.files import probe
from core.audio.level_pyramid import LevelPyramid
from core.audio.spectrogram import FLOOR_DB, display_spectrogram, stream_spectrogram
from core.audio.survey import Survey
from core.errors import AudioFileError

RATE = 8_000


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, count).astype(np.float32)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 3000), min_size=1, max_size=12), st.integers(1, 60))
def test_a_stream_in_any_blocks_gives_the_spectrogram_of_the_whole(
    sizes: list[int], columns: int
) -> None:
    samples = noise(sum(sizes))
    blocks = np.split(samples, np.cumsum(sizes)[:-1])
    whole = display_spectrogram(samples, RATE, 64, 32, columns)
    streamed = stream_spectrogram(blocks, len(samples), RATE, 64, 32, columns)
    np.testing.assert_allclose(streamed.levels_db, whole.levels_db, atol=1e-3)
    np.testing.assert_array_equal(streamed.times, whole.times)


def test_a_stream_may_bring_less_or_more_than_it_announced() -> None:
    samples = noise(4000)
    short = stream_spectrogram([samples], 8000, RATE, 64, 32, 1000)
    assert (short.levels_db[:, -100:] == FLOOR_DB).all()
    long = stream_spectrogram([samples], 2000, RATE, 64, 32, 1000)
    assert long.levels_db.shape == (33, 1 + 1999 // 32)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds so low that a sound of a minute has several resolutions."""
    monkeypatch.setattr(level_pyramid, "MOST_LEVELS", 33 * 1500)
    monkeypatch.setattr(level_pyramid, "FEWEST_COLUMNS", 64)


@pytest.mark.usefixtures("small")
def test_every_resolution_shows_every_click(tmp_path: Path) -> None:
    samples = np.zeros(60 * RATE, np.float32)
    clicks = np.array([3.3, 17.0, 44.4, 59.9])
    samples[(clicks * RATE).astype(int)] = 0.9
    path = tmp_path / "clicks.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    survey = Survey(probe(path), 64)
    *_, last = survey.steps()
    assert last == 1.0
    assert survey.pyramid.complete
    seen = set()
    for seconds in (0.001, 0.2, 2.0):
        part = survey.pyramid.between(0.0, 60.0, seconds)
        seen.add(part.levels_db.shape[1])
        loud = part.times[part.levels_db.max(axis=0) > -60]
        step = part.times[1] - part.times[0]
        for click in clicks:
            assert np.abs(loud - click).min() <= step
    assert len(seen) == 3


@pytest.mark.usefixtures("small")
def test_the_finest_resolution_is_the_spectrogram_itself(tmp_path: Path) -> None:
    path = tmp_path / "noise.wav"
    soundfile.write(path, noise(30 * RATE), RATE, subtype="FLOAT")
    survey = Survey(probe(path), 64)
    for _ in survey.steps():
        pass
    pyramid = survey.pyramid
    whole = display_spectrogram(noise(30 * RATE), RATE, 64, 32, pyramid.columns)
    part = pyramid.between(10.0, 12.0, 0.0)
    first = round((part.times[0] - whole.times[0]) / pyramid.finest_seconds)
    expected = whole.levels_db[:, first : first + part.levels_db.shape[1]]
    np.testing.assert_allclose(part.levels_db, expected, atol=0.05)
    np.testing.assert_allclose(part.times, whole.times[first : first + len(part.times)])


def test_the_memory_of_a_pyramid_is_bounded() -> None:
    for hours, window in ((1, 2048), (12, 2048), (3, 16_384), (1, 64)):
        pyramid = LevelPyramid(hours * 3600 * 44_100, 44_100, window)
        assert pyramid.bytes < 140e6
        assert pyramid.columns * pyramid.finest_seconds >= hours * 3600 - 1


@pytest.mark.usefixtures("small")
def test_the_first_steps_show_all_of_the_file_roughly(tmp_path: Path) -> None:
    loud_half = noise(40 * RATE) * np.repeat([0.0, 1.0], 20 * RATE).astype(np.float32)
    path = tmp_path / "half.flac"
    soundfile.write(path, loud_half, RATE)
    survey = Survey(probe(path), 64)
    steps = survey.steps()
    assert next(steps) == 0.0
    rough = survey.pyramid.between(0.0, 40.0, 1.0)
    assert rough.levels_db[:, rough.times < 19].max() < -80
    assert np.median(rough.levels_db[:, rough.times > 21]) > -60
    _, outline = survey.envelope.between(0.0, 40.0, 40)
    assert np.abs(outline[:36]).max() < 0.01
    assert np.abs(outline[-36:]).max() > 0.3
    steps.close()


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "gone.wav"
    soundfile.write(path, noise(RATE), RATE)
    survey = Survey(probe(path), 64)
    path.unlink()
    with pytest.raises(AudioFileError, match=r"gone\.wav"):
        list(survey.steps())


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40 * COARSE), st.integers(1, 5000))
def test_an_envelope_is_the_same_in_any_blocks(count: int, size: int) -> None:
    samples = noise(count)
    whole = Envelope.of(samples, RATE)
    streamed = Envelope(count, RATE)
    for first in range(0, count, size):
        streamed.append(samples[first : first + size])
    streamed.finish()
    assert streamed.peak == whole.peak == pytest.approx(np.abs(samples).max(), abs=1e-6)
    for one, other in zip(streamed._outline(), whole._outline(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_envelope_shows_samples_only_where_it_has_them() -> None:
    samples = noise(100 * COARSE)
    envelope = Envelope(len(samples), RATE)
    envelope.append(samples)
    envelope.finish()
    x, y = envelope.between(1.0, 1.1, 2000)
    assert len(x) < 20
    envelope.show_samples(RATE // 2, samples[RATE // 2 : 2 * RATE])
    x, y = envelope.between(1.0, 1.1, 2000)
    np.testing.assert_array_equal(y, samples[round(x[0] * RATE) :][: len(y)])
    assert len(envelope.between(0.1, 0.2, 2000)[0]) < 20
