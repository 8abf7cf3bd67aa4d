"""What captioning made of a file: captions of it or of its parts, and timelines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.captions import Caption
from core.timeline import Segment


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A caption of a whole file, or of the part from `start` for `length` seconds.

    `edited` are the words that a person wrote in place of the model's.
    """

    caption: Caption
    start: float = 0.0
    length: float | None = None
    edited: str = ""

    @property
    def text(self) -> str:
        """The words to show."""
        return self.edited or self.caption.text

    @property
    def checkpoint(self) -> str:
        """Path of the checkpoint that made it."""
        return self.caption.checkpoint

    @property
    def place(self) -> tuple[str, float, float | None]:
        """What a newer one takes the place of: the same part by the same checkpoint."""
        return self.checkpoint, self.start, self.length

    def title(self) -> str:
        """Return a short name of the part."""
        if self.length is None:
            return "Whole sound"
        return f"{self.start:.1f}–{self.start + self.length:.1f} s"


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """Captions along a long file, as far as `done` of `total` windows."""

    checkpoint: str
    segments: tuple[Segment, ...]
    done: int
    total: int

    @property
    def complete(self) -> bool:
        """Whether every window was captioned."""
        return self.done >= self.total

    @property
    def text(self) -> str:
        """All captions in a row."""
        return "; ".join(segment.text for segment in self.segments)

    @property
    def place(self) -> tuple[str, str]:
        """What a newer one takes the place of: a timeline by the same checkpoint."""
        return self.checkpoint, "timeline"

    def title(self) -> str:
        """Return a short name."""
        return "Timeline"


Output = Result | Timeline


def name_of(checkpoint: str | Path) -> str:
    """Name a run's checkpoint by its run, any other by its file."""
    path = Path(checkpoint)
    if path.stem in ("best", "last"):
        return f"{path.stem} of {path.parent.parent.name}"
    return path.stem
