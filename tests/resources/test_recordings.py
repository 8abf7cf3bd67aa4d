"""The recordings that the starter model's encoder is tuned on: table, files, licences, tags."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from core.audio.files import read_audio
from core.models.encoders.yamnet_weights import load_tag_names
from core.paths import resources_dir

ROOT = resources_dir() / "recordings"
COLUMNS = ["file", "sound", "yamnet", "author", "licence", "source"]
LICENCES = {
    "Artistic-1.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC-BY-3.0",
    "CC-BY-SA-3.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "MIT",
    "public-domain",
}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (ROOT / "clips.csv").open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        assert reader.fieldnames == COLUMNS
        return list(reader)


def test_each_file_has_a_row_and_each_row_a_file(rows: list[dict[str, str]]) -> None:
    listed = [row["file"] for row in rows]
    assert listed == sorted(set(listed))
    on_disk = {path.relative_to(ROOT).as_posix() for path in (ROOT / "sounds").rglob("*.*")}
    assert on_disk == set(listed)
    assert all(name.isascii() and name == name.lower() for name in listed)


def test_every_row_names_author_licence_and_source(rows: list[dict[str, str]]) -> None:
    licences = (ROOT / "LICENSE.md").read_text(encoding="utf-8")
    named = set(licences.replace(",", " ").split())
    for row in rows:
        assert row["licence"] in LICENCES, row["file"]
        assert f"(`{row['licence']}`)" in licences
        assert row["author"] and f"**{row['author']}**" in licences, row["file"]
        assert row["source"].startswith(("Debian package ", "PyPI package ")), row["file"]
        assert PurePosixPath(row["file"]).stem in named, row["file"]


def test_the_licence_table_counts_the_rows(rows: list[dict[str, str]]) -> None:
    licences = (ROOT / "LICENSE.md").read_text(encoding="utf-8")
    for licence, count in Counter(row["licence"] for row in rows).items():
        assert f"(`{licence}`) | {count} |" in licences


def test_every_tag_is_one_that_yamnet_knows(rows: list[dict[str, str]]) -> None:
    known = set(load_tag_names())
    for row in rows:
        tags = row["yamnet"].split("|")
        assert tags and known.issuperset(tags), row["file"]
        assert len(set(tags)) == len(tags)


def test_no_sound_outweighs_the_others(rows: list[dict[str, str]]) -> None:
    assert len({row["sound"] for row in rows}) >= 100
    assert sum(row["sound"] == "speech" for row in rows) <= 40
    packages = Counter((row["sound"], row["source"].split(":")[0]) for row in rows)
    assert max(packages.values()) <= 8


def test_every_file_is_short_mono_16_khz_and_audible(rows: list[dict[str, str]]) -> None:
    for row in rows:
        waveform = read_audio(ROOT / row["file"])
        assert waveform.sample_rate == 16_000, row["file"]
        assert 0.08 <= len(waveform.samples) / 16_000 <= 6.01, row["file"]
        assert np.isfinite(waveform.samples).all()
        assert 0.04 <= float(np.abs(waveform.samples).max()) <= 1.1, row["file"]


def test_the_files_are_small_and_no_two_are_the_same(rows: list[dict[str, str]]) -> None:
    contents = [Path(ROOT / row["file"]).read_bytes() for row in rows]
    assert len(set(contents)) == len(contents)
    assert sum(map(len, contents)) <= 8_000_000
