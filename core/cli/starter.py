"""``aac-studio starter``: make the starter checkpoint again."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.cli.checkpoint_option import add_device_option
from core.cli.exit_codes import INTERRUPTED
from core.cli.output import interruptible
from core.cli.output_places import check_writable
from core.cli.parser import actions_of
from core.cli.progress import ProgressBar
from core.events import close_work


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "starter",
        parents=[common],
        help="make the starter model again",
        description="Make the starter model that the program comes with again.",
    )
    build = actions_of(parser, common, required=True)(
        "build",
        "tune the encoder, train both stages and write the checkpoint",
        _build,
        "Tunes the last layers of YAMNet, trains each stage as a run of its own and writes the "
        "checkpoint with its tuned encoder, encoder-tuning.safetensors, beside it. About an hour "
        "on two CPU cores. Ctrl+C stops and saves; the same command continues.",
    )
    build.add_argument(
        "--output",
        metavar="FILE",
        help="where the checkpoint is written (default: in place of the shipped one)",
    )
    build.add_argument(
        "--quick",
        action="store_true",
        help="test the procedure in a minute or two; the model is useless",
    )
    add_device_option(build)


def _build(options: argparse.Namespace) -> int:
    from core.cli.train_report import TrainReport
    from core.errors import ConfigError
    from core.training.starter import build_starter, starter_file, tune_starter

    if options.quick and options.output is None:
        raise ConfigError(
            "A quick build makes a useless model and must not replace the shipped one; say with "
            "--output where to write it."
        )
    output = Path(options.output).expanduser() if options.output else starter_file()
    check_writable(output)
    report: TrainReport | None = None
    shown = None
    with ProgressBar() as bar:
        for step in tune_starter(quick=options.quick):
            loss = "" if step.loss is None else f"loss {step.loss:.2f}"
            bar.move(step.what, step.done, step.steps, loss)
    with interruptible() as interrupt:
        events = build_starter(output, quick=options.quick, device=options.device)
        try:
            for run, event in events:
                if run.name != shown:
                    if report is not None:
                        report.__exit__(None, None, None)
                    print(f"Run {run.name}\n{run.path}", flush=True)
                    report, shown = TrainReport(run), run.name
                assert report is not None
                report.show(event)
                if interrupt:
                    report.stopping()
                    close_work(events)
                    report.stopped()
                    return INTERRUPTED
        finally:
            if report is not None:
                report.__exit__(None, None, None)
    print(f"Wrote {output}")
    return 0
