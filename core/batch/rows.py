"""A row of the queue: a file, where it stands, and what was made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from core.captions import Caption


class RowState(StrEnum):
    """Where a file stands; the value is how it is said and kept."""

    WAITING = "waiting"
    CAPTIONING = "captioning"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, eq=False)
class BatchRow:
    """A file in the queue.

    Attributes
    ----------
    path
        The file.
    state
        Where it stands.
    duration
        Its length in seconds, None until it was read.
    record
        What is known of its caption, ready for JSON: see `record_of`.
    message
        Why it failed.
    seconds
        How long reading and captioning took.
    stamp
        Size and time of change of the file that was captioned.
    """

    path: Path
    state: RowState = RowState.WAITING
    duration: float | None = None
    record: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    seconds: float | None = None
    stamp: tuple[int, int] = (0, 0)

    @property
    def caption(self) -> str:
        """The sentence, or ""."""
        return str(self.record.get("caption", ""))

    @property
    def confidence(self) -> float | None:
        """Probability that the caption is right, where the checkpoint is calibrated."""
        value = self.record.get("confidence")
        return None if value is None else float(value)

    def waiting(self) -> BatchRow:
        """Return the row as it was before its turn."""
        return BatchRow(self.path)

    def captioned(self, caption: Caption, seconds: float) -> BatchRow:
        """Return the row with a caption."""
        return replace(
            self,
            state=RowState.DONE,
            duration=caption.duration,
            record=record_of(caption),
            message="",
            seconds=seconds,
            stamp=stamp_of(self.path),
        )

    def failed(self, message: str, seconds: float = 0.0) -> BatchRow:
        """Return the row with the sentence that says why it has no caption."""
        return replace(
            self, state=RowState.FAILED, record={}, message=message, seconds=seconds or None
        )


def record_of(caption: Caption) -> dict[str, Any]:
    """Return what is kept of a caption: words, beams and tags, without the attention."""
    return {
        "caption": caption.text,
        "hypothesis": caption.hypothesis,
        "log_prob": round(caption.log_prob, 6),
        "confidence": None if caption.confidence is None else round(caption.confidence, 4),
        "wording": caption.wording,
        "beams": [
            {"caption": beam.text, "log_prob": round(beam.log_prob, 6)} for beam in caption.beams
        ],
        "tags": {tag.name: round(tag.probability, 4) for tag in caption.tags},
        "checkpoint": caption.checkpoint,
    }


def stamp_of(path: Path) -> tuple[int, int]:
    """Return size and time of change of a file, zeros where there is none."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns
