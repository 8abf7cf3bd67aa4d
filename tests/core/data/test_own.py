"""Folders of one's own: tables as people write them, and what is wrong with them."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.data.clips import Dataset, audio_fingerprint, missing_files
from core.data.datasets import open_dataset
from core.data.mapping import ColumnMapping
from core.data.own import OwnFolder
from core.data.tables import read_table
from core.errors import DatasetError
from tests.core.data.own_tables import CAPTIONS, NAMES, ROWS, all_clips, sounds, table


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
        "row 8: 1 cell where the first row has 2; the others are taken as empty.",
        "row 3: the same caption of 'dog.wav' again; it counts once.",
        "row 5: no file name; the row is left out.",
        "row 6: the caption '...' has no word; it is left out.",
        "row 9: more cells than columns; 'A man says so, and, so' is taken as one caption. "
        "Put it into quotes.",
        "row 10: the caption '🌧️🌧️' has no word, but emoji or other marks, which a model would "
        "learn as they are. Write in words what is heard.",
        "row 6: no caption for 'Glück im Wald.wav'.",
        f"row 4: there is no sound 'gone.wav' in {tmp_path}.",
        f"row 8: there is no sound 'rain - heavy.wav' in {tmp_path}.",
    ]
    clips = all_clips(dataset)
    assert clips["rain, heavy.wav"] == ("🌧️🌧️",)
    assert clips["He said hm.wav"] == ("A man says so, and, so",)
    assert missing_files(dataset, "train") == ("gone.wav", "rain - heavy.wav")


def test_sounds_that_no_row_names_are_told(tmp_path: Path) -> None:
    sounds(tmp_path, "dog.wav", "sub/rain.wav", "sub/unnamed.flac", "Glück.wav", "inside.wav")
    table(
        tmp_path,
        f"file,caption\nDOG.wav,A dog barks at me.\nrain,Heavy rain falls.\n"
        f"{tmp_path / 'inside.wav'},A door is opened.\n",
    )
    dataset = OwnFolder(tmp_path)
    assert dataset.unlisted == ("Glück.wav", "sub/unnamed.flac")
    assert not dataset.problems
    (tmp_path / "captions.csv").unlink()
    assert not OwnFolder(tmp_path).unlisted


def test_tables_that_are_not_read_are_told_with_what_to_do(tmp_path: Path) -> None:
    table(sounds(tmp_path, "dog.wav", "rain.wav"), "file,caption\ndog.wav,A dog barks at me.\n")
    table(tmp_path, "fname;text\nrain.wav;Heavy rain falls down.\n", "more.csv")
    table(tmp_path, "file,caption,by\nrain.wav,Heavy rain falls down.,Ann\n", "same.csv")
    table(tmp_path, "name,title\nAnn,A doctor of birds\n", "people.csv")
    table(tmp_path, "file,channels\ndog.wav,1\n", "rates.csv")
    dataset = OwnFolder(tmp_path)
    assert dataset.tables == ("captions.csv",)
    told = {one.name: (one.missed, one.sentence) for one in dataset.unread_tables()}
    assert told == {
        "more.csv": (
            True,
            "captions.csv is read, more.csv is not: its columns differ (fname, text; not file, "
            "caption). To have its captions too, give both tables the same columns and choose both "
            "under 'Columns and splits' (with --table on the command line), or add more.csv as a "
            "dataset of its own and join the two.",
        ),
        "same.csv": (
            True,
            "captions.csv is read, same.csv is not: to have its captions too, choose both under "
            "'Columns and splits' (with --table on the command line).",
        ),
        "people.csv": (
            False,
            "captions.csv is read, people.csv is not: no sounds are named in it.",
        ),
        "rates.csv": (False, "captions.csv is read, rates.csv is not: it has no captions."),
    }
    # Somebody who names a table does not miss the others.
    chosen = OwnFolder(tmp_path / "captions.csv")
    assert not any(one.missed for one in chosen.unread_tables())


def test_lists_in_cells_are_several_captions(tmp_path: Path) -> None:
    rows = [
        """dog.wav,"['A dog barks.', ""It's loud.""]" """,
        'rain.wav,"[""Rain falls."", ""It pours.""]"',
        "cat.wav,[unclear] a cat [purrs]",
        "cow.wav,[moo",
    ]
    names = ("dog.wav", "rain.wav", "cat.wav", "cow.wav")
    table(sounds(tmp_path, *names), "\n".join(["file,captions", *rows]))
    assert all_clips(OwnFolder(tmp_path)) == {
        "dog.wav": ("A dog barks.", "It's loud."),
        "rain.wav": ("Rain falls.", "It pours."),
        "cat.wav": ("[unclear] a cat [purrs]",),
        "cow.wav": ("[moo",),
    }


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_first_line_that_tells_the_delimiter(tmp_path: Path, ending: str) -> None:
    lines = [
        "\ufeffsep=;",
        "file;caption;by",
        "dog.wav;A dog, and a cat;Ann",
        "gone.wav;Gone it is;",
    ]
    dataset = OwnFolder(table(sounds(tmp_path, "dog.wav"), ending.join(lines)))
    assert all_clips(dataset) == {"dog.wav": ("A dog, and a cat",)}
    assert dataset.problems[0].startswith("captions.csv, row 4: there is no sound 'gone.wav'")


def test_paths_of_another_machine_are_followed(tmp_path: Path) -> None:
    sounds(tmp_path, "a/take 1.wav", "b/take 1.wav", "b/other.wav")
    rows = [
        "/home/ann/recordings/a/take 1.wav,The first one is heard.",
        "C:\\recordings\\b\\TAKE 1.wav,The second one is heard.",
        "/mnt/disk/other.wav,The other one is heard.",
        "/mnt/disk/take 1.wav,Nobody knows which.",
    ]
    dataset = OwnFolder(table(tmp_path, "\n".join(["file,caption", *rows])))
    assert all_clips(dataset) == {
        "a/take 1.wav": ("The first one is heard.",),
        "b/take 1.wav": ("The second one is heard.",),
        "b/other.wav": ("The other one is heard.",),
    }
    assert missing_files(dataset, "train") == ("/mnt/disk/take 1.wav",)


def test_a_row_without_a_caption_is_told_where_others_have_one(tmp_path: Path) -> None:
    rows = "dog.wav,A dog barks at me.,It barks.\ndog.wav,, \ncat.wav,A cat purrs.,\n"
    table(sounds(tmp_path, "dog.wav", "cat.wav"), f"file,caption_1,caption_2\n{rows}")
    dataset = OwnFolder(tmp_path)
    assert dataset.problems == ("captions.csv, row 3: no caption for 'dog.wav' in this row.",)


def test_a_table_in_a_folder_beside_the_sounds(tmp_path: Path) -> None:
    sounds(tmp_path, "sounds/dog.wav", "sounds/rain.wav")
    (tmp_path / "meta").mkdir()
    table(tmp_path, "file,caption\ndog.wav,A dog barks at me.\n", "meta/captions.csv")
    table(tmp_path, "file,caption\nwhale.wav,A whale sings.\n", "meta/another.csv")
    dataset = OwnFolder(tmp_path)
    assert dataset.tables == ("meta/captions.csv",)
    assert dataset.unlisted == ("sounds/rain.wav",)
    assert [one.missed for one in dataset.unread_tables()] == [False]
    with pytest.raises(DatasetError, match="choose a folder that holds both the sounds and the ta"):
        OwnFolder(tmp_path / "meta" / "captions.csv")
    # Tables of something else do not stand in the way of the sounds.
    (tmp_path / "meta" / "captions.csv").unlink()
    assert OwnFolder(tmp_path).splits == ("sounds",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("table.json", '[{"file": "dog.wav", "caption": ["A dog barks.", "It barks at me."]}, 3]'),
        ("table.json", '{"version": 1, "data": [{"file": "dog.wav", "caption": "A dog barks."}]}'),
        ("table.txt", "file\tcaption\ndog.wav\tA dog barks at me.\n"),
        ("table.tab", "file\tcaption\ndog.wav\tA dog barks, and barks.\n"),
    ],
)
def test_files_that_are_tables_when_somebody_says_so(tmp_path: Path, name: str, text: str) -> None:
    table(sounds(tmp_path, "dog.wav"), text, name)
    alone = OwnFolder(tmp_path)
    assert alone.splits == ("sounds",)
    assert [one.sentence for one in alone.unread_tables()] == [
        f"{name} is not read: to have its captions, choose this file as your own table in place "
        "of the folder."
    ]
    dataset = OwnFolder(tmp_path / name)
    assert dataset.tables == (name,) and all_clips(dataset)["dog.wav"]
    assert [problem.partition(";")[0] for problem in dataset.problems] == (
        ["table.json, item 2: no JSON object"] if "3]" in text else []
    )


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("table.json", "[1, 2", "is no JSON that can be read"),
        ("table.json", '{"a": {"b": []}}', "is no list of JSON objects"),
        ("table.xlsx", "PK", "is no table that can be read; choose the fo"),
    ],
)
def test_files_that_are_no_tables_are_one_sentence(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    table(sounds(tmp_path, "dog.wav"), text, name)
    with pytest.raises(DatasetError, match=words):
        OwnFolder(tmp_path / name)


def test_a_spreadsheet_beside_sounds_is_told(tmp_path: Path) -> None:
    table(sounds(tmp_path, "dog.wav"), "A dog barks at me.", "dog.txt")
    (tmp_path / "list.xlsx").write_bytes(b"PK")
    (told,) = OwnFolder(tmp_path).unread_tables()
    assert told.missed and told.sentence.startswith("list.xlsx is not read: save it as CSV")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_the_beginning_of_a_large_table_is_that_of_the_whole(tmp_path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    rows = "".join(f"{n:05d}.wav,Ein Vögelchen singt.\r\n" for n in range(5_000))
    table(tmp_path, f"{mark}file,caption\r\n{rows}", encoding=encoding)
    beginning = read_table(tmp_path / "captions.csv", beginning=True)
    whole = read_table(tmp_path / "captions.csv")
    assert 500 < len(beginning.rows) < len(whole.rows) == 5_000
    assert beginning.columns == whole.columns and not beginning.problems
    assert beginning.rows == whole.rows[: len(beginning.rows)]


def test_columns_of_one_name_are_all_captions(tmp_path: Path) -> None:
    text = "file_name,caption,caption\ndog.wav,A dog barks at me.,Barking of a big dog.\n"
    dataset = OwnFolder(table(sounds(tmp_path), text))
    assert dataset.mapping.captions == ("caption", "caption (3)") and dataset.problems == ()
    assert all_clips(dataset)["dog.wav"] == ("A dog barks at me.", "Barking of a big dog.")


def test_a_quote_that_nothing_closes_names_its_row(tmp_path: Path) -> None:
    rows = 'dog.wav,A dog barks.\nrain.wav,"Rain\nfalls."\n'
    lost = 'wind.wav,"never closed\ncar.wav,A car passes.\n'
    sounds(tmp_path, "dog.wav", "rain.wav", "wind.wav", "car.wav")
    dataset = OwnFolder(table(tmp_path, f"file,caption\n{rows}{lost}"))
    assert dataset.problems == (
        "captions.csv, row 4: the quote is not closed before the end of the file; this row and "
        "all behind it are left out.",
    )
    captions = {"dog.wav": ("A dog barks.",), "rain.wav": ("Rain\nfalls.",)}
    assert all_clips(dataset) == captions
    # Too long for a cell: the same fault.
    long = lost + "car.wav,A car passes.\n" * 60_000
    again = OwnFolder(table(tmp_path, f"file,caption\n{rows}{long}"))
    assert again.problems == dataset.problems and all_clips(again) == captions
    with pytest.raises(DatasetError, match="row 2: the quote is not closed"):
        OwnFolder(table(tmp_path, f"file,caption\n{lost}"))


def test_a_quote_that_a_later_row_closes_is_told(tmp_path: Path) -> None:
    sounds(tmp_path, "dog.wav", "rain.wav", "wind.wav")
    rows = 'dog.wav,"A dog\nbarks, loud."\nwind.wav,"never closed\nrain.wav,"Rain falls"\n'
    dataset = OwnFolder(table(tmp_path, f"file,caption\n{rows}"))
    assert len(dataset.problems) == 1
    assert dataset.problems[0].startswith("captions.csv, row 3: the caption goes on over 'rain.wav")


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
