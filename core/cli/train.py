"""``aac-studio train``: train a run, or go on with one."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.cli.output import interruptible
from core.config import RunConfig, load_config, replace_fields
from core.config.parsing import field_info
from core.errors import ConfigError

DEFAULT_PRESET = "starter-ce"


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "train",
        parents=[common],
        help="train a captioning model",
        description="Train a captioning model. Ctrl+C stops and saves; --resume goes on.",
    )
    parser.more_help = _presets
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--preset", metavar="NAME", help=f"preset or preset file (default: {DEFAULT_PRESET})"
    )
    start.add_argument("--config", metavar="FILE", help="config.json of a run, or one like it")
    start.add_argument("--resume", metavar="RUN", help="go on with this stopped run")
    parser.add_argument(
        "--set",
        metavar="PATH=VALUE",
        action="append",
        default=[],
        dest="changes",
        help="change a setting, such as training.batch_size=32; may be given many times",
    )
    parser.add_argument("--name", help="your name for the run")
    parser.add_argument("--epochs", metavar="N", help="short for --set training.epochs=N")
    parser.add_argument("--seed", metavar="N", help="short for --set seed=N")
    parser.add_argument("--device", help="auto, cpu, mps or cuda:0")
    parser.add_argument(
        "--list-settings", action="store_true", help="list every setting and its default, and stop"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train, print what happens, return the exit code."""
    from core.cli.settings_table import settings_table
    from core.runs import create_run
    from core.runs.folder import find_run

    if options.list_settings:
        print(settings_table(_start(options)))
        return 0
    if options.resume is not None:
        if options.name is not None or _changes(options):
            raise ConfigError(
                "A resumed run keeps its settings; leave out --set, --name, --epochs, --seed and "
                "--device, or start a new run with --config."
            )
        folder = find_run(options.resume)
        config = folder.config()
    else:
        config = _configuration(options)
        if config.device not in ("auto", "cpu"):  # Those are everywhere; the others ask torch.
            from core.training.device import choose_device

            choose_device(config.device)  # A slip of the keyboard should leave no failed run.
        folder = create_run(config)
    print(f"Run {folder.name}\n{folder.path}", flush=True)
    with interruptible() as interrupt:
        from core.cli.train_report import TrainReport
        from core.training import resume_run, train_run

        events = resume_run(folder) if options.resume else train_run(config, folder)
        with TrainReport(folder) as report:
            for event in events:
                report.show(event)
                if interrupt:
                    report.stopping()
                    # Saves, and writes down that the run was stopped.
                    close = getattr(events, "close", None)
                    if close is not None:
                        close()
                    report.stopped()
                    return 130
    return 0


def _presets() -> str:
    """List the presets; they are read only when somebody asks for help."""
    from core.presets import list_presets

    presets = list_presets()
    width = max((len(item.name) for item in presets), default=0) + 2
    lines = ["", "presets:"]
    lines += [f"  {item.name:<{width}}{item.description or item.title}" for item in presets]
    lines += ["", "settings: 'aac-studio train --list-settings' lists all that --set takes.", ""]
    return "\n".join(lines)


def _start(options: argparse.Namespace) -> RunConfig:
    from core.presets import load_preset

    if options.config is not None:
        return load_config(Path(options.config).expanduser())
    return load_preset(options.preset or DEFAULT_PRESET).config


def _configuration(options: argparse.Namespace) -> RunConfig:
    config = _start(options)
    changes = _changes(options)
    if options.name is not None:
        changes["name"] = options.name
    return replace_fields(config, changes) if changes else config


def _changes(options: argparse.Namespace) -> dict[str, Any]:
    changes = setting_changes(options.changes)
    for path in ("epochs", "seed", "device"):
        text = getattr(options, path)
        if text is not None:
            dotted = "training.epochs" if path == "epochs" else path
            changes[dotted] = _value(dotted, text)
    return changes


def setting_changes(texts: Sequence[str]) -> dict[str, Any]:
    """Read ``PATH=VALUE`` texts. Raises `ConfigError` for one that is none."""
    changes: dict[str, Any] = {}
    for text in texts:
        path, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"--set takes PATH=VALUE, not '{text}'.")
        changes[path.strip()] = _value(path.strip(), value.strip())
    return changes


def _value(path: str, text: str) -> Any:
    """Read a typed value: text fields as they stand, others as JSON where it is such."""
    import json

    info = field_info(path)
    if info is not None and info.annotation is str:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
