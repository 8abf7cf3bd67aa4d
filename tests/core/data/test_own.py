"""Folders of one's own: tables as people write them, and what is wrong with them."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.data.clips import Dataset, audio_fingerprint, missing_files
from core.data.datasets import dataset_names, open_dataset
from core.data.folder_preview import preview_folder
from core.data.mapping import ColumnMapping
from core.data.own import OwnFolder
from core.data.own_splits import draw_splits
from core.data.places import (
    find_place,
    forget_place,
    places,
    remember_own,
    remember_place,
    rename_own,
)
from core.errors import DatasetError

NAMES = ("dog.wav", "rain, heavy.wav", "Glück im Wald.wav", 'He said "hm".wav')


def sounds(folder: Path, *names: str) -> Path:
    for number, name in enumerate(names or NAMES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / name, np.full(800 * (number + 1), 0.1), 8_000)
    return folder


def table(folder: Path, text: str, name: str = "captions.csv", encoding: str = "utf-8") -> Path:
    (folder / name).write_bytes(text.encode(encoding))
    return folder


def all_clips(dataset: Dataset) -> dict[str, tuple[str, ...]]:
    return {c.id: c.captions for split in dataset.splits for c in dataset.clips(split)}


ROWS = """file_name,caption_1,caption_2,split,author
dog.wav,A dog barks at a cat.,Barking of a dog,train,Ann
"rain, heavy.wav","Rain falls, then stops.",,train,
Glück im Wald.wav,Vögel singen im Wald laut.,,val,Bert
"He said ""hm"".wav",A man says something.,,test,
"""
CAPTIONS = {
    "dog.wav": ("A dog barks at a cat.", "Barking of a dog"),
    "rain, heavy.wav": ("Rain falls, then stops.",),
    "Glück im Wald.wav": ("Vögel singen im Wald laut.",),
    'He said "hm".wav': ("A man says something.",),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_reads_a_table_in_any_encoding(tmp_path: Path, encoding: str, ending: str) -> None:
    table(sounds(tmp_path), ROWS.replace("\n", ending), encoding=encoding)
    dataset = open_dataset("folder", tmp_path)
    assert isinstance(dataset, Dataset)
    assert dataset.splits == ("train", "validation", "test")
    assert all_clips(dataset) == CAPTIONS
    assert isinstance(dataset, OwnFolder) and dataset.problems == ()
    clip = dataset.clips("train")[0]
    assert clip.extras == {"author": "Ann"} and clip.duration == pytest.approx(0.1)
    assert dataset.load_audio(clip, 16_000).shape == (1_600,)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters(tmp_path: Path, delimiter: str) -> None:
    lines = ["fname|text|subset", "dog.wav|A dog barks, loudly; twice.|train"]
    lines += ["rain, heavy.wav|Rain falls, and falls.|valid"]
    quoted = [
        delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in line.split("|"))
        for line in lines
    ]
    table(sounds(tmp_path), "\n".join(quoted))
    dataset = OwnFolder(tmp_path)
    assert dataset.mapping.captions == ("text",)
    assert [clip.id for clip in dataset.clips("validation")] == ["rain, heavy.wav"]
    assert all_clips(dataset)["dog.wav"] == ("A dog barks, loudly; twice.",)


def test_json_lines_with_lists_and_repeated_rows(tmp_path: Path) -> None:
    rows: list[object] = [
        {"path": "dog.wav", "captions": ["A dog barks at me.", "A dog barks."], "year": 2024},
        {"path": "dog.wav", "captions": "A big dog barks."},
        {"path": NAMES[1], "captions": None},
    ]
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n{broken\n[1]\n"
    table(sounds(tmp_path), text, "captions.jsonl")
    dataset = OwnFolder(tmp_path)
    clips = all_clips(dataset)
    assert clips["dog.wav"] == ("A dog barks at me.", "A dog barks.", "A big dog barks.")
    assert clips[NAMES[1]] == () and dataset.clips("uncaptioned")[0].id == NAMES[1]
    assert dataset.problems == (
        "captions.jsonl, line 4: no JSON; the line is left out.",
        "captions.jsonl, line 5: no JSON object; the line is left out.",
        "captions.jsonl, row 3: no caption for 'rain, heavy.wav'.",
    )


def test_a_table_without_a_header(tmp_path: Path) -> None:
    table(sounds(tmp_path), 'dog.wav,A dog barks at me.\n"rain, heavy.wav",Heavy rain falls.\n')
    dataset = OwnFolder(tmp_path)
    assert not dataset.mapping.header and dataset.mapping.file == "column 1"
    assert all_clips(dataset)["dog.wav"] == ("A dog barks at me.",)


def test_every_fault_names_its_row(tmp_path: Path) -> None:
    table(
        sounds(tmp_path),
        "file,caption\n"
        "dog.wav,A dog barks at me.\n"
        "dog.wav,A dog barks at me.\n"
        "gone.wav,Something is lost.\n"
        ",A caption of nothing.\n"
        "Glück im Wald.wav,...\n"
        "\n"
        "rain - heavy.wav\n"
        "He said hm.wav,A man says so,and,so\n"
        '"rain, heavy.wav",🌧️🌧️\n',
    )
    (tmp_path / NAMES[3]).rename(tmp_path / "He said hm.wav")
    dataset = OwnFolder(tmp_path)
    faults = [problem.removeprefix("captions.csv, ") for problem in dataset.problems]
    assert faults == [
        "row 8: 1 cells where the first row has 2; the others are taken as empty.",
        "row 3: the same caption of 'dog.wav' again; it counts once.",
        "row 5: no file name; the row is left out.",
        "row 6: the caption '...' has no word; it is left out.",
        "row 9: more cells than columns; 'A man says so, and, so' is taken as one caption. "
        "Put it into quotes.",
        "row 6: no caption for 'Glück im Wald.wav'.",
        f"row 4: there is no sound 'gone.wav' in {tmp_path}.",
        f"row 8: there is no sound 'rain - heavy.wav' in {tmp_path}.",
    ]
    clips = all_clips(dataset)
    assert clips["rain, heavy.wav"] == ("🌧️🌧️",)
    assert clips["He said hm.wav"] == ("A man says so, and, so",)
    assert missing_files(dataset, "train") == ("gone.wav", "rain - heavy.wav")


def test_names_are_found_however_they_are_spelled(tmp_path: Path) -> None:
    sounds(tmp_path, "audio/Dog.WAV", unicodedata.normalize("NFD", "Glück.wav"), "b/rain.flac")
    spelled = {
        "dog.wav": "audio/Dog.WAV",
        "Glück.wav": unicodedata.normalize("NFD", "Glück.wav"),
        "b\\rain.wav": "b/rain.flac",
    }
    rows = "".join(f"{name},Some sound is heard.\n" for name in spelled)
    dataset = OwnFolder(table(tmp_path, "file,caption\n" + rows))
    assert set(all_clips(dataset)) == set(spelled.values())


def test_a_name_that_fits_two_files_fits_none(tmp_path: Path) -> None:
    sounds(tmp_path, "a/rain.wav", "b/rain.wav", "c.wav")
    text = "file,caption\nrain.wav,Rain is falling down.\nc.wav,A sound is heard.\n"
    dataset = OwnFolder(table(tmp_path, text))
    assert set(all_clips(dataset)) == {"c.wav"}


def test_tables_named_after_splits(tmp_path: Path) -> None:
    sounds(tmp_path)
    for name, file in zip(("train.csv", "val.csv", "test.csv"), NAMES, strict=False):
        quoted = f'"{file}"'
        table(tmp_path, f"file,caption\n{quoted},A sound is heard here.\n", name)
    table(tmp_path, "what,ever\n1,2\n", "notes.csv")
    dataset = OwnFolder(tmp_path)
    assert [dataset.clips(split)[0].id for split in dataset.splits] == list(NAMES[:3])
    assert dataset.splits == ("train", "validation", "test")


@pytest.mark.parametrize(
    ("values", "splits"),
    [
        (["train", "dev", "eval", "eval"], {"train": 1, "validation": 1, "test": 2}),
        (["dev", "val", "eval", "field trip"], {"train": 1, "validation": 1, "test": 1}),
        (["Train", "train", "train", "test"], {"train": 2, "validation": 1, "test": 1}),
        (["train", "val", "", "val"], {"train": 2, "validation": 2}),
    ],
)
def test_names_of_splits(tmp_path: Path, values: list[str], splits: dict[str, int]) -> None:
    sounds(tmp_path, "1.wav", "2.wav", "3.wav", "4.wav")
    rows = "".join(f"{i}.wav,Some sound is heard.,{v}\n" for i, v in enumerate(values, 1))
    dataset = OwnFolder(table(tmp_path, "file,caption,split\n" + rows))
    assert {split: len(dataset.clips(split)) for split in splits} == splits
    assert sum(len(dataset.clips(split)) for split in dataset.splits) == 4


def test_a_file_in_two_splits_stays_in_the_first(tmp_path: Path) -> None:
    text = "file,caption,split\ndog.wav,A dog barks now.,train\ndog.wav,It barks again.,test\n"
    dataset = OwnFolder(table(sounds(tmp_path), text))
    assert all_clips(dataset) == {"dog.wav": ("A dog barks now.", "It barks again.")}
    assert "is in 'test' here but in 'train'" in dataset.problems[0]


def test_drawn_splits_are_the_same_every_time(tmp_path: Path) -> None:
    names = [f"{number}.wav" for number in range(40)]
    sounds(tmp_path, *names)
    rows = [f"{name},Some sound is heard.\n" for name in names]
    table(tmp_path, "file,caption\n" + "".join(rows))
    first = OwnFolder(tmp_path)
    assert [len(first.clips(split)) for split in first.splits] == [32, 4, 4]
    table(tmp_path, "file,caption\n" + "".join(reversed(rows)))
    second = OwnFolder(tmp_path)
    for split in first.splits:
        ids = {clip.id for clip in first.clips(split)}
        assert ids == {clip.id for clip in second.clips(split)}
    other = OwnFolder(tmp_path, ColumnMapping(("captions.csv",), "file", ("caption",), seed=1))
    assert {c.id for c in other.clips("test")} != {c.id for c in first.clips("test")}


def test_small_folders_still_validate() -> None:
    counts = [sorted(draw_splits("abcde"[:n], 0.1, 0.1, 0).values()) for n in (1, 2, 3)]
    assert counts == [["train"], ["train", "validation"], ["test", "train", "validation"]]
    assert set(draw_splits("abcde", 0.2, 0.0, 0).values()) == {"train", "validation"}


def test_sounds_alone_are_for_captioning(tmp_path: Path) -> None:
    sounds(tmp_path, "b/2.wav", "1.flac")
    (tmp_path / ".DS_Store").write_bytes(b"stray")
    (tmp_path / "notes.txt").write_text("nothing")
    dataset = OwnFolder(tmp_path)
    assert dataset.splits == ("sounds",)
    assert [(clip.id, clip.captions) for clip in dataset.clips("sounds")] == [
        ("1.flac", ()),
        ("b/2.wav", ()),
    ]


def test_unreadable_sounds_keep_their_clip(tmp_path: Path) -> None:
    table(sounds(tmp_path, "good.wav", "bad.wav"), "file,caption\ngood.wav,x y z\nbad.wav,a b c\n")
    (tmp_path / "bad.wav").write_bytes(b"not a sound at all")
    durations = {clip.id: clip.duration for s in ("train", "validation")
                 for clip in OwnFolder(tmp_path).clips(s)}  # fmt: skip
    assert durations == {"good.wav": pytest.approx(0.1), "bad.wav": 0.0}


def test_sounds_with_wrong_suffixes_are_read_for_what_they_are(tmp_path: Path) -> None:
    tone = np.sin(np.arange(8_000) / 5) * 0.3
    soundfile.write(tmp_path / "really flac.wav", tone, 8_000, format="FLAC")
    soundfile.write(tmp_path / "really wav.mp3", tone, 8_000, format="WAV")
    text = "file,caption\nreally flac.wav,A tone is heard.\nreally wav.mp3,A tone is there.\n"
    dataset = OwnFolder(table(tmp_path, text))
    clips = [clip for split in dataset.splits for clip in dataset.clips(split)]
    assert [clip.duration for clip in clips] == [1.0, 1.0]
    for clip in clips:
        np.testing.assert_allclose(dataset.load_audio(clip, 8_000), tone, atol=1e-3)


def test_the_audio_has_its_own_fingerprint(tmp_path: Path) -> None:
    table(sounds(tmp_path), ROWS)
    before = OwnFolder(tmp_path)
    table(tmp_path, ROWS.replace("A dog barks", "A hound barks"))
    edited = OwnFolder(tmp_path)
    assert edited.fingerprint("train") != before.fingerprint("train")
    assert audio_fingerprint(edited, "train") == audio_fingerprint(before, "train")
    soundfile.write(tmp_path / "dog.wav", np.full(500, 0.2), 8_000)
    assert audio_fingerprint(OwnFolder(tmp_path), "train") != audio_fingerprint(before, "train")


@pytest.mark.parametrize(
    ("text", "mapping", "words"),
    [
        ("a,b\n1,2\n", None, "has no column with names of sound files (it has a, b)"),
        ("", None, "is empty"),
        ("file,caption\nx.wav,gone for good\n", None, "the first is 'x.wav'"),
        (ROWS, ColumnMapping(("captions.csv",), "file_name", ("words",)), "no column 'words'"),
        (ROWS, ColumnMapping(("captions.csv",)), "no column chosen for the file names"),
        (ROWS, ColumnMapping(("other.csv",), "file_name"), "other.csv cannot be read"),
        (ROWS, ColumnMapping(("captions.csv",), "file_name", ("caption_1",), "author"),
         "names no split for training"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_sentence(
    tmp_path: Path, text: str, mapping: ColumnMapping | None, words: str
) -> None:
    table(sounds(tmp_path), text)
    with pytest.raises(DatasetError) as caught:
        OwnFolder(tmp_path, mapping)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_no_folder_and_nothing_in_it(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"There is no folder .*gone"):
        open_dataset("folder", tmp_path / "gone")
    with pytest.raises(DatasetError, match="neither sounds nor a table"):
        open_dataset("folder", tmp_path)
    with pytest.raises(DatasetError, match="Say which folder"):
        open_dataset("folder")


def test_a_preview_shows_tables_and_a_guess(tmp_path: Path) -> None:
    table(sounds(tmp_path), ROWS)
    table(tmp_path, "a,b\n1,2\n", "other.csv")
    shown = preview_folder(tmp_path)
    assert (shown.sounds, [(t.name, t.total) for t in shown.tables]) == (
        4,
        [("captions.csv", 4), ("other.csv", 1)],
    )
    assert shown.tables[0].rows[2][:2] == ("Glück im Wald.wav", "Vögel singen im Wald laut.")
    assert shown.guess == ColumnMapping(
        ("captions.csv",), "file_name", ("caption_1", "caption_2"), "split"
    )
    only = preview_folder(tmp_path / "other.csv")
    assert only.guess is None and "no column with names of sound files" in only.problem


def test_own_datasets_are_remembered_by_name(tmp_path: Path) -> None:
    table(sounds(tmp_path), ROWS)
    mapping = ColumnMapping(("captions.csv",), "file_name", ("caption_2",), seed=3)
    remember_own("birds", tmp_path, mapping)
    assert dataset_names()[-1] == "birds"
    dataset = open_dataset("birds")
    assert dataset.name == "birds" and all_clips(dataset)["dog.wav"] == ("Barking of a dog",)
    assert find_place("birds").mapping == mapping  # type: ignore[union-attr]
    rename_own("birds", "hounds")
    assert [place.name for place in places()] == ["hounds"]
    forget_place("hounds")
    assert places() == () and (tmp_path / "dog.wav").is_file()
    with pytest.raises(DatasetError, match="no dataset named 'birds'"):
        open_dataset("birds")


@pytest.mark.parametrize("name", ["", "a b", "clotho", "a+b", "x" * 61])
def test_names_that_datasets_cannot_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError, match=r"no name for a dataset|already"):
        remember_own(name, tmp_path)


def test_known_datasets_are_looked_for_where_they_are_said_to_be(tmp_path: Path) -> None:
    remember_place("clotho", tmp_path)
    with pytest.raises(DatasetError, match=str(tmp_path)):
        open_dataset("clotho")
