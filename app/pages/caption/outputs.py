"""What captioning made of a file: captions of it or of its parts, and timelines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.texts import span_text
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
        return span_text(self.start, self.start + self.length, digits=1)


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


class CheckpointNames:
    """What the checkpoints are called, as far as they are listed."""

    def __init__(self) -> None:
        self._labels: dict[str, str] = {}

    def learn(self, labels: Mapping[str, str]) -> None:
        """Take over the names of checkpoints by their paths."""
        self._labels.update(labels)

    def of(self, checkpoint: str | Path) -> str:
        """Return the name of a checkpoint; one that is not listed is named by its path."""
        return self._labels.get(str(checkpoint)) or name_of(checkpoint)


def name_of(checkpoint: str | Path) -> str:
    """Name a run's checkpoint by its run's folder, any other by its file."""
    path = Path(checkpoint)
    if path.stem in ("best", "last"):
        return f"{path.stem} of {path.parent.parent.name}"
    return path.stem


def confidence_text(confidence: float | None) -> str:
    """Return a confidence in percent, or nothing where there is none."""
    return "" if confidence is None else f"{100 * confidence:.0f} %"


def facts_of(result: Result, name: str) -> str:
    """Return the line under a caption that the checkpoint called `name` made."""
    caption = result.caption
    parts = []
    if result.length is not None:
        parts.append(f"part {span_text(result.start, result.start + caption.duration)}")
    if caption.confidence is not None:
        parts.append(f"confidence {confidence_text(caption.confidence)}")
    log_prob = f"{caption.log_prob:.2f}".replace("-", "−")
    parts.append(f"mean log-probability {log_prob} a token")
    if result.edited:
        parts.append("edited")
    elif caption.wording == "silence":
        parts.append("what the model took it for is among the beams")
    else:
        parts.append("the bluer a word, the less sure")
    parts += [name, f"took {caption.seconds_taken:.2f} s"]
    return "  ·  ".join(parts)
