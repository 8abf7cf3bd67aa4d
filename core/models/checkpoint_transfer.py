"""Checkpoints from elsewhere: take in ours, convert the reference's, copy one out."""

from __future__ import annotations

import shutil
from pathlib import Path

from core import paths
from core.errors import CheckpointError
from core.files import replace_atomic
from core.models.checkpoint_files import SUFFIX
from core.models.checkpoint_header import read_checkpoint_info


def import_checkpoint(source: Path) -> Path:
    """Copy a checkpoint of ours into the imported ones and return the new file.

    A file of the same name stays what it is; the new one gets a number.
    Raises `CheckpointError` when it is none of ours or cannot be copied.
    """
    read_checkpoint_info(source)
    target = free_name(paths.checkpoints_dir(), source.stem)
    _copy(source, target)
    return target


def convert_reference(source: Path, tokenizer: Path, folder: Path | None = None) -> Path:
    """Convert a checkpoint of the DCASE 2024 baseline, and return the new file.

    Raises `CheckpointError` as `core.models.import_reference` does; nothing is written then.
    """
    # Torch is needed for this alone.
    from core.models.import_reference import import_reference

    target = free_name(folder or paths.checkpoints_dir(), source.stem)
    import_reference(source, tokenizer, target)
    return target


def tokenizer_beside(source: Path) -> Path | None:
    """Return the tokenizer that lies beside a baseline checkpoint under one of its usual names."""
    names = (f"{source.stem}-tokenizer.json", "tokenizer.json")
    # The baseline keeps its checkpoints in a folder of the run, the tokenizer one above.
    for folder in (source.parent, source.parent.parent):
        for name in names:
            if (folder / name).is_file():
                return folder / name
    return None


def export_checkpoint(source: Path, target: Path) -> Path:
    """Copy a checkpoint out, whole or not at all; return the file. Raises `CheckpointError`."""
    read_checkpoint_info(source)
    if target.suffix != SUFFIX:
        target = target.with_name(target.name + SUFFIX)
    if target.exists() and target.samefile(source):
        raise CheckpointError(f"{target} is the checkpoint itself; choose another name.")
    _copy(source, target)
    return target


def free_name(folder: Path, stem: str) -> Path:
    """Return a checkpoint path in `folder` that is free: stem, stem-2, ... or `CheckpointError`."""
    for attempt in range(1, 1000):
        target = folder / f"{stem if attempt == 1 else f'{stem}-{attempt}'}{SUFFIX}"
        if not target.exists():
            return target
    raise CheckpointError(
        f"{folder} already holds 999 checkpoints named {stem}; delete some first."
    )


def _copy(source: Path, target: Path) -> None:
    try:
        with replace_atomic(target) as temporary:
            shutil.copyfile(source, temporary)
    except OSError as error:
        raise CheckpointError(f"{source} could not be copied to {target} ({error}).") from error
