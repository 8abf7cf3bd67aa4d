"""Counting what a check comes upon, and finding what splits share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

from core.data.check_report import Example, Findings, Leak
from core.data.clips import Clip

EXAMPLES = 1_000
# What datasets call the recording that a clip was cut from.
_SOURCES = ("sound_id", "youtube_id", "source_id")


@dataclass(slots=True)
class Notes:
    """Clips with a fault, counted all and named in part."""

    count: int = 0
    examples: list[Example] = field(default_factory=list)

    def add(self, clip: str, detail: str = "") -> None:
        """Count a clip."""
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(Example(clip, detail))

    def found(self) -> Findings:
        """Return what was counted."""
        return Findings(self.count, tuple(self.examples))


# Clips that sound the same: the number of the split and the place in it.
Groups = Sequence[Sequence[tuple[int, int]]]


def duplicates(same: Groups, names: Sequence[str], clips: dict[str, tuple[Clip, ...]]) -> Findings:
    """Return the groups of clips with the same samples, each by its first clip."""
    notes = Notes()
    for group in same:
        titles = [f"{names[split]}/{clips[names[split]][place].id}" for split, place in group]
        notes.add(titles[0], ", ".join(titles[1:6]))
    return notes.found()


def audio_leaks(
    same: Groups, names: Sequence[str], clips: dict[str, tuple[Clip, ...]]
) -> list[Leak]:
    """Return what the splits share of the same samples."""
    shared: dict[tuple[int, int], list[str]] = defaultdict(list)
    for group in same:
        first: dict[int, int] = {}
        for split, place in group:
            first.setdefault(split, place)
        for one, other in combinations(sorted(first), 2):
            pair = (clips[names[one]][first[one]].id, clips[names[other]][first[other]].id)
            shared[one, other].append(pair[0] if pair[0] == pair[1] else " = ".join(pair))
    return [
        Leak("audio", names[one], names[other], len(found), tuple(found[:EXAMPLES]))
        for (one, other), found in sorted(shared.items())
    ]


def other_leaks(names: Sequence[str], clips: dict[str, tuple[Clip, ...]]) -> list[Leak]:
    """Return the recordings and the captions that splits share."""
    sources = {name: _source_ids(clips[name]) for name in names}
    captions = {
        name: {text.strip().lower() for clip in clips[name] for text in clip.captions}
        for name in names
    }
    leaks = []
    for one, other in combinations(names, 2):
        shared = sources[one] & sources[other]
        if shared:
            examples = tuple(sorted(shared)[:EXAMPLES])
            leaks.append(Leak("source", one, other, len(shared), examples))
        texts = captions[one] & captions[other]
        if texts:
            examples = tuple(sorted(texts)[:EXAMPLES])
            leaks.append(Leak("caption", one, other, len(texts), examples))
    return leaks


def _source_ids(clips: Sequence[Clip]) -> set[str]:
    return {
        f"{column} {clip.extras[column]}"
        for clip in clips
        for column in _SOURCES
        if clip.extras.get(column, "").strip().lower() not in ("", "not found", "na")
    }
