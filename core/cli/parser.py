"""The argument parser: errors are sentences, and help may be made when it is asked for."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NoReturn


class UsageError(Exception):
    """What was typed makes no sense; the text says why."""


class Parser(argparse.ArgumentParser):
    """Raises `UsageError` instead of ending the process; `more_help` gives text for ``--help``."""

    more_help: Callable[[], str] | None = None

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError`."""
        raise UsageError(f"{self.prog}: {message}; '{self.prog} --help' shows what is possible.")

    def format_help(self) -> str:
        """Return the help with what `more_help` adds."""
        more = self.more_help() if self.more_help is not None else ""
        return super().format_help() + more
