"""What starting another program takes on every system."""

from __future__ import annotations

import subprocess

# For `creationflags`: on Windows, a program of the console would open a window of its own.
NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
