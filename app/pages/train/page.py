"""The Train page: configure, start, watch, stop, resume."""

from __future__ import annotations

import importlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QHideEvent, QKeySequence, QPaintEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QWidget

from app.dataset_roots import dataset_root
from app.pages.train.choices import Choices, data_choices, device_choices
from app.pages.train.colours import RunColours, group_title
from app.pages.train.layout import TrainLayout
from app.pages.train.run_list import RunRow
from app.pages.train.run_menu import RunMenu
from app.pages.train.sessions import Sessions
from app.pages.train.setup_memory import load_setup, save_setup
from app.pages.train.shelf import RunShelf
from app.pages.train.standing import RESUMABLE, standing_of, state_of
from app.studio import Studio
from core.config import RunConfig
from core.errors import StudioError
from core.runs import RunFolder, RunSummary, open_run
from core.runs.transfer import delete_run

if TYPE_CHECKING:
    from app.pages.train.curves_view import CurvesView
    from app.pages.train.space_view import SpaceView

REDRAW_MS = 100
SHOWN_AT_FIRST = 4


class TrainPage(TrainLayout):
    """What the panes say to each other. Runs are named by the path of their folder."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.studio = studio
        self.curves: CurvesView | None = None
        self.space: SpaceView | None = None
        self.sessions = Sessions(studio, self)
        self.shelf = RunShelf(studio, self)
        self.colours = RunColours(studio.settings)
        self.menu = RunMenu(self)
        self._visible: set[str] = set()
        self._seen: set[str] = set()
        self._wanted = ""
        self._dirty = True
        self._user_chose = False
        self._painted = False
        self._timer = QTimer(self)
        self._timer.setInterval(REDRAW_MS)
        self._timer.timeout.connect(self._redraw)
        self._connect()
        config, preset = load_setup()
        if config is not None:
            found = self.setup.presets.select(preset)
            self.setup.set_config(config, found.config if found else None)

    # What the user does

    def start(self, config: RunConfig) -> None:
        """Train a new run, after the one that trains now, if any."""
        if self.sessions.start(config):
            try:
                save_setup(config, self.setup.presets.current_name())
            except OSError as error:
                self.studio.message.emit(f"The settings could not be remembered ({error}).")

    def show_run(self, path: str) -> None:
        """Select a run by its folder and show its curves."""
        try:
            run = open_run(Path(path))
        except StudioError as error:
            self.banner.show_message(str(error))
            return
        self._bring(str(run.path))
        self._listed()

    def state(self, key: str) -> str:
        """Return the state of a run: that of its job here, else that of its folder."""
        session = self.sessions.live(key)
        if session is not None:
            return session.job.state
        history = self.shelf.history(key)
        return state_of(history, self.shelf.summaries().get(key), self.shelf.is_alive(key))

    def can_resume(self, key: str) -> bool:
        """Say whether a run can be gone on with."""
        return self.state(key) in (*RESUMABLE, "paused")

    def use_settings(self, key: str) -> None:
        """Fill the set-up pane with a run's settings."""
        try:
            config = RunFolder(Path(key)).config()
            config = config.model_copy(update={"experiment": "", "arm": ""})
        except StudioError as error:
            self.banner.show_message(str(error))
            return
        preset = self.setup.presets.select(config.preset)
        self.setup.set_config(config, preset.config if preset else None)

    def delete_run(self, key: str) -> None:
        """Move a run that nobody writes to the bin."""
        run = RunFolder(Path(key))
        self.studio.jobs.run_quick(
            lambda: delete_run(run), partial(self._deleted, key), self._failed, self
        )

    def rename_run(self, key: str, title: str) -> None:
        """Give a run another title."""
        try:
            RunFolder(Path(key)).rename(title.strip())
        except OSError as error:
            self.banner.show_message(f"{key} could not be renamed ({error}).")
            return
        self.studio.runs_changed.emit()

    # Being shown and hidden

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the runs."""
        super().showEvent(event)
        self._timer.start()
        self.shelf.set_active(True)
        if self._painted:
            self._ask_choices()

    def paintEvent(self, event: QPaintEvent) -> None:
        """After the first time, load what the first picture did not need."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self._after_first_paint)

    def hideEvent(self, event: QHideEvent) -> None:
        """Draw nothing while hidden."""
        super().hideEvent(event)
        self._timer.stop()
        self.shelf.set_active(False)

    def _after_first_paint(self) -> None:
        self.curves = importlib.import_module("app.pages.train.curves_view").CurvesView(self.studio)
        self.plot_place.addWidget(self.curves)
        self.space = importlib.import_module("app.pages.train.space_view").SpaceView(self.studio)
        self.tabs.insertTab(1, self.space, "Caption space")
        self.tabs.currentChanged.connect(self._mark_dirty)
        self._show_curves()
        self._ask_choices()
        self.studio.engine_ready.connect(self._ask_devices)
        self.studio.datasets_changed.connect(self._ask_choices)

    def _ask_choices(self) -> None:
        # The datasets' module needs numpy, which is there by now but not when the window opens.
        names = importlib.import_module("core.data.datasets").dataset_names()
        roots = {name: dataset_root(self.studio.settings, name) for name in names}
        self.setup.set_dataset_roots(roots)
        ask = partial(data_choices, roots)
        self.studio.jobs.run_quick(ask, self._choices_known, self._failed, self)

    def _ask_devices(self) -> None:
        self.studio.jobs.run_quick(device_choices, self._choices_known, self._failed, self)

    def _choices_known(self, choices: Choices) -> None:
        for path, entries in choices.items():
            self.setup.set_choices(path, entries)

    # Who hears whom

    def _connect(self) -> None:
        self.setup.start_requested.connect(self.start)
        self.empty.clicked.connect(self.setup.request_start)
        for signal, slot in (
            (self.state_line.pause_clicked, self.sessions.pause),
            (self.state_line.resume_clicked, self.sessions.resume),
            (self.state_line.stop_clicked, self.sessions.stop),
            (self.state_line.discard_clicked, lambda key: self.sessions.stop(key, True)),
        ):
            signal.connect(lambda act=slot: act(self.runs.current()))
        self.sessions.launched.connect(self._launched)
        self.sessions.changed.connect(self._session_changed)
        self.sessions.ended.connect(self._session_ended)
        self.sessions.discarded.connect(self.delete_run)
        self.sessions.failed.connect(self._failed)
        self.sessions.warned.connect(lambda text: self.banner.show_message(text, "warning"))
        self.runs.selected.connect(self._selected)
        self.runs.visibility_changed.connect(self._visibility_changed)
        self.runs.menu_wanted.connect(self._show_menu)
        self.shelf.listed.connect(self._listed)
        self.shelf.updated.connect(self._mark_dirty)
        self.studio.runs_changed.connect(partial(self.shelf.scan, True))
        self.studio.show_run.connect(self.show_run)
        self.studio.theme.changed.connect(self._recolour)
        for keys, act in (
            ("Ctrl+Return", self.setup.request_start),
            ("Ctrl+P", self.sessions.toggle_pause),
            ("Ctrl+.", lambda: self.sessions.stop(self.sessions.busy_key())),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    def _launched(self, key: str) -> None:
        self.banner.dismiss()
        self._bring(key)
        self.studio.runs_changed.emit()
        self._session_changed(key)

    def _session_changed(self, _key: str) -> None:
        self.setup.set_queueing(bool(self.sessions.busy_key()))
        self._dirty = True

    def _session_ended(self, key: str) -> None:
        if not Path(key).exists():
            self.shelf.forget(key)
        self._session_changed(key)
        self.studio.runs_changed.emit()
        self.studio.checkpoints_changed.emit()

    def _failed(self, sentence: str, details: str) -> None:
        self.banner.show_message(sentence, "danger", details)

    def _deleted(self, key: str, _nothing: Any) -> None:
        self.shelf.forget(key)
        self._visible.discard(key)
        self.studio.runs_changed.emit()
        self.studio.checkpoints_changed.emit()
        self.studio.message.emit(f"Moved {Path(key).name} to the bin.")

    # The list and what is selected

    def _bring(self, key: str) -> None:
        """Show a run's curves and select it as soon as it is listed."""
        self._visible.add(key)
        self._seen.add(key)
        self._wanted = key
        self.shelf.add_folder(Path(key))
        # Its events are read while the list is still being made.
        self._watch()

    def _listed(self) -> None:
        summaries = self.shelf.summaries()
        if self.shelf.settled:
            for key, summary in reversed(summaries.items()):
                self.colours.add(key, summary.config)
        if not self._user_chose:
            self._visible |= set(list(summaries)[:SHOWN_AT_FIRST])
            self._user_chose = self.shelf.settled
        # Started elsewhere while we look on: show it.
        fresh = summaries.keys() - self._seen
        self._visible |= {key for key in fresh if self.shelf.is_alive(key)}
        self._seen |= summaries.keys()
        self._visible &= summaries.keys() | {self._wanted}
        self.stack.setCurrentIndex(1 if summaries else 0)
        self._show_rows()
        if self._wanted in summaries:
            self.runs.select(self._wanted)
            self._wanted = ""
        elif not self.runs.current() and summaries:
            self.runs.select(next(iter(summaries)))
        self._watch()
        self._dirty = True

    def _show_rows(self) -> None:
        self.colours.separate(self._visible)
        rows = [self._row(key, summary) for key, summary in self.shelf.summaries().items()]
        self.runs.show_rows(rows, self._visible)

    def _row(self, key: str, summary: RunSummary) -> RunRow:
        history = self.shelf.history(key) if self.shelf.is_loaded(key) else None
        best = history.best if history else None
        state = self.state(key)
        return RunRow(
            key=key,
            title=summary.title,
            colour=self.colours.colour(key),
            contrast=bool(summary.config and summary.config.objectives),
            state="running" if state == "elsewhere" else state,
            epoch=history.epoch if history else summary.epoch,
            epochs=(history.epochs if history else 0) or summary.epochs,
            best=best.value if best else summary.best,
            monitor=best.monitor if best else summary.monitor,
            started=summary.started or _made_at(summary.run),
            problem=summary.problem,
        )

    def _watch(self) -> None:
        current = self.runs.current()
        self.shelf.watch(self._visible | ({current} if current else set()))
        self._show_curves()

    def _show_curves(self) -> None:
        if self.curves is None:
            return
        from app.pages.train.chart_pane import Shown

        shown: dict[str, Shown] = {}
        for key, summary in self.shelf.summaries().items():
            history = self.shelf.history(key)
            if key in self._visible and history is not None:
                config = summary.config
                shown[key] = Shown(
                    title=summary.title,
                    colour=self.colours.colour(key),
                    dashed=bool(config and config.objectives),
                    history=history,
                    live=self.shelf.is_alive(key),
                    group=self.colours.group(key),
                    group_title=group_title(summary),
                )
        self.curves.show_runs(shown)

    def _visibility_changed(self) -> None:
        self._visible = self.runs.visible()
        self._user_chose = True
        self._show_rows()
        self._watch()

    def _selected(self, _key: str) -> None:
        self._watch()
        self._dirty = True

    def _mark_dirty(self, *_: object) -> None:
        self._dirty = True

    def _recolour(self) -> None:
        self.runs.recolour()
        self._dirty = True

    def _show_menu(self, key: str, place: QPoint) -> None:
        self.menu.open(key, place)

    def _redraw(self) -> None:
        """Bring everything up to date, at most ten times a second and only when needed."""
        if not self._dirty:
            return
        self._dirty = False
        self._show_curves()
        if self.curves is not None:
            self.curves.refresh()
        self._show_rows()
        key = self.runs.current()
        history = self.shelf.history(key) if key else None
        summary = self.shelf.summaries().get(key)
        title = summary.title if summary else ""
        session, alive = self.sessions.live(key), self.shelf.is_alive(key)
        self.state_line.show_standing(standing_of(title, session, history, summary, alive))
        self.previews.show_history(history)
        self.log.show_history(history)
        if self.space is not None:
            self.space.show_history(history)


def _made_at(run: RunFolder) -> float:
    try:
        return run.config_file.stat().st_mtime
    except OSError:
        return 0.0
