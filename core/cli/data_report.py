"""Datasets and reports on them, as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.cli.output import length_text, path_text, size, table
from core.data.check_report import DatasetReport, Findings, Histogram, SplitReport
from core.errors import DatasetError
from core.wording import count_text

if TYPE_CHECKING:
    from core.data.own import OwnFolder

_BARS = " ▁▂▃▄▅▆▇█"
_SHOWN = 5
_MARKS = {"good": "ok", "note": "note", "warning": "warning", "error": "ERROR"}


def describe(name: str, root: str = "") -> str:
    """Say what a dataset is, where it lies and what its splits hold."""
    from core.data.acquire import dataset_status
    from core.data.catalogue import describe_dataset
    from core.data.clips import missing_files, present_splits
    from core.data.datasets import dataset_names, open_dataset
    from core.data.own import OwnFolder

    entry = describe_dataset(name, root)
    if entry.problem and not entry.own and (entry.published is None or name not in dataset_names()):
        raise DatasetError(entry.problem)
    lines = [f"{entry.title} ({entry.name}), {entry.state}", entry.summary]
    if entry.published is not None:
        about = entry.published
        lines += [about.homepage, f"Licence: {about.licence}", f"Cite: {about.citation}"]
    if entry.folder is not None:
        lines.append(f"Folder: {path_text(entry.folder)}")
    if entry.state in ("missing", "broken"):
        lines += ["", entry.problem]
        if entry.published is not None:
            lines += _how_to_get(entry.published.name, entry.published.remedy)
            parts = [
                (one.part.name, one.state, f"about {size(one.part.download_size)}")
                for one in dataset_status(entry.published.name)
            ]
            lines += ["", table(("part", "state", "download"), parts)] if parts else []
        return "\n".join(lines)
    dataset = open_dataset(name, root or None)
    rows = []
    for split in present_splits(dataset):
        clips = dataset.clips(split)
        length = length_text(sum(clip.duration for clip in clips))
        missing = len(missing_files(dataset, split))
        captions = sum(len(clip.captions) for clip in clips)
        rows.append((split, f"{len(clips):,}", f"{captions:,}", length, f"{missing:,}"))
    if isinstance(dataset, OwnFolder):
        lines += _how_read(dataset)
    lines += ["", table(("split", "clips", "captions", "length", "missing"), rows)]
    problems = getattr(dataset, "problems", ())
    if problems:
        lines += ["", f"{count_text(len(problems), 'row')} of the tables with a fault:"]
        lines += [f"  {text}" for text in problems[:_SHOWN]]
        if len(problems) > _SHOWN:
            lines.append(f"  ... 'aac-studio data check {name} --json FILE' lists more.")
    return "\n".join(lines)


def _how_read(dataset: OwnFolder) -> list[str]:
    """Say which tables of a folder are read, and which of their columns."""
    mapping = dataset.mapping
    if not mapping.tables:
        return [
            "No table is read: the sounds have no captions.",
            *(table.sentence for table in dataset.unread_tables()),
        ]
    columns = [f"sounds from '{mapping.file}'"]
    if mapping.captions:
        columns.append("captions from " + ", ".join(f"'{name}'" for name in mapping.captions))
    columns.append(f"splits from '{mapping.split}'" if mapping.split else "no column of splits")
    lines = [f"Read from {', '.join(mapping.tables)}: {'; '.join(columns)}."]
    lines += [table.sentence for table in dataset.unread_tables()]
    if dataset.unlisted:
        sounds = f"{count_text(len(dataset.unlisted), 'sound')} of the folder"
        lines.append(f"No row names {sounds}: {_some(dataset.unlisted)}")
    return lines


def _some(names: Sequence[str]) -> str:
    return ", ".join((*names[:_SHOWN], *(["..."] if len(names) > _SHOWN else [])))


def report_text(report: DatasetReport) -> str:
    """Return a report as a page of text."""
    lines = [f"{report.dataset}, checked in {report.seconds_taken:.1f} s", ""]
    lines += [f"{_MARKS[severity]:>8}  {text}" for severity, text in report.findings()]
    for split in report.splits:
        lines += ["", *_split_lines(split)]
    for title, found in (
        ("Same sound", report.duplicates),
        ("Tables", report.table_problems),
        ("Without a row", report.unlisted),
    ):
        lines += _examples(title, found)
    for leak in report.leaks:
        shown = ", ".join(leak.examples[:_SHOWN])
        lines += ["", f"{leak.kind} in {leak.first} and {leak.second}: {shown}"]
    return "\n".join(lines)


def _how_to_get(name: str, remedy: str) -> list[str]:
    if remedy:
        return [remedy]
    return [f"'aac-studio data download {name}' gets it."]


def _split_lines(split: SplitReport) -> list[str]:
    lines = [f"{split.name}: {count_text(split.clips, 'clip')}, {length_text(split.seconds)}"]
    lines.append(f"  durations (s)   {_histogram(split.durations)}")
    if split.captions:
        per_clip = ", ".join(f"{n}: {count:,}" for n, count in split.captions_per_clip.items())
        lines += [
            f"  caption words   {_histogram(split.caption_words)}",
            f"  captions        {split.captions:,} ({split.repeated_captions:,} repeated); clips "
            f"by number of captions: {per_clip}",
            f"  vocabulary      {split.vocabulary:,} of {split.words:,} words{_unknown(split)}",
        ]
    if split.marks:
        marks = ", ".join(f"'{mark}' {count:,}" for mark, count in split.marks[:_SHOWN])
        lines.append(f"  marks           {marks} (tokens of the model, but no words)")
    for title, found in (
        ("missing", split.missing),
        ("unreadable", split.unreadable),
        ("silent", split.silent),
        ("clipped", split.clipped),
        ("no word", split.wordless),
    ):
        lines += _examples(f"  {title}", found)[1:]
    return lines


def _unknown(split: SplitReport) -> str:
    if split.unknown_share is None:
        return ""
    commonest = f" ({', '.join(split.unknown_words[:_SHOWN])})" if split.unknown_words else ""
    return f"; {split.unknown_share:.2%} of the words are not in the training captions{commonest}"


def _histogram(values: Histogram) -> str:
    highest = max(values.counts, default=0)
    if not highest:
        return "none"
    top = len(_BARS) - 1
    # The least bar that is not empty still shows.
    bars = "".join(
        _BARS[max(1, round(count / highest * top)) if count else 0] for count in values.counts
    )
    return (
        f"{values.minimum:g} |{bars}| {values.maximum:g}   "
        f"mean {values.mean:.2f}, median {values.median:g}"
    )


def _examples(title: str, found: Findings) -> list[str]:
    if not found.count:
        return []
    lines = ["", f"{title}: {found.count:,}"]
    indent = " " * (len(title) - len(title.lstrip()) + 2)
    for example in found.examples[:_SHOWN]:
        text = ": ".join(part for part in (example.clip, example.detail) if part)
        lines.append(f"{indent}{text}")
    if found.count > _SHOWN:
        lines.append(f"{indent}... and {found.count - _SHOWN:,} more")
    return lines
