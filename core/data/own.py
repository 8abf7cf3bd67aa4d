"""A folder of one's own sounds, with a table of captions or without."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from core.data.file_dataset import Entry, FileDataset
from core.data.mapping import ColumnMapping, guess_mapping, read_mapped, split_of_name
from core.data.own_splits import SOUNDS, FoundSound, split_up
from core.data.sound_index import SoundIndex
from core.data.tables import NAMED_SUFFIXES, TABLE_SUFFIXES, Row, Table
from core.data.tokenizer import is_word, split_words
from core.data.unread_tables import UnreadTable, find_unread
from core.errors import DatasetError
from core.wording import count_text


class OwnFolder(FileDataset):
    """Sounds below a folder, with captions from its tables.

    The splits are those of the table, or ``train``, ``validation`` and ``test`` drawn by the
    mapping's seed: the same files always fall the same way. Sounds that a table names without a
    caption are in the split ``uncaptioned``; a folder without a table has the one split
    ``sounds``. Neither is trained on. What is wrong with rows is listed in `problems`, each with
    its table and row; no row stops the others. Sounds that no row names are in `unlisted`.

    Parameters
    ----------
    root
        The folder, or a table in it.
    mapping
        How its tables are read; None guesses (`core.data.mapping.guess_mapping`).
    name
        The dataset's name.

    Raises
    ------
    DatasetError
        The folder or a table cannot be read, a column is missing, or there is no sound at all.
    """

    def __init__(
        self, root: Path | None, mapping: ColumnMapping | None = None, name: str = "folder"
    ) -> None:
        if root is None:
            raise DatasetError(
                "Say which folder: the dataset 'folder' needs a dataset folder (with --root)."
            )
        folder, tables = folder_of(root)
        super().__init__(folder)
        self.name = name
        self._index = SoundIndex(folder)
        self.mapping = mapping or guess_mapping(folder, self._index, tables)
        self.problems: tuple[str, ...] = ()
        self.unlisted: tuple[str, ...] = ()
        self._one_chosen = tables is not None
        self._unread: tuple[UnreadTable, ...] | None = None
        self._absent: dict[str, tuple[str, ...]] = {}
        if self.mapping.tables:
            self._by_split = self._from_tables()
        elif self._index.files:
            self._by_split = {SOUNDS: [Entry(file, ()) for file in self._index.files]}
        else:
            raise DatasetError(f"{folder} holds neither sounds nor a table of captions.")
        self.splits = tuple(self._by_split)

    def audio_folder(self, split: str) -> Path:
        """Return the folder; files are named from there."""
        return self.folder

    def entries(self, split: str) -> Sequence[Entry]:
        """Return the sounds of a split."""
        return self._by_split[split]

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that are read."""
        return self.mapping.tables

    def unread_tables(self) -> tuple[UnreadTable, ...]:
        """Return the other tables of the folder; their first rows are read once for that."""
        if self._unread is None:
            self._unread = find_unread(self.folder, self.mapping, self._index, self._one_chosen)
        return self._unread

    def missing(self, split: str) -> tuple[str, ...]:
        """Names in the tables that lead to no file."""
        return (*self._absent.get(split, ()), *super().missing(split))

    def _from_tables(self) -> dict[str, list[Entry]]:
        found: dict[str, FoundSound] = {}
        absent: dict[str, FoundSound] = {}
        problems: list[str] = []
        for name in self.mapping.tables:
            table = read_mapped(self.folder, name, self.mapping.header)
            self._check_columns(table)
            problems += table.problems
            for row in table.rows:
                self._take(table, row, found, absent, problems)
        if not found:
            tables = ", ".join(self.mapping.tables)
            if not absent:
                raise DatasetError(
                    f"{tables} in {self.folder} names no sound: there is nothing in the column "
                    f"'{self.mapping.file}'; fill it in, or choose the column with the file names."
                )
            raise DatasetError(
                f"None of the {count_text(len(absent), 'sound')} that {tables} names is in "
                f"{self.folder}; the first is '{next(iter(absent))}'; check the column "
                f"'{self.mapping.file}', and choose a folder that holds both the sounds and the "
                "table."
            )
        problems += [
            f"{where}: no caption for '{file}' in this row."
            for file, about in found.items()
            for where in about.empty
            if about.captions
        ]
        splits = split_up(found, self.mapping, problems)
        for name, about in absent.items():
            split = about.split if about.split in splits else next(iter(splits))
            self._absent[split] = (*self._absent.get(split, ()), name)
            problems.append(f"{about.where}: there is no sound '{name}' in {self.folder}.")
        self.problems = tuple(problems)
        named = {self._below(file) for file in found}
        self.unlisted = tuple(file for file in self._index.files if file not in named)
        return splits

    def _below(self, file: str) -> str:
        """Return a name below the folder for a full one, as a table may have it."""
        path = Path(file)
        inside = path.is_absolute() and path.is_relative_to(self.folder.absolute())
        return path.relative_to(self.folder.absolute()).as_posix() if inside else file

    def _check_columns(self, table: Table) -> None:
        wanted = (self.mapping.file, *self.mapping.captions, self.mapping.split)
        lacking = [name for name in wanted if name and name not in table.columns]
        if lacking or not self.mapping.file:
            what = f"column '{lacking[0]}'" if lacking else "column chosen for the file names"
            raise DatasetError(
                f"{table.path} has no {what}; it has {', '.join(table.columns)}. Choose the "
                "columns again."
            )

    def _take(
        self,
        table: Table,
        row: Row,
        found: dict[str, FoundSound],
        absent: dict[str, FoundSound],
        problems: list[str],
    ) -> None:
        """Add what one row says."""
        where = f"{table.path.name}, row {row.number}"
        name = row.text(self.mapping.file)
        if not name:
            problems.append(f"{where}: no file name; the row is left out.")
            return
        file = self._index.find(name)
        about = (absent if file is None else found).setdefault(
            file or name, FoundSound(where=where)
        )
        captions = self._captions(table, row, where, problems)
        if not captions and self.mapping.captions:
            about.empty.append(where)
        for text in captions:
            if swallowed := self._swallowed_row(table, text):
                problems.append(
                    f"{where}: the caption goes on over '{swallowed}', which looks like a row of "
                    "its own; check the quotes."
                )
            if text in about.captions:
                problems.append(f"{where}: the same caption of '{name}' again; it counts once.")
                continue
            tokens = split_words(text)
            if not tokens:
                problems.append(f"{where}: the caption '{text}' has no word; it is left out.")
                continue
            if not any(map(is_word, tokens)):
                problems.append(
                    f"{where}: the caption '{text}' has no word, but emoji or other marks, which a "
                    "model would learn as they are. Write in words what is heard."
                )
            about.captions.append(text)
        split = self._split_name(table, row)
        if split and about.split and split != about.split:
            problems.append(
                f"{where}: '{name}' is in '{split}' here but in '{about.split}' in an earlier "
                "row; the earlier one counts."
            )
        about.split = about.split or split
        known = {self.mapping.file, self.mapping.split, *self.mapping.captions}
        for column in table.columns:
            if column not in known and (text := row.text(column)):
                about.extras.setdefault(column, text)

    def _captions(self, table: Table, row: Row, where: str, problems: list[str]) -> list[str]:
        captions = [
            [text for cell in row.texts(column) for text in _texts_of(cell)]
            for column in self.mapping.captions
        ]
        if row.surplus and self.mapping.captions[-1:] == table.columns[-1:] and captions[-1]:
            # A comma in a caption that nobody put into quotes.
            captions[-1] = [f"{table.delimiter} ".join((captions[-1][0], *row.surplus))]
            problems.append(
                f"{where}: more cells than columns; '{captions[-1][0]}' is taken as one caption. "
                "Put it into quotes."
            )
        elif row.surplus:
            problems.append(
                f"{where}: more cells than columns; '{row.surplus[0]}' is left out. Put cells "
                f"with a '{table.delimiter}' into quotes."
            )
        return [text for texts in captions for text in texts]

    def _swallowed_row(self, table: Table, text: str) -> str:
        """Return a line of a caption that begins with a sound's name, as a lost quote makes it."""
        if not table.delimiter or "\n" not in text:
            return ""
        for line in text.splitlines()[1:]:
            name, delimiter, _ = line.partition(table.delimiter)
            if delimiter and self._index.find(name.strip()) is not None:
                return line.strip()
        return ""

    def _split_name(self, table: Table, row: Row) -> str:
        if self.mapping.split:
            return row.text(self.mapping.split)
        return split_of_name(table.path.name) if len(self.mapping.tables) > 1 else ""


def _texts_of(cell: str) -> tuple[str, ...]:
    """Return the texts of a cell that holds a list, as ``["a dog", 'it barks']``, else the cell."""
    if cell[:1] == "[" and cell[-1:] == "]":
        with suppress(ValueError, SyntaxError, MemoryError, RecursionError):
            items = ast.literal_eval(cell)
            if isinstance(items, list) and all(isinstance(item, str) for item in items):
                return tuple(item.strip() for item in items if item.strip())
    return (cell,)


def folder_of(root: Path) -> tuple[Path, tuple[str, ...] | None]:
    """Return the folder, and the table that `root` is where it is one. Raises `DatasetError`."""
    root = root.expanduser()
    if root.is_file():
        if root.suffix.lower() in (*TABLE_SUFFIXES, *NAMED_SUFFIXES):
            return root.parent, (root.name,)
        raise DatasetError(
            f"{root.absolute()} is no table that can be read; choose the folder of the sounds, or "
            "a table saved as CSV in UTF-8 or as JSON lines."
        )
    if not root.is_dir():
        raise DatasetError(
            f"There is no folder {root.absolute()}; choose the folder of the sounds."
        )
    return root, None
