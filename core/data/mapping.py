"""Which columns of a person's own tables mean what, and a guess at it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Self

from core.data.sound_index import SoundIndex
from core.data.tables import TABLE_SUFFIXES, Table, read_table, without_header
from core.errors import DatasetError

TRAIN, VALIDATION, TEST = "train", "validation", "test"
_GUESSED_ROWS = 200
_MOST_BELOW = 20
_FILE_NAMES = (
    *("file_name", "filename", "file", "fname", "path", "file_path", "filepath"),
    *("audio", "audio_path", "audio_file", "audio_filepath", "wav", "sound", "clip", "name"),
)
# A name that a table has twice ends with the number of its column, such as "caption (3)".
_CAPTION = re.compile(
    r"(raw_)?(caption|text|description|sentence|label|title)s?[ _-]?\d*( \(\d+\))?"
)
_SPLIT_NAMES = ("split", "subset", "set", "partition", "fold")
_WORDS_OF_A_CAPTION = 2.5


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """How a folder's tables are read; what the app's dialog fills in.

    Attributes
    ----------
    tables
        Names of the tables below the folder; none for a folder of sounds alone.
    file
        The column with the sound's file name.
    captions
        The columns with captions; a cell of JSON may hold a list. A file may have several rows.
    split
        The column with the split, or empty: then each table's own name tells it, where they are
        called train, validation, test or the like, and else splits are made.
    header
        Whether the first row of a CSV names the columns; else they are "column 1", "column 2" ...
    validation_share, test_share, seed
        Of splits that are made: shares of the clips from 0 to 1, and the seed of the draw.
    """

    tables: tuple[str, ...] = ()
    file: str = ""
    captions: tuple[str, ...] = ()
    split: str = ""
    header: bool = True
    validation_share: float = 0.1
    test_share: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        shares = (self.validation_share, self.test_share)
        if min(shares) < 0 or sum(shares) >= 1:
            raise DatasetError(
                f"Shares of {self.validation_share:g} for validation and {self.test_share:g} for "
                "testing leave nothing to train on; make their sum less than 1."
            )

    def to_record(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Any) -> Self:
        """Read what `to_record` gave. Raises `ValueError` or `TypeError` for anything else."""
        values = dict(record)
        for name in ("tables", "captions"):
            if name in values:
                values[name] = tuple(str(item) for item in values[name])
        return cls(**values)


def read_mapped(folder: Path, name: str, header: bool) -> Table:
    """Read one of the tables that a mapping names."""
    table = read_table(folder / name)
    return table if header or not table.delimiter else without_header(table)


def find_tables(folder: Path) -> tuple[str, ...]:
    """Return the tables in a folder, in alphabetical order; where there are none, those below it.

    They are named from the folder, as ``meta/captions.csv``. Raises `DatasetError` when the folder
    cannot be opened.
    """
    try:
        names = [path.name for path in folder.iterdir() if path.is_file()]
    except OSError as error:
        raise DatasetError(
            f"The folder {folder} cannot be opened ({error.strerror}); choose another."
        ) from error
    return _tables_among(names) or tuple(islice(_tables_below(folder), _MOST_BELOW))


def _tables_among(names: Iterable[str]) -> tuple[str, ...]:
    tables = (name for name in names if Path(name).suffix.lower() in TABLE_SUFFIXES)
    return tuple(sorted(name for name in tables if not name.startswith(".")))


def _tables_below(folder: Path) -> Iterator[str]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = Path(here).relative_to(folder)
        yield from ((below / name).as_posix() for name in _tables_among(names))


def names_sounds(table: Table, guess: ColumnMapping, index: SoundIndex) -> bool:
    """Whether one of the sounds that a table names, if read so, is in the folder."""
    named = table if guess.header else without_header(table)
    return any(index.find(row.text(guess.file)) is not None for row in named.rows)


def guess_mapping(
    folder: Path, index: SoundIndex | None = None, tables: Sequence[str] | None = None
) -> ColumnMapping:
    """Guess how the tables of a folder are to be read.

    One table is taken, or several of the same columns whose names tell the split. A column is
    known by its name, else by its content: file names are those that are found, captions are
    several words long. Without any table the folder is one of sounds alone. Tables in folders
    below count where they name its sounds.

    Raises
    ------
    DatasetError
        There are tables, but none of them tells a file and its captions.
    """
    index = index or SoundIndex(folder)
    names = find_tables(folder) if tables is None else tuple(tables)
    if not names:
        return ColumnMapping()
    guesses: dict[str, ColumnMapping] = {}
    reasons: list[str] = []
    for name in names:
        try:
            guess = guess_table(table := read_table(folder / name), index)
        except DatasetError as error:
            reasons.append(str(error))
            continue
        if "/" not in name or names_sounds(table, guess, index):
            guesses[name] = replace(guess, tables=(name,))
    if not guesses and all("/" in name for name in names):
        return ColumnMapping()
    if not guesses:
        raise DatasetError(reasons[0])
    captioned = {name: guess for name, guess in guesses.items() if guess.captions} or guesses
    best = next(iter(captioned))
    by_split = [
        name
        for name, guess in captioned.items()
        if split_of_name(name) and replace(guess, tables=()) == replace(captioned[best], tables=())
    ]
    chosen = tuple(by_split) if len(by_split) > 1 and best in by_split else (best,)
    return replace(captioned[best], tables=chosen)


def guess_table(table: Table, index: SoundIndex) -> ColumnMapping:
    """Guess the columns of one table. Raises `DatasetError` where no column has file names."""
    # A file name among the names of the columns: the first row is data already.
    header = not (table.delimiter and any(map(index.is_sound, table.columns)))
    if not header:
        table = without_header(table)
    file = _file_column(table, index)
    if not file:
        raise DatasetError(
            f"{table.path} has no column with names of sound files (it has "
            f"{', '.join(table.columns[:8])}); choose the column and the folder of the sounds, or "
            "read no table."
        )
    others = [name for name in table.columns if name != file]
    split = next((name for name in others if _is_split(table, name)), "")
    others = [name for name in others if name != split]
    captions = tuple(name for name in others if _CAPTION.fullmatch(name.strip().lower()))
    wordy = tuple(name for name in captions if _words(table, name) >= _WORDS_OF_A_CAPTION)
    if not wordy and not captions:
        wordy = tuple(name for name in others if _words(table, name) >= _WORDS_OF_A_CAPTION)[:1]
    return ColumnMapping((table.path.name,), file, wordy or captions, split, header)


def split_of_name(name: str) -> str:
    """Return train, validation or test where a table's name says so, else an empty text."""
    parts = re.split(r"[^a-z]+", Path(name).stem.lower())
    return next((found for part in parts if (found := normal_split(part)) in KNOWN_SPLITS), "")


KNOWN_SPLITS = (TRAIN, VALIDATION, TEST)
_SPLIT_WORDS = {
    **dict.fromkeys(("train", "training", "dev", "development"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "validate"), VALIDATION),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), TEST),
}


def normal_split(text: str) -> str:
    """Return train, validation or test for the usual words, and any other word as it is."""
    plain = text.strip().lower()
    # As in "test set", "TrainSplit" or "val_data".
    bare = re.sub(r"[ _-]?(set|split|data)$", "", plain)
    return _SPLIT_WORDS.get(plain) or _SPLIT_WORDS.get(bare, text.strip())


def _file_column(table: Table, index: SoundIndex) -> str:
    """Return the column with file names: most of them found, or named so."""
    rows = table.rows[:_GUESSED_ROWS]
    shares = {
        name: sum(index.find(row.text(name)) is not None for row in rows if row.text(name))
        / max(1, len(rows))
        for name in table.columns
    }
    named = [name for name in table.columns if name.strip().lower() in _FILE_NAMES]
    named.sort(key=lambda name: _FILE_NAMES.index(name.strip().lower()))
    best = max(shares, key=lambda name: (shares[name], name in named))
    if shares[best] > 0:
        return best
    # Sounds that are not there yet: the name of the column must do.
    return named[0] if named else ""


def _is_split(table: Table, name: str) -> bool:
    if name.strip().lower() not in _SPLIT_NAMES:
        return False
    return any(normal_split(row.text(name)) in KNOWN_SPLITS for row in table.rows)


def _words(table: Table, name: str) -> float:
    """Return the mean number of words in the cells of a column that are not empty."""
    texts = [text for row in table.rows[:_GUESSED_ROWS] for text in row.texts(name)]
    return sum(len(text.split()) for text in texts) / max(1, len(texts))
