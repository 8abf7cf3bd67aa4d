"""A folder of one's own with sounds that libsndfile does not read: opened, checked, extracted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.data.check import DatasetChecked, check_dataset
from core.data.datasets import open_dataset
from core.data.sound_facts import listen_to_file
from core.events import Warned
from tests.core.data.extracting import Averager, opened, start
from tests.real_ffmpeg import AAC, NEEDS_FFMPEG, encode, picture, run, sweep, write_wave

pytestmark = NEEDS_FFMPEG

TABLE = """file_name,caption,split
wave.wav,A tone rises.,train
lossless.m4a,A tone rises again.,train
talk.m4a,Somebody talks.,validation
film,A film rustles.,train
mute.mp4,Nothing is heard.,train
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    wave = write_wave(tmp_path / "wave.wav", sweep(1.0))
    encode(wave, tmp_path / "lossless.m4a", "-c:a", "alac")
    encode(wave, tmp_path / "talk.m4a", *AAC)
    encode(wave, tmp_path / "film.mkv", *picture(1.0), "-c:v", "mpeg4", "-c:a", "libopus")
    run(*picture(1.0), "-c:v", "mpeg4", tmp_path / "mute.mp4")
    (tmp_path / "captions.csv").write_text(TABLE)
    return tmp_path


def test_the_check_hears_them(folder: Path) -> None:
    dataset = open_dataset("folder", folder)
    assert [clip.duration for clip in dataset.clips("train")] == [1.0, 1.0, 1.0, 0.0]
    assert [clip.duration for clip in dataset.clips("validation")] == [1.0]
    *_, last = check_dataset(dataset)
    assert isinstance(last, DatasetChecked)
    report = last.report
    (train,) = (split for split in report.splits if split.name == "train")
    assert [(one.clip, one.detail) for one in train.unreadable.examples] == [
        ("mute.mp4", "'mute.mp4' has no sound track; choose another file.")
    ]
    # The same stereo sound, once by libsndfile and once by FFmpeg.
    assert [(one.clip, one.detail) for one in report.duplicates.examples] == [
        ("train/wave.wav", "train/lossless.m4a")
    ]


def test_their_features_are_extracted(folder: Path) -> None:
    dataset, encoder = open_dataset("folder", folder), Averager()
    warnings = [event for event in start(dataset, encoder) if isinstance(event, Warned)]
    assert [warning.message for warning in warnings] == [
        "Clip 'mute.mp4' is left out: 'mute.mp4' has no sound track; choose another file."
    ]
    store = opened(dataset, encoder)
    assert store.clip_ids == ("wave.wav", "lossless.m4a", "film.mkv")
    np.testing.assert_array_equal(store.frames(0), store.frames(1))
    np.testing.assert_allclose(store.frames(0), store.frames(2), atol=0.03)


def test_the_same_samples_as_fractions_of_one(tmp_path: Path) -> None:
    wave = write_wave(tmp_path / "wave.wav", sweep(0.2))
    samples, rate = soundfile.read(wave, dtype="float32")
    soundfile.write(tmp_path / "float.wav", samples, rate, subtype="FLOAT")
    found = {
        listen_to_file(path).digest
        for path in (
            wave,
            tmp_path / "float.wav",
            encode(wave, tmp_path / "pcm.mov", "-c:a", "pcm_s16le"),
            encode(wave, tmp_path / "flac.mka", "-c:a", "flac"),
        )
    }
    assert len(found) == 1
