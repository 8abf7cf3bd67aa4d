"""From captions of windows to the segments of a timeline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.captions import Caption
from core.timeline.windows import Window


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A stretch of a recording with one caption.

    Attributes
    ----------
    start, end
        Seconds from the start of the recording.
    text
        The caption.
    log_prob
        Its mean log-probability per token, in the window where it was likeliest.
    caption
        The caption of that window with all its evidence.
    window
        That window; times inside of `caption` count from its start.
    windows
        Number of neighbouring windows that said the same.
    """

    start: float
    end: float
    text: str
    log_prob: float
    caption: Caption
    window: Window
    windows: int = 1


def join_windows(captioned: Iterable[tuple[Window, Caption | None]]) -> tuple[Segment, ...]:
    """Join neighbouring windows with the same words; those without a caption leave a gap.

    The windows come in order of time, each once.
    """
    segments: list[Segment] = []
    border = None  # where the segment before ends, unless a gap follows
    for window, caption in captioned:
        if caption is None or not caption.text:
            border = None
            continue
        before = segments[-1] if segments else None
        if before is not None and border == window.first and before.text == caption.text:
            better = caption.log_prob > before.log_prob
            segments[-1] = Segment(
                start=before.start,
                end=window.last,
                text=before.text,
                log_prob=max(before.log_prob, caption.log_prob),
                caption=caption if better else before.caption,
                window=window if better else before.window,
                windows=before.windows + 1,
            )
        else:
            segments.append(
                Segment(window.first, window.last, caption.text, caption.log_prob, caption, window)
            )
        border = window.last
    return tuple(segments)
