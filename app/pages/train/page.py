"""The Train page: configure, start, watch, stop, resume."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeySequence, QPaintEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.jobs import Job
from app.pages.train.colours import RunColours
from app.pages.train.previews import LogPane, PreviewPane
from app.pages.train.run_list import RunList, RunRow
from app.pages.train.run_menu import RunMenu
from app.pages.train.session import Session
from app.pages.train.setup_memory import load_setup, save_setup
from app.pages.train.setup_pane import SetupPane
from app.pages.train.shelf import RunShelf
from app.pages.train.standing import RESUMABLE, standing_of, state_of
from app.pages.train.state_line import StateLine
from app.studio import Studio
from app.widgets.banner import Banner
from app.widgets.empty_state import EmptyState
from core.config import RunConfig
from core.errors import StudioError
from core.events import Event, Warned
from core.runs import RunFolder, RunSummary, create_run, open_run
from core.runs.transfer import delete_run

if TYPE_CHECKING:
    from app.pages.train.curves_view import CurvesView

REDRAW_MS = 100
SHOWN_AT_FIRST = 4


class TrainPage(QWidget):
    """Set-up on the left; state, curves, runs and previews on the right."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.curves: CurvesView | None = None
        self.sessions: dict[str, Session] = {}
        self._visible: set[str] = set()
        self._seen: set[str] = set()
        self._wanted = ""
        self._dirty = True
        self._chosen = False
        self._painted = False
        self.colours = RunColours()
        self.shelf = RunShelf(studio, self)
        self.setup = SetupPane(studio)
        self.state_line = StateLine(studio)
        self.banner = Banner(studio.theme)
        self.runs = RunList(studio)
        self.previews = PreviewPane(studio)
        self.log = LogPane()
        self.menu = RunMenu(self)
        self._lay_out()
        self._connect()
        self._timer = QTimer(self)
        self._timer.setInterval(REDRAW_MS)
        self._timer.timeout.connect(self._redraw)
        config, preset = load_setup()
        if config is not None:
            found = self.setup.presets.select(preset)
            self.setup.set_config(config, found.config if found else None)

    # What the user does

    def start(self, config: RunConfig) -> None:
        """Make a run folder and train in it, after the run that trains now, if any."""
        try:
            run = create_run(config)
            save_setup(config, self.setup.presets.current_name())
        except (StudioError, OSError) as error:
            self.banner.show_message(f"The run could not be made: {error}")
            return
        self._launch(run, partial(_train, config, run))

    def resume_run(self, key: str) -> None:
        """Go on with a stopped, interrupted or failed run, or with a paused job."""
        session = self._live(key)
        if session is not None:
            session.job.resume()
            return
        try:
            run = open_run(Path(key))
        except StudioError as error:
            self.banner.show_message(str(error))
            return
        self._launch(run, partial(_resume, run))

    def stop_run(self, key: str, discard: bool = False) -> None:
        """Stop a run of this window; `discard` then moves its folder to the bin."""
        session = self._live(key)
        if session is not None:
            session.discard = discard
            session.job.stop()

    def pause_run(self, key: str) -> None:
        """Pause a run of this window."""
        session = self._live(key)
        if session is not None:
            session.job.pause()

    def show_run(self, path: str) -> None:
        """Select a run by its folder and show its curves."""
        try:
            run = open_run(Path(path))
        except StudioError as error:
            self.banner.show_message(str(error))
            return
        key = str(run.path)
        self._visible.add(key)
        self._seen.add(key)
        self._wanted = key
        self.shelf.add_folder(run.path)
        self._listed()

    def state(self, key: str) -> str:
        """Return the state of a run: that of its job here, else that of its folder."""
        session = self._live(key)
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
        self.shelf.scan(afresh=True)
        self.studio.runs_changed.emit()

    # Showing

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the runs."""
        super().showEvent(event)
        self._timer.start()
        self.shelf.set_active(True)

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
        module = importlib.import_module("app.pages.train.curves_view")
        self.curves = module.CurvesView(self.studio)
        self._plot_place.layout().addWidget(self.curves)  # type: ignore[union-attr]
        self._show_curves()
        self.studio.jobs.run_quick(_data_choices, self._choices_known, self._failed, self)
        self.studio.engine_ready.connect(self._ask_devices)

    def _choices_known(self, choices: dict[str, list[tuple[str, str, str]]]) -> None:
        for path, entries in choices.items():
            self.setup.set_choices(path, entries)

    def _ask_devices(self) -> None:
        self.studio.jobs.run_quick(_device_choices, self._choices_known, self._failed, self)

    def _lay_out(self) -> None:
        self._plot_place = QWidget()
        place = QVBoxLayout(self._plot_place)
        place.setContentsMargins(0, 0, 0, 0)
        runs = QWidget()
        runs.setProperty("role", "panel")
        runs.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        heading = QLabel("Runs")
        heading.setProperty("role", "section")
        head = QHBoxLayout()
        head.setContentsMargins(12, 6, 12, 6)
        head.addWidget(heading)
        head.addStretch()
        head.addWidget(self.runs.filter)
        self.runs.filter.setFixedWidth(150)
        column = QVBoxLayout(runs)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.runs, 1)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.previews, "Previews")
        self.tabs.addTab(self.log, "Log")
        lower = QSplitter(Qt.Orientation.Horizontal)
        lower.addWidget(runs)
        panel = QWidget()
        panel.setProperty("role", "panel")
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(panel)
        column.setContentsMargins(0, 2, 0, 0)
        column.addWidget(self.tabs)
        lower.addWidget(panel)
        lower.setChildrenCollapsible(False)
        right = QSplitter(Qt.Orientation.Vertical)
        right.addWidget(self._plot_place)
        right.addWidget(lower)
        right.setChildrenCollapsible(False)
        right.setStretchFactor(0, 1)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.state_line)
        column.addWidget(right, 1)
        self.empty = EmptyState(
            self.studio.theme,
            "chart-line",
            "No run yet",
            "Train a captioning model and watch it learn. The starter presets need no download "
            "and take minutes on a processor; press Start when the settings on the left suit you.",
            "Start",
        )
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(content)
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(self.stack, 1)
        whole = QSplitter(Qt.Orientation.Horizontal)
        whole.addWidget(self.setup)
        whole.addWidget(side)
        whole.setChildrenCollapsible(False)
        whole.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(whole)
        self.studio.remember_splitter(whole, "train/main", [336, 944])
        self.studio.remember_splitter(right, "train/right", [400, 230])
        self.studio.remember_splitter(lower, "train/lower", [560, 320])

    def _connect(self) -> None:
        self.setup.start_requested.connect(self.start)
        self.empty.clicked.connect(self.setup.request_start)
        self.state_line.pause_clicked.connect(lambda: self.pause_run(self.runs.current()))
        self.state_line.resume_clicked.connect(lambda: self.resume_run(self.runs.current()))
        self.state_line.stop_clicked.connect(lambda: self.stop_run(self.runs.current()))
        self.state_line.discard_clicked.connect(lambda: self.stop_run(self.runs.current(), True))
        self.runs.selected.connect(self._selected)
        self.runs.visibility_changed.connect(self._visibility_changed)
        self.runs.menu_wanted.connect(self._show_menu)
        self.shelf.listed.connect(self._listed)
        self.shelf.updated.connect(self._history_grew)
        self.studio.runs_changed.connect(partial(self.shelf.scan, True))
        self.studio.show_run.connect(self.show_run)
        self.studio.theme.changed.connect(self._recolour)
        for keys, slot in (
            ("Ctrl+Return", self.setup.request_start),
            ("Ctrl+P", self._toggle_pause),
            ("Ctrl+.", lambda: self.stop_run(self._busy_key())),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.activated.connect(slot)

    # Runs of this window

    def _launch(self, run: RunFolder, factory: Any) -> None:
        key, title = str(run.path), run.title()
        job = Job(f"Training {title}", factory, lane="training")
        session = Session(job, run, title)
        job.events.connect(partial(self._events_came, key))
        job.state_changed.connect(partial(self._job_changed, key))
        job.failed.connect(self._failed)
        job.done.connect(partial(self._job_done, key))
        self.sessions[key] = session
        if not self.studio.jobs.submit(job):
            del self.sessions[key]
            return
        self.banner.dismiss()
        self._visible.add(key)
        self._seen.add(key)
        self._wanted = key
        self.shelf.add_folder(run.path)
        self.studio.runs_changed.emit()
        self._update_start()

    def _live(self, key: str) -> Session | None:
        session = self.sessions.get(key)
        return session if session is not None and not session.job.ended else None

    def _busy_key(self) -> str:
        for key, session in self.sessions.items():
            if session.job.state in ("running", "paused"):
                return key
        return ""

    def _toggle_pause(self) -> None:
        session = self._live(self._busy_key())
        if session is not None:
            if session.job.state == "paused":
                session.job.resume()
            else:
                session.job.pause()

    def _events_came(self, key: str, events: list[Event]) -> None:
        session = self.sessions.get(key)
        if session is None:
            return
        session.take(events)
        for event in events:
            if isinstance(event, Warned):
                self.banner.show_message(event.message, "warning")
        self._dirty = True

    def _job_changed(self, key: str, state: str) -> None:
        session = self.sessions.get(key)
        if session is not None and state in ("paused", "running"):
            session.paused_or_resumed()
        self._dirty = True
        self._update_start()

    def _job_done(self, key: str) -> None:
        session = self.sessions.pop(key, None)
        if session is None:
            return
        never_began = session.progress.phase == "" and session.estimator is None
        if session.job.state == "stopped" and never_began and not session.run.events.path.exists():
            # Taken out of the queue: nothing but its settings was ever written.
            shutil.rmtree(session.run.path, ignore_errors=True)
            self.shelf.forget(key)
        elif session.discard:
            self.delete_run(key)
        self.shelf.scan(afresh=True)
        self.studio.runs_changed.emit()
        self.studio.checkpoints_changed.emit()
        self._dirty = True
        self._update_start()

    def _failed(self, sentence: str, details: str) -> None:
        self.banner.show_message(sentence, "danger", details)

    def _deleted(self, key: str, _nothing: Any) -> None:
        self.shelf.forget(key)
        self._visible.discard(key)
        self.studio.runs_changed.emit()
        self.studio.checkpoints_changed.emit()
        self.studio.message.emit(f"Moved {Path(key).name} to the bin.")

    def _update_start(self) -> None:
        self.setup.set_queueing(bool(self._busy_key()))

    # The list and what is selected

    def _listed(self) -> None:
        summaries = self.shelf.summaries()
        if self.shelf.settled:
            for key, summary in reversed(summaries.items()):
                self.colours.add(key, summary.config)
        fresh = [key for key in summaries if key not in self._seen]
        if not self._chosen:
            self._visible |= set(list(summaries)[:SHOWN_AT_FIRST])
            self._chosen = self.shelf.settled
        else:
            # Started elsewhere while we look on: show it.
            self._visible |= {key for key in fresh if self.shelf.is_alive(key)}
        self._seen |= set(summaries)
        self._visible &= set(summaries) | {self._wanted}
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
        module = importlib.import_module("app.pages.train.curves_view")
        shown = {}
        for key, summary in self.shelf.summaries().items():
            history = self.shelf.history(key)
            if key in self._visible and history is not None:
                dashed = bool(summary.config and summary.config.objectives)
                shown[key] = module.Shown(summary.title, self.colours.colour(key), dashed, history)
        self.curves.show_runs(shown)

    def _visibility_changed(self) -> None:
        self._visible = self.runs.visible()
        self._chosen = True
        self._show_rows()
        self._watch()

    def _selected(self, _key: str) -> None:
        self._watch()
        self._dirty = True

    def _history_grew(self, _key: str) -> None:
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
        if self.curves is not None:
            self.curves.refresh()
        self._show_rows()
        key = self.runs.current()
        history = self.shelf.history(key) if key else None
        summary = self.shelf.summaries().get(key)
        title = summary.title if summary else ""
        alive = self.shelf.is_alive(key)
        self.state_line.show_standing(standing_of(title, self._live(key), history, summary, alive))
        self.previews.show_history(history)
        self.log.show_history(history)


def _train(config: RunConfig, run: RunFolder) -> Iterator[Event]:
    events: Iterator[Event] = importlib.import_module("core.training").train_run(config, run)
    return events


def _resume(run: RunFolder) -> Iterator[Event]:
    events: Iterator[Event] = importlib.import_module("core.training").resume_run(run)
    return events


def _made_at(run: RunFolder) -> float:
    try:
        return run.config_file.stat().st_mtime
    except OSError:
        return 0.0


def _data_choices() -> dict[str, list[tuple[str, str, str]]]:
    """Return what may be trained on and heard through. Runs in a worker thread."""
    from core.data.datasets import dataset_names, open_dataset
    from core.models.encoders import available_encoders

    datasets = []
    for name in dataset_names():
        try:
            open_dataset(name)
            datasets.append((name, name, ""))
        except StudioError as error:
            datasets.append((name, name, str(error)))
    encoders = []
    for info in available_encoders():
        missing = "" if info.installed else f"{info.name} is not installed; get it in Library."
        encoders.append((info.name, info.name, missing))
    return {"data.dataset": datasets, "data.encoder": encoders}


def _device_choices() -> dict[str, list[tuple[str, str, str]]]:
    """Return the devices of this machine. Runs in a worker thread; the engine is loaded."""
    from core.training.device import list_devices

    devices = [(item.name, f"{item.name} · {item.title}", "") for item in list_devices()]
    return {"device": [("auto", f"auto · {devices[0][0]}", ""), *devices]}
