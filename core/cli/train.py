"""``aac-studio train``: train a run, or go on with one."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from core.cli.checkpoint_option import add_device_option
from core.cli.exit_codes import INTERRUPTED
from core.cli.numbers import whole_setting
from core.cli.output import Interrupt, interruptible
from core.config import RunConfig, load_config, parse_config, replace_fields
from core.config.parsing import typed_value
from core.errors import ConfigError
from core.events import Event, RunEnded, close_work
from core.runs import RunFolder
from core.wording import choice_text

DEFAULT_PRESET = "starter-ce"
# Options of their own for settings that are changed most.
_SHORT = {"epochs": "training.epochs", "seed": "seed"}


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "train",
        parents=[common],
        help="train a captioning model",
        description="Train a captioning model. Ctrl+C stops and saves; --resume continues.",
    )
    parser.more_help = _presets
    add_run_options(parser)
    parser.set_defaults(run=run)


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is trained."""
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--preset", metavar="NAME", help=f"preset or preset file (default: {DEFAULT_PRESET})"
    )
    start.add_argument("--config", metavar="FILE", help="config.json of a run, or one like it")
    start.add_argument("--resume", metavar="RUN", help="continue this stopped run")
    parser.add_argument(
        "--continue-from",
        metavar="CHECKPOINT",
        help="new run with the weights and settings of a checkpoint or run; --preset and --set "
        "change what is trained, such as CE to CE+CL",
    )
    parser.add_argument(
        "--set",
        metavar="PATH=VALUE",
        action="append",
        default=[],
        dest="changes",
        help="change a setting, such as training.batch_size=32; may be given many times",
    )
    parser.add_argument(
        "--name", metavar="TEXT", help="your name for the run (default: the preset's)"
    )
    for name, path in _SHORT.items():
        parser.add_argument(
            f"--{name}",
            metavar="N",
            type=whole_setting(path),
            help=f"short for --set {path}=N (default: the preset's)",
        )
    add_device_option(parser, None)
    parser.add_argument(
        "--list-settings", action="store_true", help="list every setting and its default, and stop"
    )


def run(options: argparse.Namespace) -> int:
    """Train, print what happens, return the exit code."""
    from core.cli.settings_table import settings_table

    if options.list_settings:
        print(settings_table(_start(options)))
        return 0
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        return _run_with_workers(options)
    folder, config = open_or_create(options)
    print(f"Run {folder.name}\n{folder.path}", flush=True)
    with interruptible() as interrupt:
        from core.training import resume_run, train_run

        events = resume_run(folder) if options.resume else train_run(config, folder)
        return show_run(events, folder, interrupt)


def open_or_create(options: argparse.Namespace) -> tuple[RunFolder, RunConfig]:
    """Open the run that is resumed, or make the folder of a new one. Raises `StudioError`."""
    from core.runs import create_run

    config = run_configuration(options)
    if options.resume is not None:
        from core.runs.folder import find_run

        return find_run(options.resume), config
    # A slip of the keyboard should leave no failed run.
    if config.device not in ("auto", "cpu") and "WORLD_SIZE" not in os.environ:
        # Those are everywhere; the others ask torch.
        from core.device import choose_device

        choose_device(config.device)
    check_data(config)
    return create_run(config), config


def check_data(config: RunConfig) -> None:
    """Raise `StudioError` where there is no such dataset here, or no such encoder."""
    from core.data.datasets import open_dataset
    from core.models.encoders import available_encoders

    if "folder" in config.data.dataset.split("+") and not config.data.root:
        raise ConfigError("The dataset 'folder' needs its place; add --set data.root=FOLDER.")
    open_dataset(config.data.dataset, config.data.root or None)
    known = [entry.name for entry in available_encoders()]
    if config.data.encoder not in known:
        told = choice_text(config.data.encoder, known)
        raise ConfigError(f"There is no audio encoder named '{config.data.encoder}'{told}")


def run_configuration(options: argparse.Namespace) -> RunConfig:
    """Return the configuration that the options describe. Raises `StudioError`."""
    if options.resume is None:
        return _configuration(options)
    if options.name is not None or options.continue_from is not None or _changes(options):
        raise ConfigError(
            "A resumed run keeps its settings; leave out --set, --name, --epochs, --seed and "
            "--device, or start a new run with --config or --continue-from."
        )
    from core.runs.folder import find_run

    return find_run(options.resume).config()


def show_run(events: Iterator[Event], folder: RunFolder, interrupt: Interrupt) -> int:
    """Show the events of one run until its end, or until it is interrupted."""
    from core.cli.train_report import TrainReport

    with TrainReport(folder) as report:
        for event in events:
            report.show(event)
            if interrupt:
                report.stopping()
                # Saves, and writes down that the run was stopped.
                close_work(events)
                report.stopped()
                return INTERRUPTED
            if isinstance(event, RunEnded) and event.reason == "stopped":
                report.stopped()
    return 0


def _run_with_workers(options: argparse.Namespace) -> int:
    """Train as one of the processes that torchrun started; the first one alone writes and tells."""
    from core.training.distributed import join_workers, leave_workers
    from core.training.launch import resume_run, train_run

    # torchrun hands every signal on to all processes, and some twice.
    with interruptible(patient=True) as interrupt:
        workers = join_workers()
        assert workers is not None
        try:
            made = open_or_create(options) if workers.is_main else None
            shared = workers.broadcast(
                (str(made[0].path), made[1].model_dump_json()) if made else None
            )
            folder = RunFolder(Path(shared[0]))
            config = parse_config(json.loads(shared[1]))
            resumed = options.resume is not None
            events = resume_run(folder, workers) if resumed else train_run(config, folder, workers)
            if not workers.is_main:
                for _ in events:
                    pass
                return 0
            print(f"Run {folder.name} in {workers.size} processes\n{folder.path}", flush=True)
            return show_run(events, folder, interrupt)
        finally:
            leave_workers()


def _presets() -> str:
    """List the presets; they are read only when somebody asks for help."""
    from core.presets import list_presets

    presets = list_presets()
    width = max((len(item.name) for item in presets), default=0) + 2
    lines = [
        *("", "examples:"),
        "  aac-studio train --preset starter-ce+cl --set optimizer.learning_rate=5e-4",
        "  aac-studio train --resume 2026-11-22_14-05-33_ce-+-cl",
        *("", "presets:"),
    ]
    lines += [f"  {item.name:<{width}}{item.description or item.title}" for item in presets]
    lines += ["", "settings: 'aac-studio train --list-settings' lists all that --set takes.", ""]
    return "\n".join(lines)


def _start(options: argparse.Namespace) -> RunConfig:
    from core.presets import load_preset

    if options.config is not None:
        config = load_config(Path(options.config).expanduser())
    elif options.preset is not None or options.continue_from is None:
        config = load_preset(options.preset or DEFAULT_PRESET).config
    else:
        config = None
    if options.continue_from is None:
        assert config is not None
        return config
    from core.models.checkpoint_files import find_checkpoint
    from core.models.continuation import continued_config

    return continued_config(find_checkpoint(options.continue_from), config)


def _configuration(options: argparse.Namespace) -> RunConfig:
    config = _start(options)
    changes = _changes(options)
    if options.name is not None:
        changes["name"] = options.name
    return replace_fields(config, changes) if changes else config


def _changes(options: argparse.Namespace) -> dict[str, Any]:
    changes = setting_changes(options.changes)
    for name, path in (*_SHORT.items(), ("device", "device")):
        value = getattr(options, name)
        if value is not None:
            changes[path] = value
    return changes


def setting_changes(texts: Sequence[str]) -> dict[str, Any]:
    """Read ``PATH=VALUE`` texts. Raises `ConfigError` for one that is none."""
    changes: dict[str, Any] = {}
    for text in texts:
        path, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"--set takes PATH=VALUE, not '{text}'.")
        changes[path.strip()] = typed_value(path.strip(), value.strip())
    return changes
