"""The check of a dataset: every fault found, nothing changed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.data import check
from core.data.check import DatasetChecked, check_dataset, histogram
from core.data.check_report import DatasetReport, last_report, save_report
from core.data.datasets import open_dataset
from core.data.sound_facts import listen_to_file, listen_to_samples
from core.data.tokenizer import SPECIAL_TOKENS, Tokenizer
from core.errors import AudioFileError
from core.events import Progress

RATE = 8_000


def noise(seed: int, seconds: float = 0.2, level: float = 0.3) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-level, level, round(seconds * RATE))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sounds with one fault of each kind, in three splits."""
    loud = np.clip(noise(9, level=3.0), -1, 1)
    sounds = {
        "good.wav": noise(1),
        "same.flac": noise(1),
        "silent.wav": np.zeros(RATE),
        "silent too.wav": np.zeros(RATE),
        "clipped.wav": loud,
        "stereo.wav": np.stack([noise(2), noise(3)], axis=1),
        "long.wav": noise(4, 2.0),
        "copy of long.wav": noise(4, 2.0),
    }
    for name, samples in sounds.items():
        # Integers: encoders round other numbers each in its own way.
        integers = np.rint(np.clip(samples, -1, 1) * 32_767).astype(np.int16)
        soundfile.write(tmp_path / name, integers, RATE, subtype="PCM_16")
    (tmp_path / "broken.wav").write_bytes(b"no sound at all")
    rows = [
        "file,caption_1,caption_2,split,sound_id",
        "good.wav,A dog barks at a cat,A dog barks,train,1",
        "same.flac,A dog barks,,train,2",
        "silent.wav,Nothing is heard at all,,train,Not found",
        "silent too.wav,Nothing is heard,,test,Not found",
        "clipped.wav,A loud noise is heard,,train,3",
        "stereo.wav,A noise and a zebra,,validation,3",
        "long.wav,A long noise is heard,,train,4",
        "copy of long.wav,A dog barks,,test,5",
        "broken.wav,It is broken for good,,test,6",
        "gone.wav,It is gone for good,,test,7",
        "good.wav,A dog barks,,train,1",
    ]
    (tmp_path / "captions.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def report_of(folder: Path, **options: bool) -> DatasetReport:
    *events, last = check_dataset(open_dataset("folder", folder), **options)  # type: ignore[arg-type]
    assert isinstance(last, DatasetChecked)
    progress = [event for event in events if isinstance(event, Progress)]
    assert len(progress) == len(events)
    assert (progress[-1].done, progress[-1].total) == (9, 9)
    return last.report


def names(found: object) -> list[str]:
    return [example.clip for example in found.examples]  # type: ignore[attr-defined]


def test_every_fault_is_found(folder: Path) -> None:
    report = report_of(folder)
    train, validation, test = report.splits
    assert [(s.name, s.clips) for s in report.splits] == [
        ("train", 5),
        ("validation", 1),
        ("test", 3),
    ]
    assert names(train.silent) == ["silent.wav"] and names(test.silent) == ["silent too.wav"]
    assert names(train.clipped) == ["clipped.wav"]
    assert names(test.missing) == ["gone.wav"]
    assert names(test.unreadable) == ["broken.wav"]
    assert "broken.wav" in test.unreadable.examples[0].detail
    assert train.seconds == pytest.approx(0.2 * 3 + 1 + 2)
    assert (train.durations.minimum, train.durations.maximum) == (0.2, 2.0)
    assert sum(train.durations.counts) == 5
    assert train.captions_per_clip == {1: 4, 2: 1}
    assert (train.captions, train.repeated_captions) == (6, 1)
    assert train.growth[-1] == (6, train.vocabulary) and train.words == 27
    assert validation.unknown_words == ("and", "zebra")
    assert validation.unknown_share == pytest.approx(2 / 5)
    assert train.unknown_share == 0
    assert [(one.clip, one.detail) for one in report.duplicates.examples] == [
        ("train/good.wav", "train/same.flac"),
        ("train/long.wav", "test/copy of long.wav"),
    ]
    leaks = {(leak.kind, leak.first, leak.second): leak.examples for leak in report.leaks}
    assert leaks == {
        ("audio", "train", "test"): ("long.wav = copy of long.wav",),
        ("source", "train", "validation"): ("sound_id 3",),
        ("caption", "train", "test"): ("a dog barks",),
    }
    assert report.table_problems.count == 2


def test_words_are_the_tokens_that_are_no_marks(tmp_path: Path) -> None:
    for number in range(4):
        soundfile.write(tmp_path / f"{number}.wav", noise(number), RATE)
    rows = [
        '0.wav,train,"A dog barks, then it\'s quiet, 🐶."',
        "1.wav,train,🌧️🌧️",
        '2.wav,validation,"A dog — barks, 🐱 meows"',
        "3.wav,test,A dog barks",
    ]
    (tmp_path / "t.csv").write_text("\n".join(["file,split,caption", *rows]), encoding="utf-8")
    dataset = open_dataset("folder", tmp_path)
    *_, last = check_dataset(dataset)
    assert isinstance(last, DatasetChecked)
    train, validation, _ = last.report.splits
    assert (train.words, train.vocabulary) == (7, 7)  # a dog barks then it s quiet
    assert (train.caption_words.minimum, train.caption_words.maximum) == (0, 7)
    assert train.growth[-1] == (2, 7)
    assert train.marks == ((",", 2), ("'", 1), ("🐶", 1), ("🌧🌧", 1))
    # Words and marks are together what the model's vocabulary holds.
    fitted = Tokenizer.fit(text for clip in dataset.clips("train") for text in clip.captions)
    assert fitted.size == len(SPECIAL_TOKENS) + train.vocabulary + len(train.marks)
    assert (validation.unknown_words, validation.unknown_share) == (("meows",), 1 / 4)
    assert [(one.clip, one.detail) for one in train.wordless.examples] == [("1.wav", "🌧️🌧️")]
    assert ("warning", "1 caption of train has no word.") in last.report.findings()
    (problem,) = (one.detail for one in last.report.table_problems.examples)
    assert problem.startswith("t.csv, row 3: the caption '🌧️🌧️' has no word, but emoji")


def test_sounds_without_a_row_and_tables_that_are_not_read(folder: Path) -> None:
    soundfile.write(folder / "forgotten.wav", noise(7), RATE)
    (folder / "later.csv").write_text("sound,what\nforgotten.wav,A door is shut loudly.\n")
    report = report_of(folder)
    assert names(report.unlisted) == ["forgotten.wav"]
    assert (
        "warning",
        "1 sound of the folder has no row in captions.csv.",
    ) in report.findings()
    (unread,) = report.unread
    assert report.tables == ("captions.csv",) and unread.missed
    assert ("warning", unread.sentence) in report.findings()
    save_report(report)
    assert last_report("folder") == report


def test_reports_of_earlier_versions_are_read(folder: Path) -> None:
    path = save_report(report_of(folder))
    record = json.loads(path.read_text())
    for name in ("tables", "unread", "unlisted"):
        del record[name]
    for split in record["splits"]:
        del split["marks"], split["wordless"]
    path.write_text(json.dumps(record))
    report = last_report("folder")
    assert report is not None and report.splits[0].clips == 5 and not report.unlisted.count


def test_findings_are_sentences_worst_first(folder: Path) -> None:
    findings = report_of(folder).findings()
    order = [severity for severity, _ in findings]
    assert order == sorted(order, key=["error", "warning", "note"].index)
    sentences = [sentence for _, sentence in findings]
    assert "1 sound is in both train and test." in sentences
    assert "1 sound of test cannot be read." in sentences
    assert "2 rows of the tables have a fault." in sentences


def test_one_split_is_still_measured_against_the_training_captions(folder: Path) -> None:
    *_, last = check_dataset(open_dataset("folder", folder), ["validation"])
    assert isinstance(last, DatasetChecked)
    assert [split.name for split in last.report.splits] == ["validation"]
    assert last.report.splits[0].unknown_share == pytest.approx(2 / 5)


def test_a_split_that_is_named_twice_is_checked_once(folder: Path) -> None:
    *_, last = check_dataset(open_dataset("folder", folder), ["train", "train"])
    assert isinstance(last, DatasetChecked)
    assert [split.name for split in last.report.splits] == ["train"] and not last.report.leaks


def test_nothing_is_changed(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (folder, *folder.iterdir())}
    report_of(folder)
    assert {path: path.stat().st_mtime_ns for path in (folder, *folder.iterdir())} == before


def test_headers_alone_find_what_headers_tell(folder: Path) -> None:
    report = report_of(folder, listen=False)
    assert not report.listened
    assert names(report.splits[2].unreadable) == ["broken.wav"]
    assert report.splits[0].seconds == pytest.approx(0.2 * 3 + 1 + 2)
    assert report.duplicates.count == 0 and report.splits[0].silent.count == 0


def test_a_report_is_kept_as_json(folder: Path) -> None:
    report = report_of(folder)
    assert last_report("folder") is None
    path = save_report(report)
    assert json.loads(path.read_text())["splits"][0]["name"] == "train"
    assert last_report("folder") == report
    path.write_text('{"splits": 3}')
    assert last_report("folder") is None


def test_a_sound_dataset_is_told_so(tmp_path: Path) -> None:
    for number in range(4):
        soundfile.write(tmp_path / f"{number}.wav", noise(number), RATE)
    *_, last = check_dataset(open_dataset("folder", tmp_path))
    assert isinstance(last, DatasetChecked)
    assert last.report.findings() == (("good", "Nothing is wrong with this dataset."),)
    assert last.report.splits[0].uncaptioned.count == 4
    assert last.report.splits[0].unknown_share is None


def test_composed_clips_are_listened_to() -> None:
    dataset = open_dataset("starter-scenes")
    events = check_dataset(dataset, ["test"])
    for event in events:
        assert isinstance(event, Progress)
        if event.done == 3:
            break
    events.close()  # type: ignore[attr-defined]


def test_it_may_be_stopped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(check, "_hear", lambda _dataset, clip: heard.append(clip.id) or "bad")
    monkeypatch.setattr(check.os, "cpu_count", lambda: 1)
    events = check_dataset(open_dataset("folder", folder))
    next(events)
    next(events)
    events.close()  # type: ignore[attr-defined]
    assert len(heard) < 9


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT", "PCM_U8"])
def test_the_same_sound_in_other_files(tmp_path: Path, subtype: str) -> None:
    samples = np.round(noise(5) * 127) / 128
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="PCM_16")
    soundfile.write(tmp_path / "b.wav", samples, RATE, subtype=subtype)
    one, other = listen_to_file(tmp_path / "a.wav"), listen_to_file(tmp_path / "b.wav")
    assert one.peak == pytest.approx(0.3, abs=0.01)
    assert one.seconds == other.seconds == 0.2
    if subtype != "FLOAT":
        assert one.digest == other.digest


def test_a_single_full_sample_is_no_clipping() -> None:
    samples = noise(6).astype(np.float32)
    samples[::100] = 1.0
    assert not listen_to_samples(samples, RATE).clipped
    samples[:40] = -1.0
    assert listen_to_samples(samples, RATE).clipped


def test_samples_that_are_no_numbers(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([0.1, np.nan]), RATE, subtype="FLOAT")
    with pytest.raises(AudioFileError, match="no numbers"):
        listen_to_file(tmp_path / "a.wav")
    with pytest.raises(AudioFileError, match="no sound in it"):
        listen_to_samples(np.zeros(0, np.float32), RATE)


def test_histograms() -> None:
    words = histogram([8, 9, 9, 20], whole=True)
    assert words.counts[:2] == (1, 2) and sum(words.counts) == 4
    assert (words.edges[0], words.median, words.mean) == (7.5, 9.0, 11.5)
    flat = histogram([10.0, 10.0])
    assert sum(flat.counts) == 2 and flat.minimum == flat.maximum == 10.0
    assert histogram([]).counts == ()
