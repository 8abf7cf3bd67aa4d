"""Checkpoints of the reference system become ours; for worker threads, as torch is needed."""

from __future__ import annotations

from pathlib import Path

from core import paths
from core.models.checkpoint_transfer import free_name


def convert_reference(source: Path, tokenizer: Path) -> Path:
    """Convert a baseline checkpoint with its tokenizer; return the new file among the imported."""
    from core.models.import_reference import import_reference

    target = free_name(paths.checkpoints_dir(), source.stem)
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
