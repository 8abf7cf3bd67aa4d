"""Captions that exist already: of kept evaluations and of tables. For worker threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.pages.compare.work import ComparedClip, SystemId, Told
from core.data.clips import Clip
from core.errors import StudioError
from core.evaluation import evaluation_folder
from core.evaluation.comparison import SystemScores
from core.evaluation.evaluation_files import SCORES_FILE, KeptEvaluation, load_evaluation
from core.evaluation.external_captions import match_captions, read_captions


@dataclass(frozen=True, slots=True)
class Source:
    """A dataset's split; both empty for sound files."""

    dataset: str = ""
    split: str = ""

    def key(self, clip: str) -> str:
        """Return the key of a clip of this split."""
        return f"{self.dataset}/{self.split}/{clip}"


@dataclass
class Found:
    """Captions by system and clip key, kept scores by system, and what was wrong, in sentences.

    `missing` says by system why it has no caption of a clip.
    """

    told: dict[SystemId, dict[str, Told]] = field(default_factory=dict)
    scores: dict[SystemId, SystemScores] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    missing: dict[SystemId, str] = field(default_factory=dict)


def find_captions(
    systems: Sequence[SystemId],
    clips: Sequence[ComparedClip],
    source: Source,
    partial: bool = False,
) -> Found:
    """Look for captions of these clips by these systems. One that fails does not stop another.

    `partial` says that the clips are a part of a split, of which a table may have more.
    """
    found = Found()
    for system in systems:
        try:
            if system.is_table:
                _read_table(system, clips, found, partial)
            elif source.dataset:
                _read_evaluation(system, source, found)
        except StudioError as error:
            found.problems.append(str(error))
            if system.is_table:
                found.missing[system] = str(error)
    return found


def kept_evaluation(system: SystemId, source: Source) -> Path | None:
    """Return the folder of a checkpoint's evaluation that is not older than the checkpoint."""
    folder = evaluation_folder(system.path, source.dataset, source.split)
    try:
        recent = (folder / SCORES_FILE).stat().st_mtime >= system.modified
    except OSError:
        return None
    return folder if recent else None


def cut_scores(
    scores: Mapping[SystemId, SystemScores], keys: Sequence[str]
) -> dict[SystemId, SystemScores]:
    """Return those scores that were taken on exactly these clips, in their order.

    Metrics such as CIDEr-D depend on the whole set, so scores of other sets do not count.
    """
    wanted = set(keys)
    return {
        system: one.cut_to(keys)
        for system, one in scores.items()
        if len(one.clips) == len(wanted) and set(one.clips) == wanted
    }


def _read_table(
    system: SystemId, clips: Sequence[ComparedClip], found: Found, partial: bool
) -> None:
    if not clips:
        return
    table = read_captions(system.path)
    asked = [Clip(clip.title, clip.references, clip.duration) for clip in clips]
    captioned, problems = match_captions(table, asked)
    if partial:
        problems = [sentence for sentence in problems if "not in the split" not in sentence]
    found.problems += [*table.problems, *problems]
    by_title = {item.clip: item for item in captioned}
    told = found.told.setdefault(system, {})
    for clip in clips:
        item = by_title.get(clip.title)
        if item is not None:
            told[clip.key] = Told(item.caption, item.scored)
    found.missing[system] = f"{system.path.name} has no caption of this clip."


def _read_evaluation(system: SystemId, source: Source, found: Found) -> None:
    folder = kept_evaluation(system, source)
    if folder is None:
        return
    kept: KeptEvaluation = load_evaluation(folder)
    found.told[system] = {
        source.key(item.clip): Told(item.caption, item.scored, item.log_prob)
        for item in kept.captioned
    }
    own = kept.system
    found.scores[system] = SystemScores(
        own.title,
        tuple(source.key(clip) for clip in own.clips),
        own.per_clip,
        own.counts,
        own.corpus,
    )
