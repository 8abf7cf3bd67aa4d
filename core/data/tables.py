"""Tables that people write: CSV in any of its dialects, and JSON lines.

Whatever a row lacks or has too much of is told with its number; no row stops the others.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import DatasetError
from core.wording import count_text

TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson")
# Files that may be anything: they are tables where somebody names them.
NAMED_SUFFIXES = (".json", ".txt", ".tab")
_DELIMITERS = ",;\t|"
_TOLD_DELIMITER = re.compile(r"sep=(?P<mark>[,;\t|])(?P<end>\r?\n|$)", re.IGNORECASE)
_SNIFFED_ROWS = 50
_LONGEST_CELL = 1 << 20
_BEGINNING = 1 << 16

Cell = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet or an editor counts it, and its cells by column.

    `surplus` are cells beyond the last column, as an unquoted comma makes them.
    """

    number: int
    cells: dict[str, Cell]
    surplus: tuple[str, ...] = ()

    def text(self, column: str) -> str:
        """Return a cell as one stripped text; several are joined by a space."""
        cell = self.cells.get(column, "")
        return (cell if isinstance(cell, str) else " ".join(cell)).strip()

    def texts(self, column: str) -> tuple[str, ...]:
        """Return a cell as stripped texts, those that are not empty."""
        cell = self.cells.get(column, "")
        parts = (cell,) if isinstance(cell, str) else cell
        return tuple(part.strip() for part in parts if part.strip())


@dataclass(frozen=True, slots=True)
class Table:
    """A table in memory. `delimiter` is what separates its cells, empty for JSON lines."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    delimiter: str
    problems: tuple[str, ...] = ()


def read_table(path: Path, beginning: bool = False) -> Table:
    """Read a table; its first row names the columns unless `without_header` is asked for later.

    Of a large table, `beginning` reads the first rows alone. Raises `DatasetError` where there is
    no file, no text or no row in it.
    """
    text = read_text(path, _BEGINNING if beginning else None)
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return _read_json_lines(path, text)
    if path.suffix.lower() == ".json":
        return _read_json(path, text)
    return _read_csv(path, text)


def without_header(table: Table) -> Table:
    """Return the table with its first row taken as data and columns named by their numbers."""
    names = tuple(f"column {number}" for number in range(1, len(table.columns) + 1))
    renamed = dict(zip(table.columns, names, strict=True))
    first = Row(1, {renamed[name]: name for name in table.columns})
    rows = (
        Row(row.number, {renamed[name]: cell for name, cell in row.cells.items()}, row.surplus)
        for row in table.rows
    )
    return Table(table.path, names, (first, *rows), table.delimiter, table.problems)


def read_text(path: Path, most: int | None = None) -> str:
    """Read a text file whatever its encoding: UTF-8 or UTF-16 by their marks, else Latin-1.

    Of a file of more than `most` bytes, the whole lines among the first so many are read. Raises
    `DatasetError` when the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(-1 if most is None else most)
            if most is not None and stream.read(1):
                content = _whole_lines(content)
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror}).") from error
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif b"\0" in content:
        raise DatasetError(f"{path} is not a text file; save the table as CSV in UTF-8.")
    else:
        encoding = "utf-8-sig"
    # Windows' code page has Latin-1's letters, and quotes and dashes where Latin-1 has nothing.
    for attempt in (encoding, "cp1252"):
        with suppress(UnicodeDecodeError):
            return content.decode(attempt)
    return content.decode("latin-1")


def _whole_lines(content: bytes) -> bytes:
    end = content.rfind(b"\n") + 1
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        end += end % 2  # A character has two bytes there.
    return content[:end]


def csv_rows(text: str, delimiter: str, *, spaced: bool = False) -> Iterator[list[str]]:
    """Yield the rows of a CSV text, empty ones as empty lists.

    `spaced` drops spaces behind delimiters, so that quotes behind them count.
    """
    csv.field_size_limit(_LONGEST_CELL)
    # Universal newlines are the reader's own work: a cell may hold line breaks.
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=spaced)


def read_rows(
    path: Path, columns: Sequence[str], remedy: str, delimiter: str = ","
) -> list[dict[str, str]]:
    """Read a published CSV file whole; cells that a row lacks are empty.

    Raises `DatasetError` with the `remedy` where one of the `columns` or every row is missing.
    """
    try:
        rows = [row for row in csv_rows(read_text(path), delimiter) if row]
    except csv.Error as error:
        raise DatasetError(f"{path} cannot be read as a table ({error}); {remedy}.") from error
    names = [name.strip() for name in rows[0]] if rows else []
    missing = [name for name in columns if name not in names]
    if missing:
        raise DatasetError(f"{path} has no column {', '.join(missing)}; {remedy}.")
    return [
        dict(zip(names, [*row, *[""] * (len(names) - len(row))], strict=False)) for row in rows[1:]
    ]


def _read_csv(path: Path, text: str) -> Table:
    told = _TOLD_DELIMITER.match(text)
    if told:
        # Spreadsheet programs may say it in a line of its own, which still counts as a row.
        text = told["end"] + text[told.end() :]
    tabs = path.suffix.lower() in (".tsv", ".tab")
    delimiter = told["mark"] if told else "\t" if tabs else _sniff(text)
    columns: tuple[str, ...] = ()
    rows: list[Row] = []
    problems: list[str] = []
    try:
        for number, cells in enumerate(_closed_rows(text, delimiter), 1):
            if cells is None:
                problems.append(
                    f"{path.name}, row {number}: the quote is not closed before the end of the "
                    "file; this row and all behind it are left out."
                )
                break
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = _unique(cells)
                continue
            if len(cells) < len(columns):
                problems.append(
                    f"{path.name}, row {number}: {count_text(len(cells), 'cell')} where the first "
                    f"row has {len(columns)}; the others are taken as empty."
                )
            named = dict(zip(columns, cells, strict=False))
            surplus = tuple(cell for cell in cells[len(columns) :] if cell.strip())
            rows.append(Row(number, dict(named), surplus))
    except csv.Error as error:
        raise DatasetError(f"{path} cannot be read as a table ({error}).") from error
    if problems and not rows:
        raise DatasetError(f"{path} has no row to read: {problems[0]}")
    if not columns:
        raise DatasetError(f"{path} is empty; a table needs a first row with the column names.")
    return Table(path, columns, tuple(rows), delimiter, tuple(problems))


def _closed_rows(text: str, delimiter: str) -> Iterator[list[str] | None]:
    """Yield the rows of a CSV text, and None for one with a quote that nothing closes."""
    # A row of its own behind the text: inside an open quote it is no row.
    mark = "\ue000end"
    try:
        for cells in csv_rows(f"{text}\n{mark}", delimiter, spaced=True):
            if cells == [mark]:
                return
            if cells and cells[-1].endswith(f"\n{mark}"):
                yield None
                return
            yield cells
    except csv.Error as error:
        if "field larger" not in str(error):
            raise
        yield None


def _unique(cells: list[str]) -> tuple[str, ...]:
    """Return column names; nameless and repeated ones get their number."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = cell.strip() or f"column {number}"
        names.append(name if name not in names else f"{name} ({number})")
    return tuple(names)


def _sniff(text: str) -> str:
    """Return the delimiter that cuts the first rows into the most even columns."""
    start = "".join(text.splitlines(keepends=True)[: 2 * _SNIFFED_ROWS])

    def evenness(delimiter: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in csv_rows(start, delimiter, spaced=True) if row][
                :_SNIFFED_ROWS
            ]
        except csv.Error:
            return (0.0, 0)
        if not widths or widths[0] < 2:
            return (0.0, 0)
        return (Counter(widths)[widths[0]] / len(widths), widths[0])

    return max(_DELIMITERS, key=evenness)


def _read_json_lines(path: Path, text: str) -> Table:
    records: list[tuple[int, Any]] = []
    problems: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            records.append((number, json.loads(line)))
        except ValueError:
            problems.append(f"{path.name}, line {number}: no JSON; the line is left out.")
    table = _table_of_objects(path, records, "line", problems)
    if not table.rows:
        raise DatasetError(f"{path} has no line with a JSON object; a table needs one a line.")
    return table


def _read_json(path: Path, text: str) -> Table:
    """Read a list of objects, or an object with one such list in it."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path} is no JSON that can be read ({error}).") from error
    if isinstance(content, dict):
        lists = [value for value in content.values() if isinstance(value, list)]
        content = lists[0] if len(lists) == 1 else None
    records = list(enumerate(content, 1)) if isinstance(content, list) else []
    table = _table_of_objects(path, records, "item", [])
    if not table.rows:
        raise DatasetError(f"{path} is no list of JSON objects; a table needs one for each row.")
    return table


def _table_of_objects(
    path: Path, records: Sequence[tuple[int, Any]], unit: str, problems: list[str]
) -> Table:
    columns: dict[str, None] = {}
    rows: list[Row] = []
    for number, record in records:
        if not isinstance(record, dict):
            text = f"{path.name}, {unit} {number}: no JSON object; the {unit} is left out."
            problems.append(text)
            continue
        cells = {str(key): _cell(value) for key, value in record.items()}
        columns.update(dict.fromkeys(cells))
        rows.append(Row(number, cells))
    return Table(path, tuple(columns), tuple(rows), "", tuple(problems))


def _cell(value: Any) -> Cell:
    if isinstance(value, list):
        return tuple(str(item) for item in value if item is not None)
    return "" if value is None else str(value)
