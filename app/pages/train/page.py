"""The Train page: configure, start, watch, stop, resume."""

from __future__ import annotations

import importlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QHideEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from app.pages.train.choice_feed import ChoiceFeed
from app.pages.train.colours import named
from app.pages.train.device_watch import DeviceWatch
from app.pages.train.layout import TrainLayout
from app.pages.train.preflight import Preflight
from app.pages.train.queue_controller import QueueController
from app.pages.train.queue_pane import QueuePane
from app.pages.train.run_actions import RunActions
from app.pages.train.run_board import RunBoard
from app.pages.train.run_menu import RunMenu
from app.pages.train.run_status import RESUMABLE, run_status, state_of
from app.pages.train.sessions import Sessions
from app.pages.train.setup_memory import load_setup, save_setup
from app.studio import Studio
from core.config import RunConfig
from core.errors import StudioError
from core.runs import RunFolder, open_run
from core.runs.transfer import delete_run

if TYPE_CHECKING:
    from app.curves.curves_view import CurvesView
    from app.pages.train.space_view import SpaceView

REDRAW_MS = 100
QUEUE_MS = 2000


class TrainPage(TrainLayout):
    """What the panes say to each other. Runs are named by the path of their folder."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.studio = studio
        self.curves: CurvesView | None = None
        self.space: SpaceView | None = None
        self.sessions = Sessions(studio, self)
        self.board = RunBoard(studio, self.runs, self.state, self)
        self.collection, self.colours = self.board.collection, self.board.colours
        self.preflight = Preflight(studio, self.setup, self.collection, self)
        self.queue = QueuePane(studio, self.sessions)
        self.tabs.addTab(self.queue, "Queue")
        self.controller = QueueController(self)
        self.choices = ChoiceFeed(studio, self.setup, self)
        self.choices.known.connect(self.preflight.ask)
        self.choices.failed.connect(self.show_failure)
        self.actions_ = RunActions(self)
        self.menu = RunMenu(self, self.actions_)
        self._dirty = True
        self._painted = False
        self._timer = QTimer(self)
        self._timer.setInterval(REDRAW_MS)
        self._timer.timeout.connect(self._redraw)
        self._queue_timer = QTimer(self)
        self._queue_timer.setInterval(QUEUE_MS)
        self._queue_timer.timeout.connect(self.queue.look)
        self._device = DeviceWatch(studio, self._device_in_use, self)
        self._device.changed.connect(self._mark_dirty)
        self._connect()
        config, preset = load_setup()
        if config is not None:
            found = self.setup.presets.select(preset)
            self.setup.set_config(config, found.config if found else None)
        self.controller.tell_what_waits()

    # What the user does

    def start(self, config: RunConfig) -> None:
        """Train a new run, after the one that trains now, if any."""
        if self.sessions.start(named(config, self.setup.presets.current())):
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
        self.board.bring(str(run.path))
        self.board.list_runs()

    def attach(self, path: str) -> None:
        """Show a run folder from anywhere, in this session and the next ones."""
        try:
            run = open_run(Path(path))
        except StudioError as error:
            self.banner.show_message(str(error))
            return
        self.board.attach(str(run.path))
        self.board.list_runs()

    def state(self, key: str) -> str:
        """Return the state of a run: that of its job here, else that of its folder."""
        session = self.sessions.live(key)
        if session is not None:
            return session.job.state
        history = self.collection.history(key)
        return state_of(history, self.collection.summary(key), self.collection.is_alive(key))

    def can_resume(self, key: str) -> bool:
        """Say whether a run can be gone on with."""
        return self.state(key) in (*RESUMABLE, "paused")

    def use_settings(self, key: str) -> None:
        """Fill the set-up pane with a run's settings."""
        try:
            config = RunFolder(Path(key)).config()
        except StudioError as error:
            self.banner.show_message(str(error))
            return
        training = config.training.model_copy(update={"branch_from": "", "keep_states": ()})
        self.show_settings(config.model_copy(update={"training": training}))

    def show_settings(self, config: RunConfig) -> None:
        """Fill the set-up pane; marks compare with the preset that the settings name."""
        config = config.model_copy(update={"experiment": "", "arm": ""})
        preset = self.setup.presets.select(config.preset)
        self.setup.set_config(config, preset.config if preset else None)

    def delete_run(self, key: str) -> None:
        """Move a run that nobody writes to the bin."""
        run = RunFolder(Path(key))
        self.studio.jobs.run_quick(
            lambda: delete_run(run), partial(self._deleted, key), self.show_failure, self
        )

    def rename_run(self, key: str, title: str) -> None:
        """Give a run another title."""
        try:
            RunFolder(Path(key)).rename(title.strip())
        except OSError as error:
            self.banner.show_message(f"{key} could not be renamed ({error}).")
            return
        self.studio.runs_changed.emit()

    def show_failure(self, sentence: str, details: str) -> None:
        """Say in the page what went wrong."""
        self.banner.show_message(sentence, "danger", details)

    # Being shown and hidden

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the runs."""
        super().showEvent(event)
        self._timer.start()
        self._queue_timer.start()
        self._device.start()
        self.collection.set_active(True)
        if self._painted:
            self.choices.ask()

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
        self._queue_timer.stop()
        self._device.stop()
        self.collection.set_active(False)

    def _after_first_paint(self) -> None:
        self.curves = importlib.import_module("app.curves.curves_view").CurvesView(self.studio)
        self.plot_place.addWidget(self.curves)
        self.board.draw_in(self.curves)
        self.order_focus(self.curves.bar.focus_order())
        self.space = importlib.import_module("app.pages.train.space_view").SpaceView(self.studio)
        self.tabs.insertTab(1, self.space, "Caption space")
        self.tabs.currentChanged.connect(self._mark_dirty)
        self.choices.ask()

    # Who hears whom

    def _connect(self) -> None:
        self.setup.start_requested.connect(self.start)
        self.setup.experiment.clicked.connect(self.controller.open_experiment)
        self.setup.copy_command.clicked.connect(self.actions_.copy_command)
        self.empty.clicked.connect(self.setup.request_start)
        self.state_line.pause_clicked.connect(self.actions_.pause)
        self.state_line.resume_clicked.connect(self.actions_.resume)
        self.state_line.stop_clicked.connect(self.actions_.stop)
        self.state_line.discard_clicked.connect(self.actions_.actions["discard"].trigger)
        self.state_line.more_menu.aboutToShow.connect(self._fill_more)
        self.state_line.warnings_clicked.connect(partial(self.tabs.setCurrentWidget, self.log))
        self.attach_button.clicked.connect(self.actions_.attach)
        self.sessions.launched.connect(self._launched)
        self.sessions.changed.connect(self._session_changed)
        self.sessions.ended.connect(self._session_ended)
        self.sessions.discarded.connect(self.delete_run)
        self.sessions.failed.connect(self.show_failure)
        self.sessions.warned.connect(lambda text: self.banner.show_message(text, "warning"))
        self.controller.counted.connect(self._show_stack)
        self.runs.menu_wanted.connect(self._show_menu)
        self.board.changed.connect(self._listed)
        self.collection.updated.connect(self._mark_dirty)
        self.studio.runs_changed.connect(partial(self.collection.scan, True))
        self.studio.show_run.connect(self.show_run)
        self.studio.theme.changed.connect(self._recolour)

    def _launched(self, key: str) -> None:
        self.banner.dismiss()
        self.board.bring(key)
        self.studio.runs_changed.emit()
        self._session_changed(key)

    def _session_changed(self, _key: str) -> None:
        self.setup.set_queueing(bool(self.sessions.busy_key()))
        self._dirty = True

    def _session_ended(self, key: str) -> None:
        if not Path(key).exists():
            self.board.forget(key)
        self._session_changed(key)
        self.studio.runs_changed.emit()
        self.studio.checkpoints_changed.emit()

    def _deleted(self, key: str, _nothing: Any) -> None:
        self.board.forget(key)
        self.studio.runs_changed.emit()
        self.studio.checkpoints_changed.emit()
        self.studio.message.emit(f"Moved {Path(key).name} to the bin.")

    def _show_stack(self) -> None:
        self.stack.setCurrentIndex(
            1 if self.collection.summaries() or self.controller.waiting else 0
        )

    def _listed(self) -> None:
        self._show_stack()
        self.actions_.update(self.runs.current())
        self._dirty = True

    def _mark_dirty(self, *_: object) -> None:
        self._dirty = True

    def _recolour(self) -> None:
        self.runs.recolour()
        self._dirty = True

    def _show_menu(self, key: str, place: QPoint) -> None:
        self.runs.select(key)
        self.menu.open(key, place)

    def _fill_more(self) -> None:
        self.menu.fill(self.state_line.more_menu, self.runs.current())

    def _device_in_use(self) -> str:
        """Return the device of the run that trains here, "" where none does."""
        key = self.sessions.busy_key()
        history = self.collection.history(key) if key else None
        return history.started.device if history and history.started else ""

    def _redraw(self) -> None:
        """Bring everything up to date, at most ten times a second and only when needed."""
        if not self._dirty:
            return
        self._dirty = False
        self.board.show_curves()
        if self.curves is not None:
            self.curves.refresh()
        self.board.show_rows()
        key = self.runs.current()
        history = self.collection.history(key) if key else None
        summary = self.collection.summary(key)
        session, alive = self.sessions.live(key), self.collection.is_alive(key)
        self.state_line.show_status(
            run_status(session, history, summary, alive, self._device.load if session else "")
        )
        self.actions_.update(key)
        self.previews.show_history(history, summary.config if summary else None)
        self.log.show_history(history)
        if self.space is not None:
            self.space.show_history(history)
