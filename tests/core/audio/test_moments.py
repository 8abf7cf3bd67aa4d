"""A quick look all over a long file, with libsndfile and with FFmpeg."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.audio import survey
from core.audio.files import probe, read_audio
from core.audio.moments import read_moments
from core.audio.survey import Survey, _spread
from tests.real_ffmpeg import AAC, encode, needs_ffmpeg, sweep, write_wave

RATE = 16_000


@pytest.fixture
def wave(tmp_path: Path) -> Path:
    """Ten seconds of a rising tone, silent in its first half."""
    samples = sweep(10.0, RATE)
    samples[: 5 * RATE] = 0.0
    return write_wave(tmp_path / "wave.wav", samples, RATE)


def test_the_first_moments_lie_all_over_the_file() -> None:
    shares = _spread(64)
    np.testing.assert_allclose(np.sort(shares), (np.arange(64) + 0.5) / 64)
    for count in (4, 8, 16):
        gaps = np.diff([0.0, *np.sort(shares[:count]), 1.0])
        assert gaps.max() < 1.6 / count


def test_stretches_are_those_of_the_file(wave: Path) -> None:
    whole = read_audio(wave).samples
    for moment, samples in read_moments(wave, [8.0, 0.5, 5.25], 0.1, 60.0):
        first = round(moment * RATE)
        np.testing.assert_array_equal(samples, whole[first : first + RATE // 10])


@needs_ffmpeg
def test_stretches_of_an_m4a_are_those_of_the_file(wave: Path, tmp_path: Path) -> None:
    path = encode(wave, tmp_path / "sound.m4a", *AAC)
    whole = read_audio(path).samples
    found = dict(read_moments(path, [8.0, 0.5, 5.25], 0.1, 60.0))
    assert list(found) == [8.0, 0.5, 5.25]
    for moment, samples in found.items():
        first = round(moment * RATE)
        np.testing.assert_allclose(samples, whole[first : first + RATE // 10], atol=2e-3)
    # One behind the end ends the look, as does running out of patience.
    assert [moment for moment, _ in read_moments(path, [1.0, 99.0, 2.0], 0.1, 60.0)] == [1.0]
    assert list(read_moments(path, [1.0], 0.1, 0.0)) == []
    assert list(read_moments(path, [1.0], 0.1, 0.001)) == []


@needs_ffmpeg
def test_formats_that_cannot_be_sought_give_none(wave: Path, tmp_path: Path) -> None:
    path = encode(wave, tmp_path / "sound.ac3", "-c:a", "ac3", "-ar", "32000")
    assert list(read_moments(path, [1.0], 0.1, 60.0)) == []


@needs_ffmpeg
def test_a_long_m4a_is_seen_roughly_before_it_is_read(
    wave: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey, "_SKETCH_SECONDS", 60.0)
    monkeypatch.setattr(survey, "_FIRST_ROUND", 4)
    monkeypatch.setattr(survey, "_ROUNDS", 1)
    path = encode(wave, tmp_path / "sound.m4a", *AAC)
    sight = Survey(probe(path), 512)
    steps = sight.steps()
    assert next(steps) == 0.0
    quiet, loud = (
        sight.pyramid.between(start, start + 3.0, 1.0).levels_db.max() for start in (1.0, 6.0)
    )
    assert quiet < loud - 40
    _, outline = sight.envelope.between(0.0, 10.0, 100)
    assert np.abs(outline[:80]).max() < 0.02 < 0.3 < np.abs(outline[120:]).max()
    assert list(steps)[-1] == 1.0
