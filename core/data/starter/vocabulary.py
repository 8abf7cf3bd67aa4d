"""How people say what they hear: clauses and noun phrases for every class of starter sound.

They stand in ``words.csv`` beside the sounds, ways of saying separated by semicolons:

- a clause is ``subject : finite verb phrase : gerund phrase``; a subject that starts with ``*`` is
  plural, so its progressive takes "are";
- a noun phrase that starts with ``*`` is plural.

Nothing is said that cannot be heard: no gender, no age except of a baby, no breed, no brand.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from core.errors import DatasetError

_COLUMNS = ("class", "family", "distance", "clauses", "nouns", "places")


@dataclass(frozen=True, slots=True)
class Clause:
    """A subject with its verb: "a dog" + "barks" / "barking"."""

    subject: str
    finite: str
    gerund: str
    plural: bool


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun phrase with its article: "the bark of a dog"."""

    text: str
    plural: bool


@dataclass(frozen=True, slots=True)
class SoundWords:
    """All that can be said about one class.

    Attributes
    ----------
    sound
        Name of the class.
    family
        Sounds of one family are hard to tell apart or do not belong together; a scene holds at
        most one of them.
    distance
        Whether a faint one may be said to be "in the distance": ``no``, ``yes``, or ``only`` for
        what is loud by nature, which nobody hears "softly".
    clauses, nouns
        Ways of saying it.
    places
        Prepositional phrases for a class that serves as a background ("near a stream").
    """

    sound: str
    family: str
    distance: str
    clauses: tuple[Clause, ...]
    nouns: tuple[Noun, ...]
    places: tuple[str, ...]


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _clause(text: str) -> Clause:
    subject, finite, gerund = (part.strip() for part in text.split(":"))
    return Clause(subject.lstrip("*"), finite, gerund, plural=subject.startswith("*"))


def read_vocabulary(path: Path) -> tuple[dict[str, SoundWords], bytes]:
    """Read ``words.csv``: words by class name, and the bytes of the table.

    Raises
    ------
    DatasetError
        If the table is missing or not in the notation above.
    """
    try:
        content = path.read_bytes()
        rows = csv.DictReader(io.StringIO(content.decode("utf-8")))
        if tuple(rows.fieldnames or ()) != _COLUMNS:
            raise ValueError(f"columns {rows.fieldnames}")
        words = {
            row["class"]: SoundWords(
                sound=row["class"],
                family=row["family"],
                distance=row["distance"],
                clauses=tuple(_clause(text) for text in _parts(row["clauses"])),
                nouns=tuple(
                    Noun(text.lstrip("*"), plural=text.startswith("*"))
                    for text in _parts(row["nouns"])
                ),
                places=tuple(_parts(row["places"])),
            )
            for row in rows
        }
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"The words of the starter sounds {path} are missing or damaged; install the program "
            "again."
        ) from error
    return words, content
