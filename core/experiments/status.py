"""Where an experiment stands, read from the run folders that name it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core import paths
from core.experiments.plan import Experiment
from core.files import read_json
from core.runs import RunFolder, RunSummary, summarize

_ORDER = ("finished", "running", "stopped", "interrupted", "failed", "not started", "unreadable")


@dataclass(frozen=True, slots=True)
class ArmRun:
    """One cell of arms x seeds: the run of it, if there is one, and its state in a word.

    `state` is "missing" where nothing was started, else that of `core.runs.summarize`.
    """

    arm: str
    seed: int
    state: str = "missing"
    run: RunFolder | None = None
    summary: RunSummary | None = None


@dataclass(frozen=True, slots=True)
class ExperimentStatus:
    """All cells, arm by arm in the order of the experiment, seed by seed."""

    experiment: Experiment
    cells: tuple[ArmRun, ...]

    def cell(self, arm: str, seed: int) -> ArmRun:
        """Return one cell. Raises `KeyError` when the experiment has no such."""
        for cell in self.cells:
            if (cell.arm, cell.seed) == (arm, seed):
                return cell
        raise KeyError((arm, seed))

    @property
    def finished(self) -> int:
        """Number of runs that were trained to the end."""
        return sum(cell.state == "finished" for cell in self.cells)


def experiment_status(experiment: Experiment) -> ExperimentStatus:
    """Look through the run folders. Where a cell has several runs, the furthest counts."""
    found: dict[tuple[str, int], list[RunSummary]] = {}
    for name, number, run in experiment_runs(experiment.name):
        found.setdefault((name, number), []).append(summarize(run))
    cells = []
    for arm in experiment.arms:
        for seed in experiment.seeds:
            runs = found.get((arm.name, seed), [])
            # Stable: of equals the newest, which stands first.
            best = min(runs, key=lambda one: _rank(one.state), default=None)
            if best is None:
                cells.append(ArmRun(arm.name, seed))
            else:
                cells.append(ArmRun(arm.name, seed, best.state, best.run, best))
    return ExperimentStatus(experiment, tuple(cells))


def experiment_runs(name: str) -> Iterator[tuple[str, int, RunFolder]]:
    """Yield (arm, seed, run) of the runs that belong to an experiment, the newest first."""
    folders = (item for item in paths.runs_dir().iterdir() if item.is_dir())
    for folder in sorted(folders, reverse=True):
        belongs = _belongs(folder)
        if belongs is not None and belongs[0] == name:
            yield belongs[1], belongs[2], RunFolder(folder)


def _belongs(folder: Path) -> tuple[str, str, int] | None:
    """Read (experiment, arm, seed) without checking the rest of the configuration."""
    try:
        content = read_json(folder / "config.json")
        if not content.get("experiment"):
            return None
        return str(content["experiment"]), str(content["arm"]), int(content["seed"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _rank(state: str) -> int:
    return _ORDER.index(state) if state in _ORDER else len(_ORDER)
