"""The captions that tags are simulated from: people's own, and templates of one or two sounds."""

from __future__ import annotations

import csv
import lzma
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from core.data.sound_events import mentioned_events, without_gender
from core.data.starter.vocabulary import Clause, read_vocabulary
from core.errors import DatasetError
from core.paths import resources_dir

# What follows <bos>'s place in captions of the short style; a word that no text has.
SHORT_STYLE = "<short>"
LONGEST_WORDS = 22

_THEN = (
    "{a.finite} and then {b.finite}",
    "{a.finite}, then {b.finite}",
    "{a.finite} followed by {b.gerund}",
    "{a.finite} before {b.finite}",
    "{a.gerund} followed by {b.gerund}",
)
_TOGETHER = (
    "{a.finite} while {b.finite}",
    "{a.finite} as {b.finite}",
    "{a.finite} and {b.finite}",
    "{a.gerund} and {b.gerund}",
    "{a.finite} with {b.gerund}",
)
_ALONE = ("{a.finite}", "{a.finite}", "{a.gerund}", "{a.progressive}")
_SHORT_THEN = "{a.finite} and then {b.finite}"
_SHORT_TOGETHER = "{a.finite} while {b.finite}"


@dataclass(frozen=True, slots=True)
class Text:
    """A caption with its style."""

    caption: str
    short: bool = False


@dataclass(frozen=True, slots=True)
class Phrases:
    """The forms of a clause that templates take."""

    finite: str
    gerund: str
    progressive: str

    @classmethod
    def of(cls, clause: Clause) -> Phrases:
        """Make the forms of a clause."""
        verb = "are" if clause.plural else "is"
        return cls(
            f"{clause.subject} {clause.finite}",
            f"{clause.subject} {clause.gerund}",
            f"{clause.subject} {verb} {clause.gerund}",
        )


@cache
def audiocaps_captions() -> tuple[str, ...]:
    """Return the captions of AudioCaps' training split, without gender, each text once.

    Raises `DatasetError` when the file is missing or damaged.
    """
    path = resources_dir() / "audiocaps" / "train_captions.txt.xz"
    try:
        text = lzma.decompress(path.read_bytes()).decode("utf-8")
    except (OSError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"The captions {path} are missing or damaged; install the program again."
        ) from error
    captions = dict.fromkeys(without_gender(line) for line in text.splitlines())
    return tuple(text for text in captions if 0 < len(text.split()) <= LONGEST_WORDS)


@cache
def clauses() -> tuple[Phrases, ...]:
    """Return the clauses of ``clauses.txt``. Raises `DatasetError` when it is damaged."""
    path = resources_dir() / "sound_events" / "clauses.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.strip() and not line.startswith("#")]
        return tuple(Phrases.of(_clause(line)) for line in kept)
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"The clauses {path} are missing or damaged; install the program again."
        ) from error


@cache
def sound_clauses() -> dict[str, tuple[Phrases, ...]]:
    """Return the clauses of each named sound, starter or recording. Raises `DatasetError`."""
    words, _ = read_vocabulary(resources_dir() / "starter" / "words.csv")
    own = {
        name: tuple(Phrases.of(clause) for clause in entry.clauses) for name, entry in words.items()
    }
    path = resources_dir() / "recordings" / "words.csv"
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        further = {
            row["sound"]: tuple(Phrases.of(_clause(text)) for text in row["clauses"].split(";"))
            for row in rows
        }
    except (OSError, ValueError, KeyError) as error:
        raise DatasetError(
            f"The words {path} are missing or damaged; install the program again."
        ) from error
    return {**further, **own}


def template(rng: np.random.Generator, parts: Sequence[Phrases], order: str, short: bool) -> Text:
    """Write a caption of one or two clauses.

    `order` is "then" (the second sound follows the first) or "together"; it says nothing of one.
    """
    a = parts[0]
    if len(parts) == 1:
        pattern = "{a.finite}" if short else _ALONE[rng.integers(len(_ALONE))]
        return Text(pattern.format(a=a), short)
    if short:
        pattern = _SHORT_THEN if order == "then" else _SHORT_TOGETHER
    else:
        patterns = _THEN if order == "then" else _TOGETHER
        pattern = patterns[rng.integers(len(patterns))]
    return Text(pattern.format(a=a, b=parts[1]), short)


def simulated_texts(
    seed: int, people: int, templates: int, most_sounds: int = 4
) -> tuple[Text, ...]:
    """Draw what one training shows: `people` captions of AudioCaps and `templates`.

    Captions of AudioCaps that name more than `most_sounds` are left out, those that name speech
    thinned out to two fifths: half of AudioCaps has some, and a model that has seen them all hears
    speech everywhere. Templates are one sound (half), two in turn (30 %) or two at a time.
    """
    rng = np.random.default_rng((seed, 1))
    own: list[Text] = []
    captions = audiocaps_captions()
    for number in rng.permutation(len(captions)):
        if len(own) == people:
            break
        if _kept(captions[number], rng, most_sounds):
            own.append(Text(captions[number]))
    pool = [*clauses(), *(part for parts in sound_clauses().values() for part in parts)]
    written = []
    for _ in range(templates):
        shape = rng.random()
        count = 1 if shape < 0.5 else 2
        parts = [pool[number] for number in rng.choice(len(pool), count, replace=False)]
        order = "then" if shape < 0.8 else "together"
        written.append(template(rng, parts, order, bool(rng.random() < 0.65)))
    return (*own, *written)


def _kept(text: str, rng: np.random.Generator, most_sounds: int) -> bool:
    mentions = mentioned_events(text)
    if not mentions or len(mentions) > most_sounds or any(mention.weak for mention in mentions):
        return False
    speech = {"Speech", "Conversation", "Child speech, kid speaking"}
    return not speech & {mention.name for mention in mentions} or rng.random() < 0.4


def _clause(line: str) -> Clause:
    subject, finite, gerund = (part.strip() for part in line.split(":"))
    return Clause(subject.lstrip("*"), finite, gerund, plural=subject.startswith("*"))
