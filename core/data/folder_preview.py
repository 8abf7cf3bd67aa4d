"""A look into a folder before it is a dataset: what the choice of columns is made from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.data.mapping import ColumnMapping, find_tables, guess_mapping, read_mapped
from core.data.own import folder_of
from core.data.sound_index import SoundIndex
from core.errors import DatasetError

_SHOWN_ROWS = 20


@dataclass(frozen=True, slots=True)
class TablePreview:
    """The beginning of a table for the choice of columns: rows of texts as long as `columns`.

    `numbers` are those that sentences about the rows call them by.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FolderPreview:
    """What lies in a folder, before it is a dataset.

    `guess` is None where the columns cannot be guessed; `problem` then says why in a sentence.
    """

    folder: Path
    sounds: int
    tables: tuple[TablePreview, ...]
    guess: ColumnMapping | None
    problem: str = ""


def preview_folder(root: Path, header: bool = True) -> FolderPreview:
    """Look into a folder of one's own: its sounds, its tables and a guess at their columns.

    Raises `DatasetError` where the folder cannot be opened. Unreadable tables are left out.
    """
    folder, tables = folder_of(root)
    index = SoundIndex(folder)
    previews = []
    for name in tables or find_tables(folder):
        try:
            table = read_mapped(folder, name, header)
        except DatasetError:
            continue
        shown = table.rows[:_SHOWN_ROWS]
        rows = tuple(tuple(row.text(column) for column in table.columns) for row in shown)
        numbers = tuple(row.number for row in shown)
        previews.append(TablePreview(name, table.columns, rows, len(table.rows), numbers))
    try:
        return FolderPreview(
            folder, len(index.files), tuple(previews), guess_mapping(folder, index, tables)
        )
    except DatasetError as error:
        return FolderPreview(folder, len(index.files), tuple(previews), None, str(error))
