"""Datasets that others publish: what they are, who may use them, and what can be downloaded.

Addresses and checksums are those of the Zenodo records 4783391 (Clotho v2.1), 3865658 (its test
sounds) and 6610709 (its analysis sounds), as the package aac-datasets 0.7.0 lists them. Sizes of
archives are about right; the server tells the exact ones, and nothing is begun without room.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.data import clotho
from core.errors import DatasetError
from core.wording import choice_text


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """One file of a published dataset.

    `path` is where it goes below the dataset's folder. An archive is unpacked into `sounds_to`
    and then deleted; `sounds` is how many sounds it holds and `unpacked_size` what they take.
    `size` is exact and checked where it is known, `about_size` is for people. Sizes in bytes.
    """

    title: str
    url: str
    md5: str
    path: str
    size: int | None = None
    about_size: int = 0
    sounds_to: str = ""
    sounds: int = 0
    unpacked_size: int = 0

    @property
    def download_size(self) -> int:
        """What a download takes: exact where known."""
        return self.size or self.about_size


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPart:
    """What is downloaded together: a split with its sounds and tables."""

    name: str
    files: tuple[PublishedFile, ...]

    @property
    def download_size(self) -> int:
        """Bytes to download, about."""
        return sum(file.download_size for file in self.files)

    @property
    def unpacked_size(self) -> int:
        """Bytes on disk in the end, about."""
        return sum(file.unpacked_size or file.download_size for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedDataset:
    """A dataset and where it comes from.

    `parts` can be downloaded by this program; `remedy` says how to get the rest, or all of it.
    `folder` is its name below a folder of datasets.
    """

    name: str
    title: str
    summary: str
    folder: str
    homepage: str
    licence: str
    citation: str
    parts: tuple[PublishedPart, ...] = ()
    remedy: str = ""


_RECORD = "https://zenodo.org/record"
_AUDIO, _TABLES = "clotho_audio_files", "clotho_csv_files"


def _table(kind: str, split: str, record: int, md5: str) -> PublishedFile:
    name = f"clotho_{kind}_{split}.csv"
    return PublishedFile(
        title=f"Clotho {kind}, {split}",
        url=f"{_RECORD}/{record}/files/{name}?download=1",
        md5=md5,
        path=f"{_TABLES}/{name}",
        about_size={"development": 1_600_000}.get(split, 430_000),
    )


def _archive(
    split: str, name: str, record: int, md5: str, sizes: tuple[int, int], sounds: int
) -> PublishedFile:
    return PublishedFile(
        title=f"Clotho sounds, {split}",
        url=f"{_RECORD}/{record}/files/{name}?download=1",
        md5=md5,
        path=f"archives/{name}",
        about_size=sizes[0],
        sounds_to=f"{_AUDIO}/{clotho.AUDIO_FOLDERS[split]}",
        sounds=sounds,
        unpacked_size=sizes[1],
    )


_SMALL = (1_200_000_000, 2_000_000_000)
_CLOTHO_PARTS = (
    PublishedPart(
        name="development",
        files=(
            _table("captions", "development", 4783391, "d4090b39ce9f2491908eebf4d5b09bae"),
            _table("metadata", "development", 4783391, "170d20935ecfdf161ce1bb154118cda5"),
            _archive(
                "development",
                "clotho_audio_development.7z",
                4783391,
                "c8b05bc7acdb13895bb3c6a29608667e",
                (4_300_000_000, 7_100_000_000),
                3839,
            ),
        ),
    ),
    PublishedPart(
        name="validation",
        files=(
            _table("captions", "validation", 4783391, "5879e023032b22a2c930aaa0528bead4"),
            _table("metadata", "validation", 4783391, "2e010427c56b1ce6008b0f03f41048ce"),
            _archive(
                "validation",
                "clotho_audio_validation.7z",
                4783391,
                "7dba730be08bada48bd15dc4e668df59",
                _SMALL,
                1045,
            ),
        ),
    ),
    PublishedPart(
        name="evaluation",
        files=(
            _table("captions", "evaluation", 4783391, "1b16b9e57cf7bdb7f13a13802aeb57e2"),
            _table("metadata", "evaluation", 4783391, "13946f054d4e1bf48079813aac61bf77"),
            _archive(
                "evaluation",
                "clotho_audio_evaluation.7z",
                4783391,
                "4569624ccadf96223f19cb59fe4f849f",
                _SMALL,
                1045,
            ),
        ),
    ),
    PublishedPart(
        name="test",
        files=(
            _table("metadata", "test", 3865658, "52f8ad01c229a310a0ff8043df480e21"),
            _archive(
                "test",
                "clotho_audio_test.7z",
                3865658,
                "9b3fe72560a621641ff4351ba1154349",
                _SMALL,
                1043,
            ),
        ),
    ),
    PublishedPart(
        name="analysis",
        files=(
            _archive(
                "analysis",
                "clotho_analysis_2022.zip",
                6610709,
                "7e8fa4762cc3a7c5546606680b958d08",
                (14_000_000_000, 19_000_000_000),
                8360,
            ),
        ),
    ),
)


def _exclusion(other: str, md5: str, size: int) -> PublishedPart:
    name = f"blacklist_{other}.csv"
    file = PublishedFile(
        title=f"WavCaps sounds shared with {other.split('.')[0].capitalize()}",
        url=f"https://raw.githubusercontent.com/Labbeti/aac-datasets/main/data/wavcaps/{name}",
        md5=md5,
        path=name,
        size=size,
    )
    return PublishedPart(name=f"exclusions-{other.split('.')[0]}", files=(file,))


_PUBLISHED = (
    PublishedDataset(
        name="clotho",
        title="Clotho v2.1",
        summary="Sounds of Freesound, 15 to 30 s, five captions each; the DCASE challenge's own.",
        folder=clotho.FOLDER,
        homepage="https://zenodo.org/records/4783391",
        licence="captions: Tampere University's licence, non-commercial with attribution; sounds: "
        "the Creative Commons licence of each, in the metadata table",
        citation="K. Drossos, S. Lipping, T. Virtanen: Clotho: an audio captioning dataset. "
        "ICASSP 2020, pp. 736-740.",
        parts=_CLOTHO_PARTS,
    ),
    PublishedDataset(
        name="audiocaps",
        title="AudioCaps",
        summary="Ten seconds of AudioSet's videos; one caption for training, five for testing.",
        folder="AUDIOCAPS",
        homepage="https://audiocaps.github.io",
        licence="captions: MIT; the sounds belong to those who uploaded the videos",
        citation="C. D. Kim, B. Kim, H. Lee, G. Kim: AudioCaps: generating captions for audios in "
        "the wild. NAACL 2019, pp. 119-132.",
        remedy="Its sounds are cut from online videos: make a copy with aac-datasets, yt-dlp and "
        "FFmpeg, then point at its folder.",
    ),
    PublishedDataset(
        name="macs",
        title="MACS",
        summary="Ten-second street scenes of TAU Urban Acoustic Scenes, two to five captions each.",
        folder="MACS",
        homepage="https://zenodo.org/records/5114771",
        licence="captions: see LICENSE.txt of the record; sounds: the licence of TAU Urban "
        "Acoustic Scenes 2019, non-commercial",
        citation="I. Martin Morato, A. Mesaros: Diversity and bias in audio captioning datasets. "
        "DCASE Workshop 2021, pp. 90-94.",
        remedy="Get MACS.yaml from the record, and the sounds it names from TAU Urban Acoustic "
        "Scenes 2019 (Zenodo 2589280), or make a copy with aac-datasets; then point at its folder.",
    ),
    PublishedDataset(
        name="wavcaps",
        title="WavCaps",
        summary="403,050 web sounds with one caption each, written by a language model.",
        folder="WavCaps",
        homepage="https://huggingface.co/datasets/cvssp/WavCaps",
        licence="academic use only; sounds: the licence of each source",
        citation="X. Mei, C. Meng, H. Liu et al.: WavCaps: a ChatGPT-assisted weakly-labelled "
        "audio captioning dataset. arXiv:2303.17395, 2023.",
        parts=(
            _exclusion("clotho.full.v2", "b936c0a00250729f702cce71ae3c207a", 99_788),
            _exclusion("audiocaps.full", "dcd3703832a19847a312fe98a3716949", 1_220_292),
        ),
        remedy="About 940 GB of sounds: make a copy with aac-datasets, then point at its folder. "
        "What can be had here are the lists of sounds it shares with Clotho and AudioCaps.",
    ),
)


def published_datasets() -> tuple[PublishedDataset, ...]:
    """All published datasets that the program knows."""
    return _PUBLISHED


def find_published(name: str) -> PublishedDataset:
    """Return a published dataset by its name. Raises `DatasetError` where there is none."""
    for dataset in _PUBLISHED:
        if dataset.name == name:
            return dataset
    known = [dataset.name for dataset in _PUBLISHED]
    raise DatasetError(f"'{name}' is not a published dataset{choice_text(name, known)}")
