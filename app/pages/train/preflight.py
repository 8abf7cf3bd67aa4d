"""What can be told of a run before it starts: what stands in its way, and how long it takes.

Both need files, so they are found out in a worker thread a moment after the form was changed.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.pages.train.duration_forecast import Measured, forecast, measure
from app.pages.train.setup_check import DataFacts
from app.pages.train.setup_pane import SetupPane
from app.studio import Studio
from core.config import RunConfig
from core.errors import StudioError
from core.runs import RunFolder

if TYPE_CHECKING:
    from app.runs.run_collection import RunCollection

WAIT_MS = 400
_MOST_RUNS = 6

# What the form finds out by itself, as soon as a setting changes.
_SEEN_BY_FORM = ("data.dataset", "objectives")

Place = tuple[str, str]
_Found = tuple[DataFacts, dict[str, Measured], str, dict[str, str]]


class Preflight(QObject):
    """Looks ahead for a set-up pane and tells it what it finds."""

    def __init__(
        self, studio: Studio, setup: SetupPane, collection: RunCollection, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._studio, self._setup, self._collection = studio, setup, collection
        self._facts: dict[Place, DataFacts] = {}
        self._measured: dict[str, Measured] = {}
        self._asked: RunConfig | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MS)
        self._timer.timeout.connect(self.ask)
        setup.changed.connect(self._timer.start)
        studio.datasets_changed.connect(self._ask_again)
        studio.checkpoints_changed.connect(self._ask_again)

    def ask(self) -> None:
        """Look ahead for the present settings."""
        place = self._setup.data_place()
        config = self._setup.config
        if place in self._facts:
            self._setup.set_facts(place, self._facts[place])
        if place in self._facts and (config is None or config == self._asked):
            return
        self._asked = config
        runs = [
            summary.run
            for summary in self._collection.summaries().values()
            if summary.config is not None and summary.epoch > 0
        ][:_MOST_RUNS]
        work = partial(_look, place, config, self._facts.get(place), runs, dict(self._measured))
        self._studio.jobs.run_quick(work, partial(self._found, place), lambda *_: None, self)

    def _ask_again(self) -> None:
        self._asked = None
        self._timer.start()

    def _found(self, place: Place, result: _Found) -> None:
        facts, self._measured, text, problems = result
        self._facts[place] = facts
        self._setup.set_facts(place, facts)
        if self._asked is not None and self._setup.config == self._asked:
            self._setup.set_forecast(text)
            self._setup.set_obstacles(self._asked, problems)


def _look(
    place: Place,
    config: RunConfig | None,
    facts: DataFacts | None,
    runs: list[RunFolder],
    measured: dict[str, Measured],
) -> _Found:
    """Open the dataset and the checkpoint, see how fast earlier runs were. For worker threads."""
    facts = facts or data_facts(*place)
    for run in runs:
        key = str(run.path)
        if key not in measured and (found := measure(run)) is not None:
            measured[key] = found
    text = ""
    if config is not None and facts.clips:
        latest = [measured[str(run.path)] for run in runs if str(run.path) in measured]
        text = forecast(config, facts.clips, facts.validation_clips, latest)
    return facts, measured, text, {} if config is None else obstacles(config)


def obstacles(config: RunConfig) -> dict[str, str]:
    """Say what would keep a run from starting that only its files tell, by the setting at fault."""
    from core.models.run_checks import check_run

    return {
        problem.field: problem.sentence
        for problem in check_run(config)
        if not problem.field.startswith(_SEEN_BY_FORM)
    }


def data_facts(name: str, root: str) -> DataFacts:
    """Count clips and captions of a dataset; all zero where it cannot be opened."""
    from core.data.datasets import open_dataset

    try:
        dataset = open_dataset(name, Path(root).expanduser() if root else None)
        train = dataset.clips(dataset.splits[0])
        checked = dataset.clips(dataset.splits[1]) if len(dataset.splits) > 1 else ()
    except (StudioError, OSError):
        return DataFacts()
    captions = max((len(set(clip.captions)) for clip in train), default=0)
    return DataFacts(len(train), len(checked), captions)
