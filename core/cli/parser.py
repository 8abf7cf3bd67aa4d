"""The argument parser: errors are sentences, and help may be made when it is asked for."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, NoReturn


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


def actions_of(
    parser: argparse.ArgumentParser, common: argparse.ArgumentParser
) -> Callable[[str, str, Callable[[argparse.Namespace], int]], argparse.ArgumentParser]:
    """Return what adds an action such as ``runs show`` by its name, its help and its function."""
    actions: Any = parser.add_subparsers(title="actions", metavar="ACTION", dest="action")

    def add(
        name: str, help_text: str, function: Callable[[argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = actions.add_parser(
            name, parents=[common], help=help_text, description=help_text.capitalize() + "."
        )
        added.set_defaults(run=function)
        return added

    return add
