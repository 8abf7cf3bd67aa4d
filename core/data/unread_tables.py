"""Tables beside those that a dataset of one's own is read from: what is in them, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.data.mapping import ColumnMapping, find_tables, guess_table, names_sounds
from core.data.sound_index import SoundIndex
from core.data.tables import NAMED_SUFFIXES, read_table
from core.errors import DatasetError

_SHOWN_COLUMNS = 6
_SPREADSHEETS = (".xlsx", ".xls", ".ods", ".numbers")
# Text files that are looked into: there may be one beside each sound.
_LOOKED = 10
_LARGE = 1 << 25


@dataclass(frozen=True, slots=True)
class UnreadTable:
    """A table that a dataset leaves out.

    `missed` says that it has captions which somebody may believe to be in the dataset; `sentence`
    says which table is read in its stead, and what to do.
    """

    name: str
    missed: bool
    sentence: str


def unread_tables(dataset: object) -> tuple[UnreadTable, ...]:
    """Return the tables that a dataset leaves out; none for one that is not a person's own."""
    ask = getattr(dataset, "unread_tables", None)
    return tuple(ask()) if ask is not None else ()


def find_unread(
    folder: Path, mapping: ColumnMapping, index: SoundIndex, chosen: bool
) -> tuple[UnreadTable, ...]:
    """Look into the tables of a folder that a mapping does not read.

    `chosen` says that somebody named the one table that is read, so that none is missed.
    """
    if not mapping.tables:
        return tuple(_other_files(folder, index))
    names = [name for name in find_tables(folder) if name not in mapping.tables]
    return tuple(_look(folder, name, mapping, index, chosen) for name in names)


def _look(
    folder: Path, name: str, mapping: ColumnMapping, index: SoundIndex, chosen: bool
) -> UnreadTable:
    read = f"{_listed(mapping.tables)} {'is' if len(mapping.tables) == 1 else 'are'} read"
    try:
        table = read_table(folder / name, beginning=True)
        guess = guess_table(table, index)
        known = names_sounds(table, guess, index)
    except DatasetError:
        known = False
    if not known:
        return UnreadTable(name, False, f"{read}, {name} is not: no sounds are named in it.")
    if not guess.captions:
        return UnreadTable(name, False, f"{read}, {name} is not: it has no captions.")
    if chosen:
        return UnreadTable(name, False, f"{read}, {name} is not: it was not chosen.")
    wanted = [one for one in (mapping.file, *mapping.captions, mapping.split) if one]
    both = "choose both under 'Columns and splits' (with --table on the command line)"
    if guess.header == mapping.header and all(one in table.columns for one in wanted):
        return UnreadTable(name, True, f"{read}, {name} is not: to have its captions too, {both}.")
    columns = _listed(table.columns if guess.header else ["none with names"])
    return UnreadTable(
        name,
        True,
        f"{read}, {name} is not: its columns differ ({columns}; not {_listed(wanted)}). To have "
        f"its captions too, give both tables the same columns and {both}, or add {name} as a "
        "dataset of its own and join the two.",
    )


def _other_files(folder: Path, index: SoundIndex) -> Iterator[UnreadTable]:
    """Yield what may be meant as the table of a folder that seems to have none."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    for name in names:
        if Path(name).suffix.lower() in _SPREADSHEETS:
            yield UnreadTable(
                name, True, f"{name} is not read: save it as CSV in UTF-8 to have its captions."
            )
    for name in [name for name in names if Path(name).suffix.lower() in NAMED_SUFFIXES][:_LOOKED]:
        path = folder / name
        if path.suffix.lower() == ".json" and path.stat().st_size > _LARGE:
            continue  # JSON is read whole or not at all.
        with suppress(DatasetError):
            table = read_table(path, beginning=path.suffix.lower() != ".json")
            guess = guess_table(table, index)
            if guess.captions and names_sounds(table, guess, index):
                yield UnreadTable(
                    name,
                    True,
                    f"{name} is not read: to have its captions, choose this file as your own table "
                    "in place of the folder.",
                )


def _listed(names: Sequence[str]) -> str:
    more = ", ..." if len(names) > _SHOWN_COLUMNS else ""
    return ", ".join(names[:_SHOWN_COLUMNS]) + more
