"""AudioCaps, MACS, WavCaps and Clotho's sounds without captions, as copies on disk have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data import datasets
from core.data.clips import Dataset, missing_files, present_splits
from core.data.datasets import open_dataset
from core.data.joined_dataset import Joined
from core.data.places import remember_place
from core.errors import DatasetError
from tests.core.data.layouts import (
    MACS_YAML,
    make_audiocaps,
    make_macs,
    make_wavcaps,
    write_csv,
    write_sound,
)
from tests.core.data.test_clotho import make_copy


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_audiocaps(tmp_path: Path, version: str) -> None:
    folder = make_audiocaps(tmp_path, version)
    name = {"v1": "audiocaps", "v2": "audiocaps-v2"}[version]
    for root in (tmp_path, folder):
        dataset = open_dataset(name, root)
        assert isinstance(dataset, Dataset) and dataset.name == name
        assert dataset.splits == present_splits(dataset) == ("train", "val", "test")
        assert [clip.id for clip in dataset.clips("train")] == ["-abc_D_30.flac", "x9_0.flac"]
        clip = dataset.clips("val")[0]
        assert clip.captions == tuple(f"val -abc_D, said {n}." for n in range(5))
        assert clip.extras == {"audiocap_id": "0", "youtube_id": "-abc_D", "start_time": "30"}
        assert missing_files(dataset, "val") == ("removed_120.flac",)
        assert dataset.load_audio(clip, 16_000).shape == (1_600,)


def test_audiocaps_of_one_version_only(tmp_path: Path) -> None:
    make_audiocaps(tmp_path, "v2")
    with pytest.raises(DatasetError, match=r"no tables of AudioCaps v1.*csv_files_v1"):
        open_dataset("audiocaps", tmp_path)


def test_audiocaps_with_old_tables_and_other_suffixes(tmp_path: Path) -> None:
    folder = make_audiocaps(tmp_path, "v1", ".wav")
    for table in (folder / "csv_files_v1").iterdir():
        table.rename(folder / table.name)
    dataset = open_dataset("audiocaps", tmp_path)
    assert [clip.id for clip in dataset.clips("test")] == ["-abc_D_30.wav", "x9_0.wav"]


def test_macs(tmp_path: Path) -> None:
    make_macs(tmp_path)
    dataset = open_dataset("macs", tmp_path)
    assert isinstance(dataset, Dataset) and dataset.splits == ("train",)
    airport, park = dataset.clips("train")
    assert airport.captions == ("People talk and a child cries.", "many people, walking: fast")
    assert airport.tags == ("adults talking", "children voices", "footsteps")
    assert park.extras == {"scene_label": "park", "identifier": "lyon-1"}
    assert missing_files(dataset, "train") == ("gone.wav",)


@pytest.mark.parametrize("text", ["files: [", "files: 3", "other: []", "files: [{filename: a}]"])
def test_a_damaged_table_of_macs(tmp_path: Path, text: str) -> None:
    folder = make_macs(tmp_path)
    (folder / "MACS.yaml").write_text(text)
    with pytest.raises(DatasetError, match=r"MACS\.yaml is not the table of MACS"):
        open_dataset("macs", tmp_path).clips("train")


def test_yaml_is_never_executed(tmp_path: Path) -> None:
    folder = make_macs(tmp_path)
    (folder / "MACS.yaml").write_text("!!python/object/apply:os.getcwd []\n" + MACS_YAML)
    with pytest.raises(DatasetError, match="not the table of MACS"):
        open_dataset("macs", tmp_path).clips("train")


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("wavcaps", ["Yone", "Ytwo", "117790", "42", "43", "7"]),
        ("wavcaps-no-clotho", ["Yone", "Ytwo", "42", "43", "7"]),
        ("wavcaps-no-clotho-audiocaps", ["Yone", "42", "43", "7"]),
    ],
)
def test_wavcaps_and_what_it_leaves_out(tmp_path: Path, name: str, ids: list[str]) -> None:
    make_wavcaps(tmp_path)
    dataset = open_dataset(name, tmp_path)
    assert isinstance(dataset, Dataset) and dataset.name == name
    clips = dataset.clips("train")
    assert [Path(clip.id).stem for clip in clips] == ids
    assert clips[0].duration == 2.5 and clips[0].extras["source"] == "AudioSet_SL"
    assert clips[0].captions == ("Sound Yone.wav of it.",)
    assert dataset.load_audio(clips[0], 8_000).shape == (800,)


def test_nothing_is_left_out_in_silence(tmp_path: Path) -> None:
    folder = make_wavcaps(tmp_path)
    (folder / "blacklist_clotho.full.v2.csv").unlink()
    with pytest.raises(DatasetError, match=r"blacklist_clotho\.full\.v2\.csv is missing"):
        open_dataset("wavcaps-no-clotho", tmp_path).clips("train")


def test_wavcaps_without_sounds(tmp_path: Path) -> None:
    folder = make_wavcaps(tmp_path)
    (folder / "Audio").rename(folder / "Zip_files")
    with pytest.raises(DatasetError, match="no source with both its table"):
        open_dataset("wavcaps", tmp_path).clips("train")


def test_versions_lie_together(tmp_path: Path) -> None:
    make_wavcaps(tmp_path)
    remember_place("wavcaps", tmp_path)
    assert len(open_dataset("wavcaps-no-clotho").clips("train")) == 5


def test_joined_to_what_validates(tmp_path: Path) -> None:
    make_copy(tmp_path)
    make_macs(tmp_path)
    make_wavcaps(tmp_path)
    joined = open_dataset("macs+clotho+wavcaps-no-clotho", tmp_path)
    assert len(joined.clips("train")) == 2 + 3 + 5
    assert {clip.id.split("/")[0] for clip in joined.clips("validation")} == {"clotho"}
    assert open_dataset("macs+wavcaps", tmp_path).splits == ("train",)


def test_joins_say_which_sounds_they_share(tmp_path: Path) -> None:
    make_copy(tmp_path)
    make_wavcaps(tmp_path)
    make_audiocaps(tmp_path)
    joined = open_dataset("clotho+wavcaps", tmp_path)
    assert isinstance(joined, Joined)
    assert joined.notes == (
        "'wavcaps' holds sounds of Clotho, so that measures on 'clotho' will flatter the model; "
        "join 'wavcaps-no-clotho' instead.",
    )
    other = open_dataset("audiocaps+wavcaps-no-clotho", tmp_path)
    assert isinstance(other, Joined) and "sounds of AudioCaps" in other.notes[0]
    clean = open_dataset("clotho+audiocaps+wavcaps-no-clotho-audiocaps", tmp_path)
    assert isinstance(clean, Joined) and clean.notes == ()


# Not `dataset_names`: it also names the folders of whoever runs this.
@pytest.mark.parametrize("name", [n for n in datasets._OPENERS if not n.startswith("starter-")])
def test_a_missing_copy_is_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError) as caught:
        open_dataset(name, tmp_path)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


def test_clothos_sounds_without_captions(tmp_path: Path) -> None:
    folder = make_copy(tmp_path)
    audio, tables = folder / "clotho_audio_files", folder / "clotho_csv_files"
    for name in ("b; rain.wav", "Ä.wav"):
        write_sound(audio / "test" / name)
        write_sound(audio / "clotho_analysis" / name)
    (audio / "clotho_analysis" / ".DS_Store").write_bytes(b"stray")
    rows = [["file_name", "sound_id"], ["b; rain.wav", "1"], ["Ä.wav", "2"]]
    write_csv(tables / "clotho_metadata_test.csv", rows, ";")
    text = (tables / "clotho_metadata_test.csv").read_text(encoding="utf-8")
    (tables / "clotho_metadata_test.csv").write_bytes(text.encode("latin-1"))
    rows = [["file_name", "keywords"], ["Rain, on a roof.wav", "rain;roof"]]
    write_csv(tables / "clotho_metadata_validation.csv", rows)
    dataset = open_dataset("clotho", tmp_path)
    assert dataset.splits == ("development", "validation", "evaluation", "test", "analysis")
    test, analysis = dataset.clips("test"), dataset.clips("analysis")
    assert [(c.id, c.captions, c.extras) for c in test] == [
        ("b; rain.wav", (), {"sound_id": "1"}),
        ("Ä.wav", (), {"sound_id": "2"}),
    ]
    assert {clip.id for clip in analysis} == {"b; rain.wav", "Ä.wav"}
    assert dataset.clips("validation")[0].extras == {"keywords": "rain;roof"}
