from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.data.own import OwnFolder
from core.data.references import keep_reference
from core.errors import AudioFileError, DatasetError

RATE = 16_000


def write(path: Path, value: float = 0.1, seconds: float = 2.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.full(round(seconds * RATE), value, np.float32), RATE)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mine" / "sounds"


def test_sounds_are_copied_and_listed(folder: Path, tmp_path: Path) -> None:
    sound = write(tmp_path / "a" / "dog.wav")
    other = write(tmp_path / "b" / "dog.wav", 0.2)
    assert keep_reference(folder, sound, "  a dog \n barks ") == "dog.wav"
    assert keep_reference(folder, sound, "a dog barks") == "dog.wav"
    assert keep_reference(folder, sound, "barking, far away") == "dog.wav"
    assert keep_reference(folder, other, "another dog") == "dog-2.wav"
    table = (folder / "captions.csv").read_text(encoding="utf-8").splitlines()
    assert table == [
        "file,caption",
        "dog.wav,a dog barks",
        'dog.wav,"barking, far away"',
        "dog-2.wav,another dog",
    ]
    assert (folder / "dog-2.wav").read_bytes() == other.read_bytes()


def test_a_part_becomes_a_file_of_its_own(folder: Path, tmp_path: Path) -> None:
    name = keep_reference(folder, write(tmp_path / "long.wav"), "a hum", 0.5, 1.0)
    assert name == "long_0.50-1.50.flac"
    assert soundfile.info(folder / name).frames == RATE


def test_a_sound_in_the_folder_stays_where_it_is(folder: Path) -> None:
    assert keep_reference(folder, write(folder / "deep" / "x.wav"), "wind") == "deep/x.wav"
    assert sorted(path.name for path in folder.iterdir()) == ["captions.csv", "deep"]


def test_a_table_of_someone_else_is_left_alone(folder: Path, tmp_path: Path) -> None:
    folder.mkdir(parents=True)
    table = folder / "captions.csv"
    table.write_text("name;text\n")
    with pytest.raises(DatasetError, match="other columns"):
        keep_reference(folder, write(tmp_path / "x.wav"), "wind")
    assert table.read_text() == "name;text\n"


def test_no_words_are_no_reference(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="empty"):
        keep_reference(folder, write(tmp_path / "x.wav"), " \n")
    assert not folder.exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    sound = write(tmp_path / "x.wav")
    with pytest.raises(DatasetError, match="choose another folder"):
        keep_reference(sound / "below", sound, "wind")


def test_the_folder_is_a_dataset(folder: Path, tmp_path: Path) -> None:
    for number in range(12):
        sound = write(tmp_path / f"sound {number}.wav", number / 20)
        keep_reference(folder, sound, f'a "sound", number {number}')
    dataset = OwnFolder(folder)
    clips = [clip for split in dataset.splits for clip in dataset.clips(split)]
    assert len(clips) == 12
    assert {caption for clip in clips for caption in clip.captions} == {
        f'a "sound", number {number}' for number in range(12)
    }


def test_a_sound_that_is_gone_is_no_fault_of_the_folder(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match=r"gone\.wav' cannot be read .*check its name"):
        keep_reference(folder, tmp_path / "gone.wav", "a dog barks")
    assert not (folder / "captions.csv").exists()
