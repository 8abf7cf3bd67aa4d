"""The command line: everything the engine does, without a window.

Each sub-command is one module; torch is imported only when one of them works.
"""

from core.cli.program import main

__all__ = ["main"]
