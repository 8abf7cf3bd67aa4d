"""Entry point: the window without arguments, the command line with any."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

_WITHOUT_SCREEN = ("offscreen", "minimal", "minimalegl", "vnc", "linuxfb", "eglfs")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line if there are arguments, else open the window. Returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments:
        command_line = importlib.import_module("core.cli")
        return int(command_line.main(arguments) or 0)
    if not has_display():
        sys.stderr.write(
            "There is no display for the window; use the commands instead: "
            "'aac-studio train', 'aac-studio caption', 'aac-studio evaluate' "
            "('aac-studio --help' lists all).\n"
        )
        return 1
    if sys.platform == "win32":
        # There, torch's libraries fail to load once Qt's are in the process.
        importlib.import_module("torch")
    # Before Qt: its import hook inspects every module that is imported after it.
    importlib.import_module("core.config")
    application = importlib.import_module("app.application")
    return int(application.run())


def has_display() -> bool:
    """Say whether a window can be opened; only on Linux and the BSDs may there be no screen."""
    if sys.platform in ("win32", "darwin", "cygwin"):
        return True
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0].split(";")[0]
    if platform in _WITHOUT_SCREEN:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())
