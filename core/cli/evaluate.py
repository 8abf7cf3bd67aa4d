"""``aac-studio evaluate``: caption a split with a checkpoint and score the captions."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.cli.checkpoint_option import add_checkpoint_option, chosen_checkpoint
from core.cli.output import figure, table
from core.errors import ConfigError
from core.events import Evaluated, Event, Progress, Warned


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "evaluate",
        parents=[common],
        help="score a checkpoint on a dataset",
        description="Caption every clip of a split and score the captions against its references.",
    )
    add_checkpoint_option(parser)
    parser.add_argument("--dataset", default="starter-scenes", help="default: starter-scenes")
    parser.add_argument("--root", default="", metavar="FOLDER", help="where the dataset lies")
    parser.add_argument("--split", default="test", help="default: test")
    parser.add_argument("--clips", default=0, type=int, metavar="N", help="only the first n clips")
    parser.add_argument("--beam-size", metavar="N", help="hypotheses kept at a time")
    parser.add_argument("--device", default="auto", help="auto, cpu, mps or cuda:0")
    parser.add_argument("--out", metavar="FOLDER", help="default: the run's evaluation folder")
    parser.add_argument(
        "--shuffled-baseline",
        action="store_true",
        help="also score the same captions dealt to other clips: what a deaf model reaches",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Evaluate and print the table."""
    from core.cli.progress import ProgressBar
    from core.config import replace_field
    from core.evaluation import evaluate_checkpoint
    from core.models.checkpoint_header import read_checkpoint_info

    if options.clips < 0:
        raise ConfigError(f"--clips is {options.clips} but must be at least 0; 0 takes all clips.")
    checkpoint = chosen_checkpoint(options.checkpoint)
    rules = None
    if options.beam_size is not None:
        config = read_checkpoint_info(checkpoint).config
        rules = replace_field(config, "decoding.beam_size", options.beam_size).decoding
    print(f"{checkpoint} on {options.dataset}, {options.split}", flush=True)
    events = evaluate_checkpoint(
        checkpoint,
        options.dataset,
        options.split,
        Path(options.out).expanduser() if options.out else None,
        clips=options.clips,
        device=options.device,
        root=options.root,
        rules=rules,
        baseline=options.shuffled_baseline,
    )
    last: Event | None = None
    with ProgressBar() as bar:
        for last in events:
            if isinstance(last, Progress):
                bar.move(last.phase, last.done, last.total, last.message)
            elif isinstance(last, Warned):
                bar.line(f"  warning: {last.message}")
    assert isinstance(last, Evaluated)
    print(_score_table(last))
    return 0


def _score_table(event: Evaluated) -> str:
    scores: Mapping[str, float] = event.scores
    lines = [
        f"{event.clips} clips",
        table(("metric", "score"), [(name, figure(value)) for name, value in scores.items()]),
    ]
    floor = scores.get("cider_d_shuffled")
    if floor:
        ratio = scores["cider_d"] / floor
        lines.append(f"CIDEr-D is {ratio:.1f} times that of the shuffled captions.")
    lines += [f"{name}: {reason}" for name, reason in _grouped(event.unavailable).items()]
    lines.append(f"Captions and scores: {event.folder}")
    return "\n".join(lines)


def _grouped(unavailable: Mapping[str, str]) -> dict[str, str]:
    """Join the names of metrics that lack for the same reason."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in unavailable.items():
        by_reason.setdefault(reason, []).append(name)
    return {", ".join(names): reason for reason, names in by_reason.items()}
