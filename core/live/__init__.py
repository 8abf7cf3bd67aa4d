"""A microphone live: record it into a take, show it, and caption what was said of late.

Nothing here imports torch: whoever calls brings the captioner.
"""

from core.live.captioning import (
    LiveCaptioned,
    asking,
    caption_live,
    captions_path,
    line_of_caption,
    write_captions,
)
from core.live.monitor import LiveMonitor, Moment
from core.live.recording import Recorded, Recording, SoundSource, record
from core.live.windows import LiveWindow, LiveWindows

__all__ = [
    "LiveCaptioned",
    "LiveMonitor",
    "LiveWindow",
    "LiveWindows",
    "Moment",
    "Recorded",
    "Recording",
    "SoundSource",
    "asking",
    "caption_live",
    "captions_path",
    "line_of_caption",
    "record",
    "write_captions",
]
