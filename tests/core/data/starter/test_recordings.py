"""The shipped sounds: table, files, licences, and how they are dealt out to the splits."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.data.starter.recordings import SoundLibrary
from core.data.starter.splits import SPLITS, split_recordings
from core.data.starter.vocabulary import read_vocabulary
from core.errors import DatasetError

KINDS = {"once", "bout", "steady", "background"}
LICENCES = {
    "CC0-1.0",
    "CC-BY-3.0",
    "CC-BY-SA-2.0",
    "CC-BY-SA-3.0",
    "CC-BY-SA-4.0",
    "public-domain",
}


@pytest.fixture(scope="module")
def library() -> SoundLibrary:
    return SoundLibrary()


def test_there_are_enough_recordings_of_enough_classes(library: SoundLibrary) -> None:
    assert len(library.recordings) >= 170
    assert len({recording.sound for recording in library.recordings}) >= 50
    assert len({recording.file for recording in library.recordings}) == len(library.recordings)


def test_every_row_names_kind_author_licence_and_source(library: SoundLibrary) -> None:
    licences = (library.root / "LICENSE.md").read_text(encoding="utf-8")
    for recording in library.recordings:
        assert recording.kind in KINDS
        assert recording.licence in LICENCES
        assert recording.author and f"**{recording.author}**" in licences
        assert recording.source.startswith("Debian package ")
        assert Path(recording.file).stem in licences


def test_every_file_is_short_mono_and_audible(library: SoundLibrary) -> None:
    for recording in library.recordings:
        audio, rate = soundfile.read(library.root / recording.file, dtype="float32")
        assert audio.ndim == 1, recording.file
        assert 8_000 <= rate <= 24_000
        limit = 10.2 if recording.kind == "background" else 8.3
        assert 0.1 <= len(audio) / rate <= limit, recording.file
        assert np.isfinite(audio).all()
        assert 0.05 <= float(np.abs(audio).max()) <= 1.1, recording.file


def test_the_folder_is_small_and_holds_nothing_else(library: SoundLibrary) -> None:
    on_disk = sorted((library.root / "sounds").rglob("*.*"))
    listed = {library.root / recording.file for recording in library.recordings}
    assert set(on_disk) == listed
    assert sum(path.stat().st_size for path in on_disk) <= 12_000_000


def test_no_two_files_are_the_same_sound(library: SoundLibrary) -> None:
    contents = Counter((library.root / r.file).read_bytes() for r in library.recordings)
    assert max(contents.values()) == 1


def test_every_class_has_words(library: SoundLibrary) -> None:
    words, _ = read_vocabulary(library.root / "words.csv")
    assert set(words) == {recording.sound for recording in library.recordings}
    for entry in words.values():
        assert entry.clauses and entry.nouns
        assert entry.distance in ("no", "yes", "only")
        for clause in entry.clauses:
            assert clause.gerund.split()[0].endswith("ing") or clause.gerund.startswith("being ")
    textures = {r.sound for r in library.recordings if r.kind == "background"}
    assert all(words[sound].places for sound in textures)


def test_splits_share_no_recording_of_a_class_that_has_several(library: SoundLibrary) -> None:
    pools = split_recordings(library.recordings)
    sizes = Counter(recording.sound for recording in library.recordings)
    for sound, size in sizes.items():
        parts = [{r.file for r in pools[split].get(sound, ())} for split in SPLITS]
        if size == 1:
            assert parts[0] == parts[1] == parts[2]
        else:
            assert sum(map(len, parts)) == len(set().union(*parts)) == size
            assert parts[0]
    for split in SPLITS:
        assert len(pools[split]) >= 0.75 * len(sizes)
        assert sum(r.kind == "background" for m in pools[split].values() for r in m) >= 5


def test_samples_are_kept_and_cannot_be_changed(library: SoundLibrary) -> None:
    recording = library.recordings[0]
    first = library.samples(recording, 16_000)
    assert library.samples(recording, 16_000) is first
    assert first.dtype == np.float32
    assert len(first) == pytest.approx(recording.seconds * 16_000, abs=2)
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1.0


def test_a_missing_table_or_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"clips\.csv"):
        SoundLibrary(tmp_path)
    (tmp_path / "clips.csv").write_text(
        "file,class,kind,author,licence,source\nsounds/x.ogg,x,once,a,CC0-1.0,s\n",
        encoding="utf-8",
    )
    with pytest.raises(DatasetError, match=r"x\.ogg"):
        SoundLibrary(tmp_path)
    with pytest.raises(DatasetError, match=r"words\.csv"):
        read_vocabulary(tmp_path / "words.csv")
