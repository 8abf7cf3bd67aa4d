"""Worker threads that leave the processor to the window when it wants it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

_NICENESS = 5


def give_way() -> None:
    """Let the window go first where threads have priorities of their own; work is no slower.

    The threads that torch starts for its arithmetic inherit it from the one that calls torch.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
