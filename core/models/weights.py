"""Published weights: what they are, where they come from, and whether they are here.

Nothing is downloaded on its own. A file counts as installed once its MD5 is the published one; that
is remembered in ``verified.json`` with size and date, so that lists need not read 100 MB each time.
A copy in torch's own download folder, where the public code keeps the same files, is used in place.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core import paths
from core.download import PARTIAL_SUFFIX
from core.download.hashing import file_md5
from core.errors import DownloadError
from core.files import read_json, replace_atomic, write_json_atomic
from core.wording import choice_text


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """One published file.

    `name` is ours, `file` the name it is kept under, `hub_file` where the public code keeps it
    below torch's download folder. `size` is exact, in bytes, and verified, where it is known;
    `about_size` is estimated from the number of values in the file, to show beforehand.
    """

    name: str
    title: str
    file: str
    url: str
    md5: str
    purpose: str
    licence: str
    citation: str
    hub_file: str = ""
    size: int | None = None
    about_size: int = 0

    @property
    def expected_size(self) -> int:
        """What a download takes, in bytes: exact where known."""
        return self.size or self.about_size


WeightsState = Literal["missing", "partial", "installed", "corrupt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsStatus:
    """What is on this machine: `path` is the file if there is one, `size` its bytes so far."""

    state: WeightsState
    path: Path | None = None
    size: int = 0


# 28,222,767 learnable and 1,165,536 fixed numbers of four bytes.
_CONVNEXT_SIZE = 4 * (28_222_767 + 1_165_536)
# 11,911,699 weights and two moments of the optimiser for each.
_BASELINE_SIZE = 3 * 4 * 11_911_699
_CONVNEXT_LICENCE = "see the Zenodo record; the authors' code is MIT"
_CONVNEXT_CITATION = (
    "T. Pellegrini, I. Khalfaoui-Hassani, E. Labbé, T. Masquelier: Adapting a ConvNeXt model to "
    "audio classification on AudioSet. Interspeech 2023, arXiv:2306.00830."
)
_BASELINE_CITATION = (
    "É. Labbé, T. Pellegrini, J. Pinquier: CoNeTTE: An efficient Audio Captioning system "
    "leveraging multiple datasets with Task Embedding. arXiv:2309.00454; DCASE 2024 Task 6."
)

_KNOWN = (
    WeightsFile(
        name="convnext-tiny",
        title="ConvNeXt-Tiny, 465 mAP, without AudioCaps, 70k iterations",
        file="convnext_tiny_465mAP_BL_AC_70kit.pth",
        url="https://zenodo.org/records/8020843/files/convnext_tiny_465mAP_BL_AC_70kit.pth?download=1",
        md5="0688ae503f5893be0b6b71cb92f8b428",
        purpose="Encoder of the DCASE 2024 Task 6 baseline.",
        licence=_CONVNEXT_LICENCE,
        citation=_CONVNEXT_CITATION,
        hub_file="convnext_tiny_465mAP_BL_AC_70kit.pth",
        about_size=_CONVNEXT_SIZE,
    ),
    WeightsFile(
        name="convnext-tiny-75k",
        title="ConvNeXt-Tiny, 465 mAP, without AudioCaps, 75k iterations",
        file="convnext_tiny_465mAP_BL_AC_75kit.pth",
        url="https://zenodo.org/records/10987498/files/convnext_tiny_465mAP_BL_AC_75kit.pth?download=1",
        md5="f6f57c87b7eb664a23ae8cad26eccaa0",
        purpose="Encoder of CoNeTTE.",
        licence=_CONVNEXT_LICENCE,
        citation=_CONVNEXT_CITATION,
        hub_file="convnext_tiny_465mAP_BL_AC_75kit.pth",
        about_size=_CONVNEXT_SIZE,
    ),
    WeightsFile(
        name="convnext-tiny-471",
        title="ConvNeXt-Tiny, 471 mAP, all of AudioSet",
        file="convnext_tiny_471mAP.pth",
        url="https://zenodo.org/records/8020843/files/convnext_tiny_471mAP.pth?download=1",
        md5="e069ecd1c7b880268331119521c549f2",
        purpose="Best tagger of the three; it has heard the AudioCaps clips.",
        licence=_CONVNEXT_LICENCE,
        citation=_CONVNEXT_CITATION,
        hub_file="convnext_tiny_471mAP.pth",
        about_size=_CONVNEXT_SIZE,
    ),
    WeightsFile(
        name="dcase2024-baseline",
        title="DCASE 2024 Task 6 baseline, decoder",
        file="dcase2024-task6-baseline.ckpt",
        url="https://zenodo.org/records/10849427/files/epoch_192-step_001544-mode_min-val_loss_3.3758.ckpt?download=1",
        md5="9514a8e6fa547bd01fb1badde81c6d10",
        purpose="Official caption model, trained on Clotho; to be imported with its tokenizer.",
        licence="see the Zenodo record; the authors' code is MIT",
        citation=_BASELINE_CITATION,
        hub_file="dcase2024-task6-baseline/checkpoints/best.ckpt",
        about_size=_BASELINE_SIZE,
    ),
    WeightsFile(
        name="dcase2024-baseline-tokenizer",
        title="DCASE 2024 Task 6 baseline, tokenizer",
        file="dcase2024-task6-baseline-tokenizer.json",
        url="https://zenodo.org/records/10849427/files/tokenizer.json?download=1",
        md5="ee3fef19f7d0891d820d84035483a900",
        purpose="Vocabulary of the official caption model.",
        licence="see the Zenodo record; the authors' code is MIT",
        citation=_BASELINE_CITATION,
        hub_file="dcase2024-task6-baseline/tokenizer.json",
        size=101_413,
    ),
)


def known_weights() -> tuple[WeightsFile, ...]:
    """All published files the program knows."""
    return _KNOWN


def find_weights(name: str) -> WeightsFile:
    """Return a known file by its name. Raises `DownloadError` when there is none."""
    for weights in _KNOWN:
        if weights.name == name:
            return weights
    known = [weights.name for weights in _KNOWN]
    raise DownloadError(f"There are no published weights named '{name}'{choice_text(name, known)}")


def own_path(weights: WeightsFile) -> Path:
    """Return where a download or a copy of the file is kept, whether or not it is there."""
    return paths.weights_dir() / weights.file


def partial_path(weights: WeightsFile) -> Path:
    """Return where an unfinished download of the file is kept."""
    return paths.weights_dir() / (weights.file + PARTIAL_SUFFIX)


def weights_status(weights: WeightsFile) -> WeightsStatus:
    """Say whether a file is here. Reads the file only where it is new or has changed."""
    corrupt: Path | None = None
    for path in _places(weights):
        if path.is_file():
            if _is_published(weights, path):
                size = path.stat().st_size
                return WeightsStatus(state="installed", path=path, size=size)
            # A strange file in torch's folder is nobody's fault; one in ours is damaged.
            if path == own_path(weights):
                corrupt = path
    if corrupt is not None:
        return WeightsStatus(state="corrupt", path=corrupt, size=corrupt.stat().st_size)
    partial = partial_path(weights)
    if partial.is_file():
        return WeightsStatus(state="partial", path=partial, size=partial.stat().st_size)
    return WeightsStatus(state="missing")


def installed_path(name: str) -> Path | None:
    """Return the verified file of that name, or None when it is not here."""
    status = weights_status(find_weights(name))
    return status.path if status.state == "installed" else None


def use_local_file(name: str, path: Path | str) -> Path:
    """Copy a file that the user already has into the program's folder and return the copy.

    Raises `DownloadError` when it is missing or not the published file.
    """
    weights, path = find_weights(name), Path(path).expanduser().absolute()
    if not path.is_file():
        raise DownloadError(f"There is no file at {path}; choose the downloaded {weights.file}.")
    found = file_md5(path)
    if found != weights.md5:
        raise DownloadError(
            f"{path} is not the published {weights.title}: its MD5 is {found}, not {weights.md5}; "
            "choose another file or download it again."
        )
    if path != own_path(weights):
        try:
            with replace_atomic(own_path(weights)) as temporary:
                shutil.copyfile(path, temporary)
        except OSError as error:
            raise DownloadError(f"{path} could not be copied ({error.strerror}).") from error
        path = own_path(weights)
    remember_verified(weights, path)
    return path


def remove_weights(name: str) -> None:
    """Delete the program's own copy and any unfinished download; files elsewhere stay."""
    weights = find_weights(name)
    for path in (own_path(weights), partial_path(weights)):
        path.unlink(missing_ok=True)
    _write_record(weights.name, None)


def remember_verified(weights: WeightsFile, path: Path) -> None:
    """Note that `path` holds the published content, as it is now."""
    _write_record(weights.name, {"path": str(path), **_fingerprint(weights, path)})


def _places(weights: WeightsFile) -> list[Path]:
    """Return where the file may be: our folder, torch's download folder."""
    places = [own_path(weights)]
    if weights.hub_file:
        places.append(_torch_hub_folder() / weights.hub_file)
    return places


def _torch_hub_folder() -> Path:
    """Return the folder of ``torch.hub``'s downloads, without importing torch."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"))
    home = Path(os.environ.get("TORCH_HOME", cache / "torch"))
    return home.expanduser() / "hub" / "checkpoints"


def _is_published(weights: WeightsFile, path: Path) -> bool:
    """Say whether `path` has the published content; hash it unless that is known."""
    try:
        if _records().get(weights.name) == {"path": str(path), **_fingerprint(weights, path)}:
            return True
        if weights.size not in (None, path.stat().st_size) or file_md5(path) != weights.md5:
            return False
    except OSError:
        return False
    remember_verified(weights, path)
    return True


def _fingerprint(weights: WeightsFile, path: Path) -> dict[str, Any]:
    facts = path.stat()
    return {"md5": weights.md5, "size": facts.st_size, "modified": facts.st_mtime_ns}


def _record_path() -> Path:
    return paths.weights_dir() / "verified.json"


def _records() -> dict[str, dict[str, Any]]:
    try:
        records = read_json(_record_path())
    except (OSError, ValueError):
        return {}
    if not isinstance(records, dict):
        return {}
    return {name: record for name, record in records.items() if isinstance(record, dict)}


def _write_record(name: str, record: dict[str, Any] | None) -> None:
    records = _records()
    records.pop(name, None)
    if record is not None:
        records[name] = record
    write_json_atomic(_record_path(), records)
