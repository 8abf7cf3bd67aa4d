"""Long recordings as a timeline: windows with overlap, a caption for each, equal neighbours joined.

Nothing here imports torch: whoever calls brings the captioner.
"""

from core.timeline.captioning import CaptionsWaveforms, WindowCaptioned, caption_timeline
from core.timeline.exports import EXPORTS, export_timeline
from core.timeline.segments import Segment, join_windows
from core.timeline.windows import TimelineSettings, Window, plan_windows

__all__ = [
    "EXPORTS",
    "CaptionsWaveforms",
    "Segment",
    "TimelineSettings",
    "Window",
    "WindowCaptioned",
    "caption_timeline",
    "export_timeline",
    "join_windows",
    "plan_windows",
]
