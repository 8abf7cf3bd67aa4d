"""The argument parser: errors are sentences, and help may be made when it is asked for."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn, cast

from core.wording import did_you_mean

_OF_ARGUMENT = re.compile(r"argument ([^:]+): (.*)", re.DOTALL)
_CHOICE = re.compile(r"invalid choice: (.*?) \(choose from .*\)", re.DOTALL)
_FORBIDDEN = re.compile(r"not allowed with argument (.*)", re.DOTALL)
_MISSING = "the following arguments are required: "
_SEVERAL = ("+", "*")


class UsageError(Exception):
    """What was typed makes no sense; the text says why."""


class Parser(argparse.ArgumentParser):
    """Raises `UsageError` instead of ending the process.

    Attributes
    ----------
    more_help
        Gives text that is added to ``--help``.
    intermixed
        Whether files may stand before, between and after the options.
    """

    more_help: Callable[[], str] | None = None
    intermixed = False
    _splitting = False

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._actions[0].help = "show this help and end"
        self._positionals.title = "arguments"

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError`."""
        text = self._sentence(message)
        text += " " if text.endswith("?") else "; "
        raise UsageError(f"{self.prog}: {text}'{self.prog} --help' shows what is possible.")

    def format_help(self) -> str:
        """Return the help with what `more_help` adds."""
        more = self.more_help() if self.more_help is not None else ""
        return super().format_help() + more

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse; what nobody knows is an error of the command that it was given to."""
        if self.intermixed and not self._splitting:
            self._splitting = True
            try:
                found, unknown = self.parse_known_intermixed_args(args, namespace)
            finally:
                self._splitting = False
        else:
            found, unknown = super().parse_known_args(args, namespace)
        if unknown and not self._splitting:
            self.error(self._unknown(unknown[0]))
        return found, unknown

    def _unknown(self, word: str) -> str:
        if not word.startswith("-"):
            return f"'{word}' is one too many"
        name = word.partition("=")[0]
        return f"there is no option {name}{did_you_mean(name, self._option_string_actions)}"

    def _sentence(self, message: str) -> str:
        """Return what argparse found as people say it."""
        if message.startswith(_MISSING):
            return self._missing(message.removeprefix(_MISSING))
        found = _OF_ARGUMENT.fullmatch(message)
        if found is None:
            return message
        name, reason = found.groups()
        action = self._action(name)
        if reason.startswith("expected "):
            return f"{name} needs a value{_as_in(action)}"
        if reason.startswith("is "):
            return f"{name} {reason}"
        if forbidden := _FORBIDDEN.fullmatch(reason):
            return f"{name} and {forbidden[1]} do not go together; choose one"
        if (choice := _CHOICE.fullmatch(reason)) and action is not None and action.choices:
            return _no_choice(name, choice[1].strip("'"), list(action.choices))
        return f"{name}: {reason}"

    def _missing(self, names: str) -> str:
        if names in ("COMMAND", "ACTION"):
            (commands,) = (action for action in self._actions if action.metavar == names)
            return f"say what to do: {_listed(commands.choices or ())}"
        text = f"{names} {'are' if ', ' in names else 'is'} missing"
        greedy = [
            action.option_strings[0]
            for action in self._actions
            if action.option_strings and action.nargs in _SEVERAL
        ]
        positional = any(not name.startswith("-") for name in names.split(", "))
        return f"{text}; write it before {' and '.join(greedy)}" if greedy and positional else text

    def _action(self, name: str) -> argparse.Action | None:
        for action in self._actions:
            if name in ("/".join(action.option_strings), action.metavar, action.dest):
                return action
        return None


def actions_of(
    parser: argparse.ArgumentParser, common: argparse.ArgumentParser, required: bool = False
) -> Callable[..., Parser]:
    """Return what adds an action such as ``runs show``: ``add(name, help, function, more)``.

    `function` carries it out where the command does not itself, `more` stands above its options.
    """
    actions: Any = parser.add_subparsers(
        title="actions", metavar="ACTION", dest="action", required=required
    )

    def add(
        name: str,
        help_text: str,
        function: Callable[[argparse.Namespace], int] | None = None,
        more: str = "",
    ) -> Parser:
        about = help_text.removesuffix(" (default)")
        about = f"{about[0].upper()}{about[1:]}."
        added = actions.add_parser(
            name, parents=[common], help=help_text, description=f"{about} {more}".strip()
        )
        if function is not None:
            added.set_defaults(run=function)
        return cast(Parser, added)

    return add


def _as_in(action: argparse.Action | None) -> str:
    if action is None or not isinstance(action.metavar, str):
        return ""
    return f", as in {'/'.join(action.option_strings)} {action.metavar}"


def _no_choice(name: str, word: str, choices: Iterable[str]) -> str:
    choices = list(choices)
    if name in ("COMMAND", "ACTION"):
        told = did_you_mean(word, choices)
        return f"there is no {name.lower()} {word}{told or f'; choose {_listed(choices)}'}"
    return f"{name} is '{word}' but must be {_listed(choices)}"


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
