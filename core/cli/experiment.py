"""``aac-studio experiment``: arms x seeds, trained, evaluated and compared."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from core.cli.checkpoint_option import add_device_option
from core.cli.exit_codes import INTERRUPTED, SOME_FAILED
from core.cli.numbers import whole_setting
from core.cli.output import figure, interruptible, table
from core.cli.parser import actions_of
from core.cli.score_report import add_metrics_option, chosen_metrics
from core.errors import ConfigError
from core.wording import choice_text, count_text

if TYPE_CHECKING:
    from core.experiments import Experiment

_EXAMPLES = """
example:
  aac-studio experiment create "CE or CL" --arms starter-ce starter-ce+cl --seeds 42 43 44
"""


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command with its actions."""
    parser = commands.add_parser(
        "experiment",
        parents=[common],
        help="compare ways of training over several seeds",
        description="Train every arm with every seed, evaluate the best checkpoints and say "
        "whether the arms differ by more than seeds and clips do.",
    )
    action = actions_of(parser, common, required=True)
    create = action("create", "plan an experiment")
    create.more_help = lambda: _EXAMPLES
    create.add_argument("title", metavar="TITLE", help="what it is called")
    create.add_argument(
        "--arms",
        nargs="+",
        required=True,
        metavar="[NAME=]PRESET",
        help="a preset for each arm; the first is what the others are compared with",
    )
    create.add_argument(
        "--seeds",
        nargs="+",
        type=whole_setting("seed"),
        default=[1, 2, 3],
        metavar="N",
        help="every arm is trained with each (default: 1 2 3)",
    )
    create.add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="PATH=VALUE",
        help="a setting of all arms, such as training.epochs=5",
    )
    create.add_argument(
        "--split",
        metavar="NAME",
        default="",
        help="what is evaluated on (default: test or evaluation, else the last split)",
    )
    create.add_argument(
        "--train-apart",
        action="store_true",
        help="train first epochs that arms have in common for each anew",
    )
    action("list", "list the experiments")
    for name, text in (
        ("run", "train and evaluate what is missing; continues where it stopped"),
        ("status", "show where its runs stand"),
        ("report", "compare the arms and write the one-page report"),
    ):
        one = action(name, text)
        one.add_argument("name", metavar="NAME", help="as 'aac-studio experiment list' shows it")
        if name == "run":
            add_device_option(one)
            add_metrics_option(one)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the action."""
    from core.experiments import list_experiments, load_experiment

    if options.action == "create":
        return _create(options)
    if options.action == "list":
        rows = [
            (one.name, ", ".join(arm.name for arm in one.arms), " ".join(map(str, one.seeds)))
            for one in list_experiments()
        ]
        print(table(("name", "arms", "seeds"), rows) if rows else "There are no experiments yet.")
        return 0
    experiment = load_experiment(options.name)
    if options.action == "run":
        return _run(experiment, options)
    if options.action == "status":
        _print_status(experiment)
        return 0
    return _report(experiment)


def _create(options: argparse.Namespace) -> int:
    from core.cli.train import setting_changes
    from core.config import replace_fields
    from core.experiments import Arm, arm_between, create_experiment, planned_runs
    from core.presets import load_preset

    changes = setting_changes(options.set)
    configs = {}
    for text in options.arms:
        name, equals, preset = text.partition("=")
        found = load_preset(preset if equals else text)
        config = replace_fields(found.config, changes) if changes else found.config
        name = name if equals else found.title
        if name in configs:
            raise ConfigError(f"Two arms are named '{name}'; name them with NAME=PRESET.")
        configs[name] = config
    base = next(iter(configs.values()))
    arms = [
        Arm(name) if config is base else arm_between(name, base, config)
        for name, config in configs.items()
    ]
    split = _split(options.split, base.data.dataset, base.data.root)
    experiment = create_experiment(
        options.title, base, arms, options.seeds, share_epochs=not options.train_apart, split=split
    )
    runs = planned_runs(experiment)
    shared = sum(run.branch_epoch for run in runs)
    print(f"{experiment.name}: {count_text(len(runs), 'run')}, evaluated on {split}")
    if shared:
        print(f"{count_text(shared, 'epoch')} trained once for several arms.")
    print(f"'aac-studio experiment run {experiment.name}' trains and evaluates them.")
    return 0


def _split(asked: str, dataset: str, root: str) -> str:
    from core.data.datasets import open_dataset

    splits = open_dataset(dataset, root or None).splits
    if asked:
        if asked not in splits:
            raise ConfigError(f"{dataset} has no split '{asked}'{choice_text(asked, splits)}")
        return asked
    for name in ("test", "evaluation"):
        if name in splits and name != splits[0]:
            return "evaluation" if "evaluation" in splits else name
    return splits[-1]


def _run(experiment: Experiment, options: argparse.Namespace) -> int:
    from core.cli.progress import ProgressBar
    from core.events import Evaluated, Noted, Progress, StepLogged, Warned, close_work
    from core.experiments import experiment_status, run_experiment

    events = run_experiment(experiment, metrics=chosen_metrics(options), device=options.device)
    with interruptible() as interrupt, ProgressBar() as bar:
        for event in events:
            if isinstance(event, Noted):
                bar.line(event.message)
            elif isinstance(event, Warned):
                bar.warn(event.message)
            elif isinstance(event, Progress):
                bar.move(event.phase, event.done, event.total, event.message)
            elif isinstance(event, StepLogged):
                bar.move("Training", event.step, None, f"loss {event.losses['total']:.3f}")
            elif isinstance(event, Evaluated):
                scores = {name: event.scores[name] for name in event.scores if name != "bleu_2"}
                shown = list(scores.items())[:3]
                bar.line("  " + "  ".join(f"{name} {figure(value)}" for name, value in shown))
            if interrupt:
                close_work(events)
                bar.line("Stopped; 'aac-studio experiment run' continues from here.")
                return INTERRUPTED
    done = experiment_status(experiment)
    if done.finished < len(done.cells):
        _print_status(experiment)
        return SOME_FAILED
    return _report(experiment)


def _print_status(experiment: Experiment) -> None:
    from core.experiments import experiment_status

    rows = [
        (
            cell.arm,
            str(cell.seed),
            cell.state,
            f"{cell.summary.epoch}/{cell.summary.epochs}" if cell.summary else "",
            cell.run.name if cell.run else "",
        )
        for cell in experiment_status(experiment).cells
    ]
    print(table(("arm", "seed", "state", "epochs", "run"), rows))


def _report(experiment: Experiment) -> int:
    from core.evaluation.registry import METRICS
    from core.experiments import analyse, write_report

    analysis = analyse(experiment)
    rows = [
        (
            METRICS[item.metric].title,
            item.arm,
            figure(item.mean, item.metric if item.sd is None else ""),
            "" if item.sd is None else f"{item.sd:.4f}",
            str(len(item.by_seed)),
        )
        for item in analysis.figures
    ]
    if rows:
        print(table(("metric", "arm", "mean", "sd", "seeds"), rows))
    for problem in analysis.problems:
        print(problem)
    for sentence in analysis.sentences:
        print(sentence)
    print(f"Report: {write_report(analysis)}")
    return 0
