"""Which runs are listed, ticked, selected and drawn: between collection, list and charts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.pages.train.colours import RunColours, group_title
from app.pages.train.run_items import RunRow
from app.pages.train.run_list import RunList
from app.runs.run_collection import RunCollection
from app.studio import Studio
from core.runs import RunFolder, RunSummary

if TYPE_CHECKING:
    from app.curves.curves_view import CurvesView

SHOWN_AT_FIRST = 4
_ATTACHED = "train/attached"
_SHOWN = "train/shown"


class RunBoard(QObject):
    """`changed` tells that another run is selected or that the list is another."""

    changed = Signal()

    def __init__(
        self, studio: Studio, runs: RunList, state: Callable[[str], str], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._studio, self._list, self._state = studio, runs, state
        self.collection = RunCollection(studio, self)
        self.colours = RunColours(studio.settings)
        self.curves: CurvesView | None = None
        self._kept = str(studio.settings.value(_SHOWN, ""))
        self._visible = set(_texts(self._kept))
        self._means: dict[str, str] = {}
        self._seen: set[str] = set()
        self._wanted = ""
        self._user_chose = bool(self._kept)
        runs.selected.connect(self._selected)
        runs.visibility_changed.connect(self._visibility_changed)
        self.collection.listed.connect(self.list_runs)
        for folder in self._attached():
            self.collection.add_folder(Path(folder))

    def draw_in(self, curves: CurvesView) -> None:
        """Hand what is shown to these charts from now on."""
        self.curves = curves
        curves.bar.averaged.toggled.connect(self._recolour)
        self.show_rows()
        self.show_curves()

    def bring(self, key: str) -> None:
        """Show a run's curves and select it as soon as it is listed."""
        self._visible.add(key)
        self._seen.add(key)
        self._wanted = key
        self.collection.add_folder(Path(key))
        # Its events are read while the list is still being made.
        self.watch()

    def attach(self, key: str) -> None:
        """Bring a run folder from anywhere, and list it in later sessions too."""
        kept = [folder for folder in self._attached() if folder != key]
        self._studio.settings.setValue(_ATTACHED, json.dumps([*kept, key]))
        self.bring(key)

    def forget(self, key: str) -> None:
        """Leave out a run whose folder is gone."""
        self.collection.forget(key)
        self._visible.discard(key)
        kept = [folder for folder in self._attached() if folder != key]
        self._studio.settings.setValue(_ATTACHED, json.dumps(kept))

    def list_runs(self) -> None:
        """List the runs that were found."""
        summaries = self.collection.summaries()
        if self.collection.settled:
            for key, summary in reversed(summaries.items()):
                self.colours.add(key, summary.config)
            self.colours.forget_others({*summaries, self._wanted})
            # What was shown in the last session may be no more.
            gone = self._visible - summaries.keys() - {self._wanted}
            self._visible -= gone
            self._user_chose = self._user_chose and (bool(self._visible) or not gone)
        if not self._user_chose:
            self._visible |= set(list(summaries)[:SHOWN_AT_FIRST])
            self._user_chose = self.collection.settled
        # Started elsewhere while we look on: show it.
        fresh = summaries.keys() - self._seen
        self._visible |= {key for key in fresh if self.collection.is_alive(key)}
        self._seen |= summaries.keys()
        self.show_rows()
        if self._wanted in summaries:
            self._list.select(self._wanted)
            self._wanted = ""
        elif not self._list.current() and summaries:
            alive = (key for key in summaries if self.collection.is_alive(key))
            self._list.select(next(alive, next(iter(summaries))))
        self.watch()
        self.changed.emit()

    def show_rows(self) -> None:
        """Bring the list up to date."""
        self.colours.separate(self._visible)
        averaged = self.curves is not None and self.curves.bar.averaged.isChecked()
        self._means = self.colours.of_means(self._visible) if averaged else {}
        self._remember()
        rows = [self._row(key, summary) for key, summary in self.collection.summaries().items()]
        self._list.show_rows(rows, self._visible)

    def watch(self) -> None:
        """Keep the histories of what is drawn or selected, and draw it."""
        current = self._list.current()
        self.collection.watch(self._visible | ({current} if current else set()))
        self.show_curves()

    def show_curves(self) -> None:
        """Hand the ticked runs to the charts."""
        if self.curves is None:
            return
        from app.curves.chart_pane import Shown

        shown: dict[str, Shown] = {}
        for key, summary in self.collection.summaries().items():
            history = self.collection.history(key)
            if key in self._visible and history is not None:
                config = summary.config
                shown[key] = Shown(
                    title=summary.title,
                    colour=self._colour(key),
                    dashed=bool(config and config.objectives),
                    history=history,
                    live=self.collection.is_alive(key),
                    group=self.colours.group(key),
                    group_title=group_title(summary),
                )
        self.curves.show_runs(shown)

    def choose_colour(self, key: str, colour: str) -> None:
        """Let a run have a colour of the user's choice, "" for its own."""
        self.colours.choose(key, colour)
        self._recolour()

    def _recolour(self) -> None:
        self.show_rows()
        self.show_curves()

    def _colour(self, key: str) -> str:
        return self._means.get(key) or self.colours.colour(key)

    def _row(self, key: str, summary: RunSummary) -> RunRow:
        history = self.collection.history(key) if self.collection.is_loaded(key) else None
        best = history.best if history else None
        config = summary.config
        return RunRow(
            key=key,
            title=summary.title,
            colour=self._colour(key),
            contrast=bool(config and config.objectives),
            state=self._state(key),
            epoch=history.epoch if history else summary.epoch,
            epochs=(history.epochs if history else 0) or summary.epochs,
            best=best.value if best else summary.best,
            monitor=best.monitor if best else summary.monitor,
            started=summary.started or _made_at(summary.run),
            problem=summary.problem,
            group=config.experiment if config else "",
            group_title=self.collection.experiment(key),
        )

    def _visibility_changed(self) -> None:
        # What is not listed yet can have been neither ticked nor unticked.
        self._visible = self._list.visible() | (self._visible - self.collection.summaries().keys())
        self._user_chose = True
        self.show_rows()
        self.watch()

    def _selected(self, _key: str) -> None:
        self.watch()
        self.changed.emit()

    def _remember(self) -> None:
        """Keep what is shown for the next session."""
        shown = json.dumps(sorted(self._visible))
        if shown != self._kept and self.collection.settled and self.collection.summaries():
            self._kept = shown
            self._studio.settings.setValue(_SHOWN, shown)

    def _attached(self) -> list[str]:
        return _texts(str(self._studio.settings.value(_ATTACHED, "[]")))


def _texts(kept: str) -> list[str]:
    """Return a list of texts that was kept as JSON; none where it cannot be read."""
    try:
        found = json.loads(kept)
    except ValueError:
        return []
    return [str(item) for item in found] if isinstance(found, list) else []


def _made_at(run: RunFolder) -> float:
    try:
        return run.config_file.stat().st_mtime
    except OSError:
        return 0.0
