"""The README keeps its promises: what it names exists, and its test command is the one CI runs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from core.cli.program import build_parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line for line in README.splitlines() if line.startswith("python3 -m venv .venv && ")]


def test_there_is_one_command_to_start_and_one_to_test() -> None:
    start, test = COMMANDS
    assert start.endswith("&& .venv/bin/aac-studio")
    assert test.endswith("&& .venv/bin/pytest")


def test_ci_runs_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (extraction,) = re.findall(r"^command=\$\((.*)\)$", script, flags=re.M)
    found = subprocess.run(
        ["bash", "-c", extraction], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == COMMANDS[1]
    assert 'bash -c "$command"' in script


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_what_is_linked_exists(target: str) -> None:
    assert "://" in target or (ROOT / target).exists()


@pytest.mark.parametrize("line", sorted(set(re.findall(r"aac-studio ([a-z].*)$", README, re.M))))
def test_commands_shown_can_be_parsed(line: str) -> None:
    import shlex

    arguments = shlex.split(line.split("`")[0], comments=True)
    assert build_parser().parse_args(arguments).command == arguments[0]
