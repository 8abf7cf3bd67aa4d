"""Captions of anyone's system, from a table: reading it, matching it to a split, scoring it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core import paths
from core.data.clips import Clip
from core.data.tables import Table, read_table
from core.errors import DatasetError
from core.evaluation.evaluate import score_captions
from core.evaluation.evaluation_files import CaptionedClip
from core.evaluation.scorer import Scorer
from core.events import Event, Progress, Warned
from core.wording import count_text

# As they are written by challenges, toolboxes and people; the first that stands in a table counts.
FILE_COLUMNS = (
    *("file_name", "filename", "fname", "file", "audio", "clip", "clip_id", "id"),
    *("audio_id", "sound", "path", "name", "audiocap_id", "youtube_id", "wav"),
)
CAPTION_COLUMNS = (
    *("caption_predicted", "predicted_caption", "prediction", "predicted", "pred"),
    *("candidate", "cands", "hypothesis", "generated_caption", "caption_generated"),
    *("caption", "text", "caption_1", "output"),
)
_NAMED = 3  # files that a sentence names before it counts the rest


@dataclass(frozen=True, slots=True)
class CaptionTable:
    """Captions by file name as a table gives them, and sentences on what is wrong with it."""

    path: Path
    captions: Mapping[str, str]
    problems: tuple[str, ...] = ()


def read_captions(path: Path) -> CaptionTable:
    """Read a table of captions: CSV in any encoding and with any usual delimiter, or JSON lines.

    Of several rows of one file the first counts. Raises `DatasetError` when there is no file, no
    column of file names or no column of captions.
    """
    table = read_table(path)
    names = _column(table, FILE_COLUMNS, "file names", "file_name")
    texts = _column(table, CAPTION_COLUMNS, "captions", "caption_predicted", but=names)
    problems = list(table.problems)
    captions: dict[str, str] = {}
    nameless = empty = changed = repeated = 0
    for row in table.rows:
        name, text = row.text(names), row.text(texts)
        if row.surplus and texts == table.columns[-1]:
            # An unquoted comma in the last column: the rest of the sentence stands behind it.
            text = ", ".join([text, *(part.strip() for part in row.surplus)])
        if not name:
            nameless += 1
        elif name in captions:
            repeated += 1
            changed += captions[name] != text
        else:
            captions[name] = text
            empty += not text
    if nameless:
        problems.append(f"{path.name}: rows that name no file: {nameless}; they are left out.")
    if repeated:
        which = f", {changed} of them with another caption" if changed else ""
        problems.append(
            f"{path.name}: rows that repeat a file: {repeated}{which}; the first of each counts."
        )
    if empty:
        problems.append(f"{path.name}: empty captions: {empty}; they score 0.")
    if not captions:
        raise DatasetError(f"{path} names no file; it needs rows of file names and captions.")
    return CaptionTable(path, captions, tuple(problems))


def match_captions(
    table: CaptionTable, clips: Sequence[Clip]
) -> tuple[list[CaptionedClip], list[str]]:
    """Return the clips that the table has captions of, and sentences on what does not match.

    Names are compared as they are, else without folders, else without the ending as well; where
    that makes two names equal it is not tried. Raises `DatasetError` when nothing matches.
    """
    captions, problems = table.captions, []
    for shorten in (str, _base, _stem):
        by_name = _unique(captions, shorten)
        found = {clip.id: by_name.get(shorten(clip.id)) for clip in clips}
        if any(name is not None for name in found.values()):
            break
    else:
        raise DatasetError(
            f"{table.path} has captions of none of the clips; its files are named like "
            f"'{next(iter(captions))}', those of the split like '{clips[0].id if clips else ''}'."
        )
    captioned, missing = [], []
    for clip in clips:
        name = found[clip.id]
        if name is None:
            missing.append(clip.id)
        else:
            text = captions[name]
            captioned.append(CaptionedClip(clip.id, text, text, None, clip.captions))
    if missing:
        problems.append(
            f"{table.path.name} has no caption of {_listed(missing)}; scores are over the "
            f"{count_text(len(captioned), 'clip')} that it has."
        )
    used = {name for name in found.values() if name is not None}
    extra = [name for name in captions if name not in used]
    if extra:
        problems.append(f"{table.path.name}: {_listed(extra)} not in the split; left out.")
    return captioned, problems


def score_table(
    path: Path,
    dataset: str,
    split: str,
    folder: Path | None = None,
    *,
    root: str = "",
    title: str = "",
    metrics: Sequence[str] | None = None,
) -> Iterator[Event]:
    """Score a table of captions on a split, and keep it as an evaluation.

    `title` names the system; empty is the file's name. Yields `Progress`, `Warned` for whatever is
    wrong with the table, and at last `Evaluated`. Raises `DatasetError` and `MetricError`.
    """
    yield Progress(phase="Reading captions", done=0)
    from core.data.datasets import open_dataset

    table = read_captions(path)
    clips = open_dataset(dataset, root or None).clips(split)
    captioned, problems = match_captions(table, clips)
    for problem in (*table.problems, *problems):
        yield Warned(message=problem)
    name = title.strip() or path.stem
    words = re.sub(r"[^A-Za-z0-9+._-]+", "-", name).strip("-.") or "captions"
    target = folder or paths.home() / "evaluation" / words / f"{dataset}-{split}"
    about = {"title": name, "table": str(path), "dataset": dataset, "split": split}
    with Scorer() as scorer:
        yield from score_captions(scorer, captioned, target, about, metrics)


def _column(table: Table, known: Sequence[str], what: str, example: str, but: str = "") -> str:
    by_plain = {
        re.sub(r"[^a-z0-9]+", "_", column.casefold()).strip("_"): column
        for column in reversed(table.columns)
    }
    for name in known:
        if name in by_plain and by_plain[name] != but:
            return by_plain[name]
    raise DatasetError(
        f"{table.path} has no column of {what}; name it {example} (its columns are "
        f"{', '.join(table.columns[:8])})."
    )


def _unique(captions: Mapping[str, str], shorten: object) -> dict[str, str]:
    assert callable(shorten)
    found: dict[str, str] = {}
    twice = set()
    for name in captions:
        short = shorten(name)
        if short in found:
            twice.add(short)
        found[short] = name
    return {short: name for short, name in found.items() if short not in twice}


def _base(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name


def _stem(name: str) -> str:
    base = _base(name)
    stem, dot, ending = base.rpartition(".")
    return stem if dot and ending.lower() in ("wav", "flac", "mp3", "ogg", "opus", "m4a") else base


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:_NAMED])
    more = len(names) - _NAMED
    return f"{count_text(len(names), 'file')} ({shown}{f' and {more} more' if more > 0 else ''})"
