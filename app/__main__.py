"""Entry point: the window without arguments, the command line with any."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from core.display import display_problem


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line if there are arguments, else open the window. Returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments:
        command_line = importlib.import_module("core.cli")
        return int(command_line.main(arguments) or 0)
    problem = display_problem()
    if problem:
        sys.stderr.write(
            f"{problem} Without a window, use the commands 'aac-studio train', "
            "'aac-studio caption' and 'aac-studio evaluate' ('aac-studio --help' lists all).\n"
        )
        return 1
    if sys.platform == "win32":
        # There, torch's libraries fail to load once Qt's are in the process.
        importlib.import_module("torch")
    # Before Qt: its import hook inspects every module that is imported after it.
    importlib.import_module("core.config")
    application = importlib.import_module("app.application")
    return int(application.run())


if __name__ == "__main__":
    sys.exit(main())
