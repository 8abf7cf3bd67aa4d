"""Published datasets from a server on this machine, in small archives of the same layout."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.data import acquire, published
from core.data.acquire import dataset_folder, dataset_status, datasets_dir, download_dataset
from core.data.datasets import open_dataset
from core.data.places import find_place
from core.data.published import PublishedFile, find_published, published_datasets
from core.errors import DatasetError, DownloadError
from tests.core.download.file_server import FileServer, serving, seven_zip, wav_bytes, zipped

NAMES = ("Rain, heavy.wav", "Glück.wav", 'said "hm".wav')


def csv_text(rows: list[list[str]], delimiter: str) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    return stream.getvalue().encode()


def content_of(file: PublishedFile, scratch: Path) -> bytes:
    if file.path.endswith(".csv"):
        head = ["file_name", *(f"caption_{n}" for n in range(1, 6))]
        if "metadata" in file.path:
            head = ["file_name", "keywords"]
        rows = [[name, *["Some words here."] * (len(head) - 1)] for name in NAMES]
        return csv_text([head, *rows], ";" if "test" in file.path else ",")
    folder = file.sounds_to.rsplit("/", 1)[1]
    sounds = {f"{folder}/{name}": wav_bytes(n, 20_000) for n, name in enumerate(NAMES)}
    if file.path.endswith(".7z"):
        return seven_zip(sounds, scratch / "packed.7z")
    return zipped(sounds)


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a small Clotho by name."""
    scratch = tmp_path_factory.mktemp("packed")
    parts = find_published("clotho").parts
    return {Path(f.path).name: content_of(f, scratch) for part in parts for f in part.files}


@pytest.fixture
def server(contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """Serve a small Clotho, and let the program know its addresses and checksums."""
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv("AAC_DATASETS_ROOT", raising=False)
    monkeypatch.setattr("core.download.fetch._FIRST_PAUSE", 0.0)
    clotho = find_published("clotho")
    with serving(contents) as running:
        parts = []
        for part in clotho.parts:
            files = []
            for file in part.files:
                name = Path(file.path).name
                files.append(
                    replace(
                        file,
                        url=running.url(name) + "?download=1",
                        md5=hashlib.md5(running.files[name]).hexdigest(),
                        sounds=3 if file.sounds else 0,
                        about_size=len(running.files[name]),
                        unpacked_size=150_000 if file.sounds else 0,
                    )
                )
            parts.append(replace(part, files=tuple(files)))
        small = replace(clotho, parts=tuple(parts))
        monkeypatch.setattr(published, "_PUBLISHED", (small, *published_datasets()[1:]))
        yield running


def states(root: Path | None = None) -> dict[str, str]:
    return {one.part.name: one.state for one in dataset_status("clotho", root)}


def test_all_of_clotho_is_read_as_downloaded(server: FileServer) -> None:
    events = list(download_dataset("clotho"))
    assert {event.phase.split()[0] for event in events} == {"Downloading", "Checking", "Unpacking"}
    assert set(states().values()) == {"present"}
    assert dataset_folder("clotho") == datasets_dir() / "CLOTHO_v2.1"
    assert list((dataset_folder("clotho") / "archives").iterdir()) == []
    dataset = open_dataset("clotho")
    for split in dataset.splits:
        assert sorted(clip.id for clip in dataset.clips(split)) == sorted(NAMES)
    assert dataset.clips("development")[0].captions == ("Some words here.",) * 5
    assert dataset.clips("analysis")[0].captions == ()
    asked = len(server.asked)
    assert list(download_dataset("clotho")) == [] and len(server.asked) == asked


def test_parts_are_downloaded_alone_and_archives_kept(server: FileServer, tmp_path: Path) -> None:
    list(download_dataset("clotho", tmp_path, ["evaluation"], keep_archives=True))
    assert states(tmp_path) == {
        **dict.fromkeys(("development", "validation", "test", "analysis"), "missing"),
        "evaluation": "present",
    }
    folder = tmp_path / "CLOTHO_v2.1"
    assert (folder / "archives" / "clotho_audio_evaluation.7z").is_file()
    assert find_place("clotho").root == folder  # type: ignore[union-attr]
    assert len(open_dataset("clotho").clips("evaluation")) == 3


def test_drops_and_stops_are_gone_on_from(server: FileServer, tmp_path: Path) -> None:
    server.drops = [200, 10_000_000, 10_000_000, 30_000, 0, 20_000]
    going = download_dataset("clotho", tmp_path, ["validation"])
    for event in going:
        if "sounds" in event.phase and event.done >= 50_000:
            break
    going.close()  # type: ignore[attr-defined]
    status = dataset_status("clotho", tmp_path)[1]
    assert status.state == "partial" and 0 < status.to_download < 100_000
    list(download_dataset("clotho", tmp_path, ["validation"]))
    assert states(tmp_path)["validation"] == "present"
    ranges = [wanted for path, wanted in server.asked if path.endswith("validation.7z") and wanted]
    assert ranges == ["bytes=30000-", "bytes=30000-", "bytes=50000-"]


def test_stopped_while_unpacking(server: FileServer, tmp_path: Path) -> None:
    going = download_dataset("clotho", tmp_path, ["test"])
    for event in going:
        if event.phase.startswith("Unpacking") and event.done:
            break
    going.close()  # type: ignore[attr-defined]
    assert states(tmp_path)["test"] == "partial"
    asked = len(server.asked)
    list(download_dataset("clotho", tmp_path, ["test"]))
    assert states(tmp_path)["test"] == "present" and len(server.asked) == asked


def test_corrupt_bytes_are_refused_and_leave_nothing(server: FileServer, tmp_path: Path) -> None:
    right = server.files["clotho_audio_test.7z"]
    server.files["clotho_audio_test.7z"] = right[:-1000] + b"?" * 1000
    with pytest.raises(DownloadError, match="another file than the published Clotho sounds, test"):
        list(download_dataset("clotho", tmp_path, ["test"]))
    assert not list((tmp_path / "CLOTHO_v2.1" / "archives").iterdir())
    assert not (tmp_path / "CLOTHO_v2.1" / "clotho_audio_files").exists()
    server.files["clotho_audio_test.7z"] = right
    list(download_dataset("clotho", tmp_path, ["test"]))
    assert states(tmp_path)["test"] == "present"


def test_files_of_others_are_not_written_over(server: FileServer, tmp_path: Path) -> None:
    table = tmp_path / "CLOTHO_v2.1" / "clotho_csv_files" / "clotho_captions_evaluation.csv"
    table.parent.mkdir(parents=True)
    table.write_text("my own notes")
    with pytest.raises(DownloadError, match="is not the published file"):
        list(download_dataset("clotho", tmp_path, ["evaluation"]))
    assert table.read_text() == "my own notes"


def test_an_existing_copy_is_used_as_it_is(server: FileServer, tmp_path: Path) -> None:
    audio = tmp_path / "CLOTHO_v2.1" / "clotho_audio_files" / "clotho_analysis"
    audio.mkdir(parents=True)
    for name in (*NAMES, ".DS_Store"):
        (audio / name).write_bytes(wav_bytes(1))
    assert states(tmp_path)["analysis"] == "present"
    assert list(download_dataset("clotho", tmp_path, ["analysis"])) == [] and not server.asked


def test_an_archive_that_lacks_sounds(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clotho = find_published("clotho")
    more = [replace(f, sounds=4 if f.sounds else 0) for f in clotho.parts[4].files]
    parts = (*clotho.parts[:4], replace(clotho.parts[4], files=tuple(more)))
    small = replace(clotho, parts=parts)
    monkeypatch.setattr(published, "_PUBLISHED", (small, *published_datasets()[1:]))
    with pytest.raises(DownloadError, match="holds fewer sounds than the 4"):
        list(download_dataset("clotho", tmp_path, ["analysis"]))


def test_room_is_asked_for_before_anything(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(free=100_000)
    monkeypatch.setattr(acquire.shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(DownloadError, match=r"needs about .* GB in .*, where only 0\.0 GB"):
        list(download_dataset("clotho", tmp_path))
    assert not server.asked


def test_what_cannot_be_downloaded_says_how_to_get_it() -> None:
    with pytest.raises(DatasetError, match=r"cannot be downloaded here\..*yt-dlp"):
        list(download_dataset("audiocaps"))
    with pytest.raises(DatasetError, match="no part 'dev'; choose from development"):
        list(download_dataset("clotho", None, ["dev"]))
    with pytest.raises(DatasetError, match="'nonsense' is not a published dataset"):
        dataset_status("nonsense")


def test_every_dataset_says_whose_it_is() -> None:
    for dataset in published_datasets():
        assert dataset.licence and dataset.citation and dataset.homepage.startswith("https://")
        for part in dataset.parts:
            assert part.download_size > 0 and part.unpacked_size > 0
            for file in part.files:
                assert len(file.md5) == 32 and file.url.startswith("https://")
                assert bool(file.sounds_to) == bool(file.sounds)
    clotho = find_published("clotho")
    assert sum(part.unpacked_size for part in clotho.parts) == pytest.approx(32e9, rel=0.05)
