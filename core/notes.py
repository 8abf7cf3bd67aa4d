"""What a person writes on a run or a checkpoint: a name, tags, and a note.

They lie beside what they are about: ``notes.json`` in a run folder, and ``<file>.notes.json`` next
to a checkpoint. Nothing in the file itself is changed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import StudioError
from core.files import read_json, write_json_atomic


@dataclass(frozen=True, slots=True)
class Notes:
    """A name ("" for none of one's own), tags in their order, and a text of any length."""

    title: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""


def notes_file(path: Path) -> Path:
    """Return where the notes on a run folder or a checkpoint file are kept."""
    return path / "notes.json" if path.is_dir() else path.with_name(f"{path.name}.notes.json")


def read_notes(path: Path) -> Notes:
    """Return the notes on a run folder or a checkpoint file; empty ones where there are none."""
    try:
        record = read_json(notes_file(path))
        tags = tuple(str(tag) for tag in record.get("tags", ()))
        return Notes(str(record.get("title", "")), tags, str(record.get("note", "")))
    except (OSError, ValueError, TypeError, AttributeError):
        return Notes()


def write_notes(path: Path, notes: Notes) -> None:
    """Keep notes; empty ones leave no file. Raises `StudioError` where the disk refuses."""
    target = notes_file(path)
    try:
        if notes == Notes():
            target.unlink(missing_ok=True)
        else:
            write_json_atomic(target, asdict(notes))
    except OSError as error:
        raise StudioError(
            f"{target} cannot be written ({error.strerror}); check the folder's access rights."
        ) from error


def tags_of(text: str) -> tuple[str, ...]:
    """Return the tags in a text with commas between them, each once."""
    return tuple(dict.fromkeys(tag for part in text.split(",") if (tag := part.strip())))
