"""What a check found, as rows of tables."""

from __future__ import annotations

from dataclasses import dataclass

from app.texts import NOTHING, length_text
from core.data.check_report import DatasetReport, Findings, Histogram, SplitReport

KINDS = {
    "unreadable": "unreadable",
    "missing": "missing",
    "silent": "silent",
    "clipped": "clipped",
    "uncaptioned": "no caption",
    "wordless": "no word",
}
_SHOWN_MARKS = 3
LEAKS = {"audio": "same sound", "source": "same recording", "caption": "same caption"}


@dataclass(frozen=True)
class Problem:
    """One thing that a person may look at.

    `clip` is an id in `split`, or else a text to look for among the clips; "" where the problem is
    none of a clip.
    """

    kind: str
    split: str
    clip: str
    detail: str = ""
    searched: str = ""


def problems_of(report: DatasetReport) -> list[Problem]:
    """Return all problems that the report names, the worst kinds first."""
    found: list[Problem] = []
    for attribute, title in KINDS.items():
        for split in report.splits:
            findings: Findings = getattr(split, attribute)
            # That nothing has a caption is what such a split is for.
            if attribute != "uncaptioned" or split.captions:
                found += [
                    Problem(title, split.name, example.clip, example.detail)
                    for example in findings.examples
                ]
    names = [split.name for split in report.splits]
    for example in report.duplicates.examples:
        where, clip = _split_and_clip(example.clip, names)
        found.append(Problem("same sound", where, clip, f"the same as {example.detail}"))
    for leak in report.leaks:
        both = f"in both {leak.first} and {leak.second}"
        for text in leak.examples:
            if leak.kind == "audio":
                clip = text.split(" = ")[0]
                found.append(Problem("leak: same sound", leak.first, clip, f"{both}: {text}"))
            else:
                searched = text.partition(" ")[2] if leak.kind == "source" else text
                kind = f"leak: {LEAKS[leak.kind]}"
                found.append(Problem(kind, leak.first, "", f"{both}: {text}", searched))
    found += [Problem("table", "", "", one.detail) for one in report.table_problems.examples]
    found += [Problem("table not read", "", "", one.sentence) for one in report.unread]
    where = " and ".join(report.tables) if len(report.tables) < 4 else "the tables"
    found += [
        Problem("no row", "", "", f"{one.clip}: no row of {where} names this sound")
        for one in report.unlisted.examples
    ]
    return found


def unnamed_count(report: DatasetReport) -> int:
    """Return how many problems there are beyond the first of each kind, which are named."""
    every: list[Findings] = [report.duplicates, report.table_problems, report.unlisted]
    for split in report.splits:
        every += [getattr(split, name) for name in KINDS if name != "uncaptioned" or split.captions]
    unnamed = sum(found.count - len(found.examples) for found in every)
    return unnamed + sum(leak.count - len(leak.examples) for leak in report.leaks)


def figures_of(report: DatasetReport) -> list[tuple[str, list[str]]]:
    """Return rows of a table with one column a split: what is counted, and the counts."""

    def row(title: str, *values: str) -> tuple[str, list[str]]:
        return title, list(values)

    splits = report.splits
    count = [
        row("Clips", *(f"{split.clips:,}" for split in splits)),
        row("Length", *(length_text(split.seconds) for split in splits)),
        row("Captions", *(f"{split.captions:,}" for split in splits)),
        row("Captions per clip", *map(_per_clip, splits)),
        row("Words", *(f"{split.words:,}" if split.captions else NOTHING for split in splits)),
        row("Different words", *(f"{s.vocabulary:,}" if s.captions else NOTHING for s in splits)),
        row("Marks besides words", *map(_marks, splits)),
        row("Words not in training", *map(_unknown, splits)),
        row("Repeated captions", *(f"{split.repeated_captions:,}" for split in splits)),
    ]
    faults = [
        row(title.capitalize(), *(f"{getattr(split, name).count:,}" for split in splits))
        for name, title in KINDS.items()
        if (report.listened or name not in ("silent", "clipped"))
        and (name != "wordless" or any(split.wordless.count for split in splits))
    ]
    return count + faults


def histogram_labels(histogram: Histogram, unit: str) -> tuple[str, tuple[str, str, str]]:
    """Return a sentence on a histogram and the labels of its axis."""
    if not histogram.counts:
        return "There is nothing to count.", ("", "", "")
    low, high = f"{histogram.minimum:.3g}", f"{histogram.maximum:.3g}"
    note = f"From {low} to {high} {unit}; median {histogram.median:.3g}, mean {histogram.mean:.3g}."
    return note, (low, f"median {histogram.median:.3g}", f"{high} {unit}")


def _split_and_clip(text: str, names: list[str]) -> tuple[str, str]:
    """Take "split/id" apart; splits of joined datasets have a stroke in their name."""
    for name in sorted(names, key=len, reverse=True):
        if text.startswith(f"{name}/"):
            return name, text[len(name) + 1 :]
    return "", text


def _per_clip(split: SplitReport) -> str:
    numbers = sorted(split.captions_per_clip)
    if not numbers:
        return NOTHING
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"


def _marks(split: SplitReport) -> str:
    shown = [f"“{mark}” {count:,}" for mark, count in split.marks[:_SHOWN_MARKS]]
    more = ["..."] if len(split.marks) > _SHOWN_MARKS else []
    return "  ".join((*shown, *more)) or NOTHING


def _unknown(split: SplitReport) -> str:
    return NOTHING if split.unknown_share is None else f"{split.unknown_share:.1%}"
