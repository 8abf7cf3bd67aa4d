"""Exit codes of the command line."""

from __future__ import annotations

DONE = 0
SOME_FAILED = 1  # some of the files or checks
FAILED = 2
INTERRUPTED = 130  # as shells report a program that Ctrl+C ended
