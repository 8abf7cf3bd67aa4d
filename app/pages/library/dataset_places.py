"""Where datasets lie: remembered when a folder is recognised, forgotten when one is removed."""

from __future__ import annotations

from pathlib import Path

from core.data.places import find_place, forget_place, remember_place
from core.data.recognise import RecognisedCopy, recognise_copies
from core.data.saved_joins import forget_join
from core.runs.transfer import move_to_bin


def take_copies(folder: Path, wanted: str) -> tuple[RecognisedCopy, ...]:
    """Remember where the published datasets in a folder lie; of one that is wanted, only it."""
    copies = recognise_copies(folder)
    chosen = tuple(copy for copy in copies if not wanted or copy.name == wanted)
    if not chosen:
        from core.data.datasets import open_dataset

        # Its own sentence says what such a folder holds.
        open_dataset(wanted, folder)
    for copy in chosen:
        remember_place(copy.name, copy.folder)
    return chosen


def take_away(name: str, folder: Path | None) -> None:
    """Forget a dataset; its files go to the system's bin where `folder` is given."""
    if folder is not None:
        move_to_bin(folder)
    if "+" in name:
        forget_join(name)
        return
    for known in (name, name.partition("-")[0]):
        if find_place(known) is not None:
            forget_place(known)
            return
