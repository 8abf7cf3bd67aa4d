"""Runs as things one keeps: delete to the system's bin, export as one file, import, measure."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core import paths
from core.config import load_config
from core.errors import ConfigError, RunFolderError
from core.files import replace_atomic
from core.runs.folder import RunFolder
from core.runs.owner import owner_is_alive

_OWNER = "owner.json"
_MOST_FILES = 20_000
_STORED = {".safetensors", ".pt", ".npy", ".flac", ".png"}  # do not get smaller by deflating
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class StorageUse:
    """One folder of the product: what it holds, where, its size in bytes and number of files."""

    title: str
    path: Path
    size: int
    files: int


def move_to_bin(path: Path) -> None:
    """Move a file or folder to the system's bin.

    Raises `RunFolderError` when it does not exist or this system offers no bin for it.
    """
    if not path.exists() and not path.is_symlink():
        raise RunFolderError(f"{path} is already gone; refresh the list.")
    # Looks for the desktop's bin when imported, which a list need not wait for.
    from send2trash import send2trash

    try:
        send2trash(path)
    except OSError as error:
        raise RunFolderError(
            f"{path} could not be moved to the bin ({error}); delete it in the file manager."
        ) from error


def delete_run(run: RunFolder) -> None:
    """Move a run to the system's bin. Raises `RunFolderError` while the run is being written."""
    if owner_is_alive(run.path):
        raise RunFolderError(f"{run.name} is being trained; stop it before deleting it.")
    move_to_bin(run.path)


def export_run(run: RunFolder, archive: Path) -> Path:
    """Write the whole run folder into one zip file, whole or not at all; return its path.

    The folder may be exported while it is being written: the events are those of this moment.
    Raises `RunFolderError` when it cannot be read or the disk refuses.
    """
    if not run.path.is_dir():
        raise RunFolderError(f"{run.path} is already gone; refresh the list.")
    if archive.suffix.lower() != ".zip":
        archive = archive.with_name(archive.name + ".zip")
    if archive.resolve().is_relative_to(run.path.resolve()):
        raise RunFolderError(f"{archive} lies inside the run itself; choose another folder.")
    try:
        with (
            replace_atomic(archive) as temporary,
            zipfile.ZipFile(temporary, "w", allowZip64=True) as target,
        ):
            for path in _files_of(run.path):
                name = f"{run.name}/{path.relative_to(run.path).as_posix()}"
                kind = zipfile.ZIP_STORED if path.suffix in _STORED else zipfile.ZIP_DEFLATED
                target.write(path, name, kind)
    except OSError as error:
        raise RunFolderError(f"{run.name} could not be exported to {archive} ({error}).") from error
    return archive


def import_run(archive: Path, parent: Path | None = None) -> RunFolder:
    """Unpack an exported run under `parent` (default: the runs folder) and return it.

    A run of the same name stays what it is; the new one gets a number. The archive is taken only if
    every entry is a plain file below one folder and its configuration can be read.
    Raises `RunFolderError` with nothing left behind.
    """
    parent = parent or paths.runs_dir()
    parent.mkdir(parents=True, exist_ok=True)
    # Beside the runs, not among them: a list made meanwhile must not show half a run.
    holding = Path(tempfile.mkdtemp(prefix=".import-", dir=parent.parent))
    try:
        with zipfile.ZipFile(archive) as source:
            name, entries = _checked_entries(source, archive)
            needed = sum(entry.file_size for entry in entries.values())
            if needed > shutil.disk_usage(parent).free:
                raise RunFolderError(
                    f"{archive} needs {needed / 1e9:.1f} GB but the disk has less free; make room."
                )
            for relative, entry in entries.items():
                target = holding / relative
                target.parent.mkdir(parents=True, exist_ok=True)
                with source.open(entry) as content, target.open("wb") as file:
                    shutil.copyfileobj(content, file, _CHUNK)
        load_config(holding / "config.json")
        RunFolder(holding).checkpoints.mkdir(exist_ok=True)
        # mkdtemp makes folders that only the owner enters; runs are ordinary folders.
        holding.chmod(stat.S_IMODE(parent.stat().st_mode))
        return RunFolder(_moved(holding, parent, name))
    except FileNotFoundError:
        raise RunFolderError(f"There is no file {archive}; choose an exported run.") from None
    except ConfigError as error:
        sentence = str(error).removeprefix(f"{holding / 'config.json'}: ")
        raise RunFolderError(f"{archive} holds no readable run: {sentence}") from error
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise RunFolderError(f"{archive} is no run that was exported here ({error}).") from error
    except OSError as error:
        raise RunFolderError(
            f"{archive} could not be imported ({error.strerror or error})."
        ) from error
    finally:
        shutil.rmtree(holding, ignore_errors=True)


def folder_size(folder: Path) -> tuple[int, int]:
    """Return (bytes, number of files) below a folder; links are not followed."""
    size = files = 0
    for path in _files_of(folder):
        try:
            size += path.stat(follow_symlinks=False).st_size
            files += 1
        except OSError:
            continue
    return size, files


def storage_use() -> list[StorageUse]:
    """Measure the product's own folders."""
    folders = (
        ("Runs", paths.runs_dir()),
        ("Checkpoints", paths.checkpoints_dir()),
        ("Features", paths.features_dir()),
        ("Datasets", paths.home() / "datasets"),
        ("Encoder weights", paths.weights_dir()),
        ("Experiments", paths.home() / "experiments"),
        ("Presets", paths.presets_dir()),
        ("Reports", paths.home() / "checks"),
        ("Cache", paths.home() / "cache"),
        ("Logs", paths.logs_dir()),
    )
    return [StorageUse(title, path, *folder_size(path)) for title, path in folders if path.is_dir()]


def free_space() -> int:
    """Return the bytes that are free on the disk of the product's folder."""
    return shutil.disk_usage(paths.home()).free


def _files_of(folder: Path) -> list[Path]:
    """List plain files below a folder, but not the note of who writes it or half-written files."""
    found = []
    for where, _, names in os.walk(folder, followlinks=False):
        for name in sorted(names):
            path = Path(where) / name
            if name != _OWNER and not name.endswith(".part") and not path.is_symlink():
                found.append(path)
    return sorted(found)


def _checked_entries(
    source: zipfile.ZipFile, archive: Path
) -> tuple[str, dict[PurePosixPath, zipfile.ZipInfo]]:
    """Return the run's name and its entries by path below the run, or raise `RunFolderError`."""
    files = [entry for entry in source.infolist() if not entry.is_dir()]
    if len(files) > _MOST_FILES:
        raise RunFolderError(f"{archive} holds {len(files):,} files, which no run does.")
    paths_of = {entry.filename: PurePosixPath(entry.filename) for entry in files}
    for entry in files:
        path = paths_of[entry.filename]
        linked = stat.S_ISLNK(entry.external_attr >> 16)
        parts_are_safe = all(part not in ("..", "") and ":" not in part for part in path.parts)
        if linked or path.is_absolute() or "\\" in entry.filename or not parts_are_safe:
            raise RunFolderError(
                f"{archive} was not made here: it tries to write outside its folder "
                f"({entry.filename}); it was not unpacked."
            )
    roots = {path.parts[0] for path in paths_of.values() if len(path.parts) > 1}
    if any(path.name == "config.json" and len(path.parts) == 1 for path in paths_of.values()):
        name, skip = archive.stem, 0  # the folder's content was zipped by hand
    elif len(roots) == 1:
        name, skip = roots.pop(), 1
    else:
        raise RunFolderError(
            f"{archive} holds no run: there is no folder with a config.json in it."
        )
    entries = {}
    for entry in files:
        relative = PurePosixPath(*paths_of[entry.filename].parts[skip:])
        if relative.parts and relative.name != _OWNER:
            entries[relative] = entry
    if PurePosixPath("config.json") not in entries:
        raise RunFolderError(f"{archive} holds no run: config.json is missing in it.")
    return name, entries


def _moved(folder: Path, parent: Path, name: str) -> Path:
    for attempt in range(1, 1000):
        target = parent / (name if attempt == 1 else f"{name}-{attempt}")
        if not target.exists():
            return folder.rename(target)
    raise RunFolderError(f"{parent} already holds 999 runs named {name}; delete some first.")
