"""What a check of a dataset found: figures and findings, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Self

from core.data.unread_tables import UnreadTable
from core.errors import DatasetError
from core.files import read_json, write_json_atomic
from core.paths import home

Severity = Literal["good", "note", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts between edges (one more than counts), with the figures of the values themselves."""

    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    minimum: float = 0.0
    mean: float = 0.0
    median: float = 0.0
    maximum: float = 0.0


@dataclass(frozen=True, slots=True)
class Example:
    """A clip and, where there is more to say, a sentence about it."""

    clip: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """How many clips something is true of, and the first thousand of them."""

    count: int = 0
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class SplitReport:
    """One split.

    Attributes
    ----------
    clips, seconds
        Clips on disk, and how long they are together.
    missing, unreadable, silent, clipped, uncaptioned, wordless
        Clips with that fault; `missing` are not among `clips`, and `wordless` are captions of
        nothing but emoji and other marks.
    captions, captions_per_clip
        Captions, and how many clips have how many of them.
    repeated_captions
        Captions that stand in the split more than once.
    durations, caption_words
        In seconds, and in words.
    words, vocabulary
        Words in all captions, and different ones. Words are the tokenizer's tokens but for marks.
    marks
        The commonest tokens that are no words, such as commas, with their numbers.
    growth
        (captions read, different words by then) for a curve.
    unknown_share, unknown_words
        Share of the words that the training captions lack, and the commonest of these; None where
        there are no training captions.
    """

    name: str
    clips: int = 0
    seconds: float = 0.0
    missing: Findings = Findings()
    unreadable: Findings = Findings()
    silent: Findings = Findings()
    clipped: Findings = Findings()
    uncaptioned: Findings = Findings()
    wordless: Findings = Findings()
    captions: int = 0
    captions_per_clip: Mapping[int, int] = field(default_factory=dict)
    repeated_captions: int = 0
    durations: Histogram = Histogram()
    caption_words: Histogram = Histogram()
    words: int = 0
    vocabulary: int = 0
    marks: tuple[tuple[str, int], ...] = ()
    growth: tuple[tuple[int, int], ...] = ()
    unknown_share: float | None = None
    unknown_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leak:
    """What two splits share.

    `kind` is "audio" (the same samples), "source" (parts of the same recording) or "caption".
    """

    kind: Literal["audio", "source", "caption"]
    first: str
    second: str
    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """All that a check found; `listened` says whether sounds were read or only their headers.

    `notes` say which joined datasets hold sounds that another is measured on. `tables` are those
    that a folder of one's own is read from, `unread` the others in it, and `unlisted` its sounds
    that no row names.
    """

    dataset: str
    date: str
    listened: bool
    seconds_taken: float
    splits: tuple[SplitReport, ...]
    duplicates: Findings = Findings()
    leaks: tuple[Leak, ...] = ()
    table_problems: Findings = Findings()
    notes: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    unread: tuple[UnreadTable, ...] = ()
    unlisted: Findings = Findings()

    def findings(self) -> tuple[tuple[Severity, str], ...]:
        """Return what a person should know, the worst first; one sentence each."""
        return tuple(_findings(self))

    def to_record(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Any) -> Self:
        """Read what `to_record` gave. Raises `ValueError`, `TypeError` or `KeyError`."""
        values = _known(cls, record)
        values["splits"] = tuple(_split(item) for item in record["splits"])
        values["leaks"] = tuple(
            Leak(**{**item, "examples": tuple(item["examples"])}) for item in record["leaks"]
        )
        for name in ("notes", "tables"):
            values[name] = tuple(record.get(name, ()))
        values["unread"] = tuple(UnreadTable(**item) for item in record.get("unread", ()))
        for name in ("duplicates", "table_problems", "unlisted"):
            # Reports of earlier versions lack some.
            values[name] = _read_findings(record[name]) if name in record else Findings()
        return cls(**values)


def report_path(name: str) -> Path:
    """Return where the last report on a dataset is kept."""
    return home() / "checks" / f"{name}.json"


def save_report(report: DatasetReport, path: Path | None = None) -> Path:
    """Write a report as JSON; by default where `last_report` finds it. Raises `DatasetError`."""
    target = path or report_path(report.dataset)
    try:
        write_json_atomic(target, report.to_record())
    except OSError as error:
        raise DatasetError(f"{target} cannot be written ({error.strerror}).") from error
    return target


def last_report(name: str) -> DatasetReport | None:
    """Return the last report on a dataset; None where there is none that can be read."""
    try:
        return DatasetReport.from_record(read_json(report_path(name)))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _findings(report: DatasetReport) -> list[tuple[Severity, str]]:
    found: list[tuple[Severity, str]] = []

    def add(severity: Severity, count: int, one: str, many: str) -> None:
        if count:
            found.append((severity, f"{count:,} {one if count == 1 else many}."))

    for leak in report.leaks:
        what = {
            "audio": ("sound is", "sounds are"),
            "source": ("recording has parts", "recordings have parts"),
            "caption": ("caption stands", "captions stand"),
        }[leak.kind][leak.count != 1]
        severity: Severity = "note" if leak.kind == "caption" else "error"
        found.append((severity, f"{leak.count:,} {what} in both {leak.first} and {leak.second}."))
    for split in report.splits:
        name = split.name
        add("error", split.unreadable.count, f"sound of {name} cannot be read",
            f"sounds of {name} cannot be read")  # fmt: skip
        add("warning", split.missing.count, f"sound of {name} is missing",
            f"sounds of {name} are missing")  # fmt: skip
        add("warning", split.silent.count, f"sound of {name} is silent",
            f"sounds of {name} are silent")  # fmt: skip
        add("note", split.clipped.count, f"sound of {name} is clipped",
            f"sounds of {name} are clipped")  # fmt: skip
        if split.captions:
            add("warning", split.uncaptioned.count, f"clip of {name} has no caption",
                f"clips of {name} have no caption")  # fmt: skip
            add("warning", split.wordless.count, f"caption of {name} has no word",
                f"captions of {name} have no word")  # fmt: skip
    add("warning", report.duplicates.count, "group of clips has the same sound",
        "groups of clips have the same sound")  # fmt: skip
    add("warning", report.table_problems.count, "row of the tables has a fault",
        "rows of the tables have a fault")  # fmt: skip
    found += [("warning", sentence) for sentence in report.notes]
    where = " or ".join(report.tables) if len(report.tables) < 4 else "the tables"
    add("warning", report.unlisted.count, f"sound of the folder has no row in {where}",
        f"sounds of the folder have no row in {where}")  # fmt: skip
    found += [("warning" if one.missed else "note", one.sentence) for one in report.unread]
    order: tuple[Severity, ...] = ("error", "warning", "note")
    found.sort(key=lambda item: order.index(item[0]))
    if not any(severity != "note" for severity, _ in found):
        found.insert(0, ("good", "Nothing is wrong with this dataset."))
    return found


def _known(cls: type, record: Any) -> dict[str, Any]:
    names = {item.name for item in fields(cls)}
    return {key: value for key, value in dict(record).items() if key in names}


def _read_findings(record: Any) -> Findings:
    return Findings(int(record["count"]), tuple(Example(**item) for item in record["examples"]))


def _split(record: Any) -> SplitReport:
    values = _known(SplitReport, record)
    for name in ("missing", "unreadable", "silent", "clipped", "uncaptioned", "wordless"):
        values[name] = _read_findings(record[name]) if name in record else Findings()
    values["marks"] = tuple((str(mark), int(count)) for mark, count in record.get("marks", ()))
    for name in ("durations", "caption_words"):
        item = record[name]
        values[name] = Histogram(
            **{**item, "edges": tuple(item["edges"]), "counts": tuple(item["counts"])}
        )
    values["captions_per_clip"] = {
        int(key): int(count) for key, count in record["captions_per_clip"].items()
    }
    values["growth"] = tuple((int(a), int(b)) for a, b in record["growth"])
    values["unknown_words"] = tuple(record["unknown_words"])
    return SplitReport(**values)
