"""Captions of what was heard of late, and the file that keeps them beside the take."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from core.captions import Caption
from core.config import DecodingConfig
from core.events import Event, Progress
from core.files import append_line
from core.live.windows import LiveWindow, LiveWindows
from core.timeline.captioning import CaptionsWaveforms, level_db
from core.timeline.exports import export_timeline
from core.timeline.segments import join_windows
from core.timeline.windows import Window

CAPTIONS_SUFFIX = ".captions.jsonl"
_PATIENCE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCaptioned(Event):
    """A window has its caption, or None where it was too quiet for one.

    `lag` is the time in seconds from the end of the window to this caption.
    """

    window: Window
    caption: Caption | None
    level: float
    lag: float


# Captions one window; the locks that shared models need are the caller's.
Ask = Callable[[LiveWindow], Caption]


def asking(captioner: CaptionsWaveforms, decoding: DecodingConfig | None = None) -> Ask:
    """Return what captions a window by a captioner."""
    return lambda item: captioner.caption_waveforms([item.samples], item.sample_rate, decoding)[0]


def caption_live(
    ask: Ask, windows: LiveWindows, quiet_db: Callable[[], float], take: Path | None = None
) -> Generator[Event, None, None]:
    """Caption windows as they come, until the recording has ended and all are captioned.

    Parameters
    ----------
    ask
        Captions one window.
    windows
        Where they come from.
    quiet_db
        Windows below this level (root mean square, dB of full scale) have no caption; asked anew
        for each, so that it may change meanwhile.
    take
        Where the sound lies: the captions are appended to a file beside it as they are made, and at
        the end the take gets subtitles.

    Yields
    ------
    Event
        `LiveCaptioned` for each window, and `Progress` while there is nothing to do.
    """
    made: list[tuple[Window, Caption | None]] = []
    try:
        while not windows.ended:
            item = windows.get(_PATIENCE)
            if item is None:
                yield Progress(phase="Listening", done=len(made))
                continue
            level = level_db(item.samples)
            caption = ask(item) if level >= quiet_db() else None
            if caption is not None and caption.wording == "silence":
                caption = None
            lag = max(time.monotonic() - item.captured, 0.0)
            event = LiveCaptioned(window=item.window, caption=caption, level=level, lag=lag)
            made.append((event.window, event.caption))
            if take is not None:
                append_line(captions_path(take), line_of_caption(event).encode())
            yield event
    finally:
        if take is not None and any(caption is not None for _, caption in made):
            write_captions(take, made)


def captions_path(take: Path) -> Path:
    """Return where the captions of a take are kept, a line of JSON each."""
    return take.with_name(take.stem + CAPTIONS_SUFFIX)


def write_captions(take: Path, made: list[tuple[Window, Caption | None]]) -> None:
    """Write subtitles beside a take, neighbours that say the same joined."""
    export_timeline(join_windows(made), take.with_suffix(".srt"), "srt")


def line_of_caption(event: LiveCaptioned) -> str:
    """Return what is kept of a window: a line of JSON."""
    caption = event.caption
    record: dict[str, object] = {
        "start": round(event.window.start, 3),
        "end": round(event.window.end, 3),
        "caption": "" if caption is None else caption.text,
        "level_db": round(event.level, 1) if math.isfinite(event.level) else None,
        "lag": round(event.lag, 3),
    }
    if caption is not None:
        record |= {
            "hypothesis": caption.hypothesis,
            "log_prob": round(caption.log_prob, 6),
            "confidence": caption.confidence and round(caption.confidence, 4),
            "checkpoint": caption.checkpoint,
        }
    return json.dumps(record, ensure_ascii=False)
