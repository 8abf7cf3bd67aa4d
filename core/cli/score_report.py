"""What ``evaluate`` and ``score`` have in common: choosing metrics, following, the table."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping

from core.cli.exit_codes import INTERRUPTED
from core.cli.output import figure, interruptible, table
from core.errors import ConfigError
from core.events import Evaluated, Event, Progress, Warned, close_work
from core.wording import count_text, did_you_mean


def add_dataset_options(parser: argparse.ArgumentParser) -> None:
    """Let the clips be chosen."""
    parser.add_argument(
        "--dataset",
        metavar="NAME",
        default="starter-scenes",
        help="as 'aac-studio data' lists it (default: starter-scenes)",
    )
    parser.add_argument(
        "--root",
        metavar="FOLDER",
        default="",
        help="where the dataset lies (default: its known place)",
    )
    parser.add_argument(
        "--split", metavar="NAME", default="test", help="split of the dataset (default: test)"
    )


def add_metrics_option(parser: argparse.ArgumentParser) -> None:
    """Let the metrics be chosen."""
    parser.add_argument(
        "--metrics",
        nargs="+",
        metavar="NAME",
        help="only these, as 'aac-studio metrics' names them; quick is CIDEr-D, ROUGE-L and BLEU "
        "(default: all that can be computed)",
    )


def chosen_metrics(options: argparse.Namespace) -> tuple[str, ...] | None:
    """Return the chosen metrics, None for all. Raises `ConfigError` for unknown names."""
    if options.metrics is None:
        return None
    from core.evaluation.registry import METRICS, QUICK_METRICS

    names: list[str] = []
    for name in options.metrics:
        if name == "quick":
            names.extend(QUICK_METRICS)
        elif name in METRICS:
            names.append(name)
        else:
            close = did_you_mean(name, (*METRICS, "quick"))
            raise ConfigError(
                f"There is no metric named {name}{close or '.'} 'aac-studio metrics' lists them."
            )
    return tuple(dict.fromkeys(names))


def follow(events: Iterable[Event]) -> int:
    """Show what happens, print the scores at last, and return the exit code."""
    from core.cli.progress import ProgressBar

    last: Event | None = None
    with ProgressBar() as bar, interruptible() as interrupt:
        for last in events:
            if isinstance(last, Progress):
                bar.move(last.phase, last.done, last.total, last.message)
            elif isinstance(last, Warned):
                bar.warn(last.message)
            if interrupt:
                close_work(events)
                bar.line("Stopped; the next call continues with the rest.")
                return INTERRUPTED
    assert isinstance(last, Evaluated)
    print(score_table(last))
    return 0


def score_table(event: Evaluated) -> str:
    """Return the scores as a table, and why some are missing."""
    from core.evaluation.registry import METRICS

    scores: Mapping[str, float] = event.scores
    titles = {name: metric.title for name, metric in METRICS.items()}
    order = [name for name in METRICS if name in scores]
    order += [name for name in scores if name not in METRICS]
    rows = [(_title(name, titles), figure(scores[name], name)) for name in order]
    lines = [count_text(event.clips, "clip"), table(("metric", "score"), rows)]
    floor = scores.get("cider_d_shuffled")
    if floor:
        ratio = scores["cider_d"] / floor
        lines.append(f"CIDEr-D is {ratio:.1f} times that of the shuffled captions.")
    for reason, names in _grouped(event.unavailable).items():
        lines.append(f"{', '.join(titles.get(name, name) for name in names)}: {reason}")
    lines.append(f"Captions and scores: {event.folder}")
    return "\n".join(lines)


def _title(name: str, titles: Mapping[str, str]) -> str:
    plain = name.removesuffix("_shuffled")
    title = titles.get(plain, plain)
    return title if plain == name else f"{title}, shuffled"


def _grouped(unavailable: Mapping[str, str]) -> dict[str, list[str]]:
    """Join the names of metrics that lack for the same reason."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in unavailable.items():
        by_reason.setdefault(reason, []).append(name)
    return by_reason
