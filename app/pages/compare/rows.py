"""One row of the table of clips, and what its cells show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.pages.compare.word_diff import Word, mark_differences
from app.texts import rounded_text
from core.evaluation.registry import METRICS

if TYPE_CHECKING:
    from app.pages.compare.work import ComparedClip, Told

LETTERS = "ABCDEF"


@dataclass
class ResultRow:
    """One clip, its captions by system (None: not yet) and what went wrong, if anything."""

    clip: ComparedClip
    captions: list[Told | None]
    problems: list[str]
    _words: list[list[Word]] | None = field(default=None, repr=False)
    _text: str | None = field(default=None, repr=False)
    _disagreement: float | None = field(default=None, repr=False)

    def mark(self) -> None:
        """Forget what was derived, after a caption came in."""
        self._words = self._text = self._disagreement = None

    @property
    def words(self) -> list[list[Word]]:
        """The words of each caption, the differing ones marked; found out when first seen."""
        if self._words is None:
            self._words = mark_differences([one.text if one else None for one in self.captions])
        return self._words

    @property
    def text(self) -> str:
        """Everything that a search looks at."""
        if self._text is None:
            captions = [one.text for one in self.captions if one]
            parts = [self.clip.title, *self.clip.tags, *self.clip.references, *captions]
            self._text = " ".join(parts).casefold()
        return self._text

    @property
    def differs(self) -> bool:
        """Whether the captions that are there are not all the same."""
        return len({one.text for one in self.captions if one}) > 1

    @property
    def disagreement(self) -> float:
        """Mean share of words that two systems do not have in common, 0 to 1."""
        if self._disagreement is None:
            self._disagreement = _disagreement([one.text for one in self.captions if one])
        return self._disagreement


@dataclass(frozen=True, slots=True)
class CaptionCell:
    """What the delegate draws: words and number of the system, a figure and its bar; or a problem.

    `share` is the length of the bar from 0 to 1, None for no bar.
    """

    system: int
    words: tuple[Word, ...] = ()
    figure: str = ""
    share: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class GainCell:
    """A difference as text, and its bar from -1 to 1."""

    text: str
    share: float
    system: int


def figure_text(metric: str, value: float, sign: bool = False) -> str:
    """Return a figure of one clip."""
    digits = min(2, METRICS[metric].digits) if metric in METRICS else 2
    return rounded_text(value, digits, sign)


def _disagreement(texts: Sequence[str]) -> float:
    sets = [set(text.casefold().split()) for text in texts]
    found = [
        1 - len(one & two) / max(1, len(one | two))
        for place, one in enumerate(sets)
        for two in sets[place + 1 :]
    ]
    return sum(found) / len(found) if found else -1.0
