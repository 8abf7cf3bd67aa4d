"""The side of the page for the microphone: record, look, and read captions as they come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.pages.caption.captioners import CaptionerCache
from app.pages.caption.checkpoint_feed import CheckpointFeed
from app.pages.caption.device_finder import DeviceFinder, Devices
from app.pages.caption.keyboard_focus import focus_by_tab_alone, press_focused
from app.pages.caption.microphone_bar import MicrophoneBar
from app.pages.caption.microphone_panes import MicrophonePanes
from app.pages.caption.recorder import OpenSource, Recorder, RecorderChoices
from app.pages.caption.take_keeper import TakeKeeper
from app.pages.caption.take_warnings import TakeWarnings
from app.studio import Studio
from app.widgets.banner import Banner
from app.widgets.empty_state import EmptyState
from core.audio.microphone import Microphone, list_inputs
from core.audio.takes import recover_takes, takes_dir
from core.live import LiveCaptioned

LOOK_MS = 33
IDLE_HINT = "Press Record: captions of what was heard of late appear here, each with its time."
NO_MODEL_HINT = "Recording works without a checkpoint, but nothing is captioned."


class MicrophonePane(QWidget):
    """Signal: `open_wanted(paths)` when a take shall be looked at on the side for files.

    Parameters
    ----------
    studio
        The shared context.
    cache
        The captioners of the page.
    find
        Lists the microphones, looking anew if told so; called in a worker thread.
    open_source
        Opens a microphone by name and rate; called in a worker thread.
    """

    open_wanted = Signal(list)

    def __init__(
        self,
        studio: Studio,
        cache: CaptionerCache,
        find: Callable[[bool], Devices] = list_inputs,
        open_source: OpenSource = Microphone,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._studio, self._cache = studio, cache
        self.finder = DeviceFinder(studio.jobs, find, self)
        self._clipped = self._clipped_before = 0
        self.recorder = Recorder(studio.jobs, cache, open_source, self)
        self.checkpoints = CheckpointFeed(studio, self, lambda: not self.recorder.busy)
        self._make_widgets()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        QShortcut(QKeySequence("Space"), self, self._on_space)
        self._connect()
        focus_by_tab_alone(self)
        self._on_theme()
        self._refresh_hint()

    def _make_widgets(self) -> None:
        studio, theme = self._studio, self._studio.theme
        self.banner = Banner(theme)
        self.warnings = TakeWarnings(self.banner)
        self.bar = MicrophoneBar(theme, studio.settings)
        self.empty = EmptyState(
            theme,
            "microphone-off",
            "No microphone",
            "Connect one and look again.",
            "Look again",
        )
        self._panes = MicrophonePanes(studio)
        self.spectrogram, self.lane = self._panes.spectrogram, self._panes.lane
        self.model_bar, self.captions = self._panes.model_bar, self._panes.captions
        self.take_bar = self._panes.take_bar
        self.keeper = TakeKeeper(studio, self.take_bar, self.banner, self)
        self.stack = QStackedWidget()
        self.stack.addWidget(self._panes)
        self.stack.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self.banner)
        layout.addWidget(self.stack, 1)

    def _connect(self) -> None:
        self.bar.record_clicked.connect(self.record)
        self.bar.stop_clicked.connect(self.recorder.stop)
        self.finder.started.connect(self.bar.set_looking)
        self.finder.found.connect(self._on_devices)
        self.bar.refresh_clicked.connect(self.look_for_devices)
        self.empty.clicked.connect(self.look_for_devices)
        self.bar.form.changed.connect(self._on_options)
        self.bar.meter.reset.connect(self._on_reset)
        self.recorder.captioned.connect(self._on_captioned)
        self.recorder.said.connect(self.captions.say)
        self.recorder.changed.connect(self._on_changed)
        self.recorder.finished.connect(self._on_finished)
        self.recorder.failed.connect(self._on_failed)
        self.take_bar.open_clicked.connect(self._on_open)
        self.model_bar.checkpoint_changed.connect(self._refresh_hint)
        self.model_bar.checkpoint_changed.connect(self._prepare)
        self._studio.theme.changed.connect(self._on_theme)
        self.checkpoints.listed.connect(self.model_bar.set_checkpoints)

    # ---- devices ---------------------------------------------------------------------------

    def look_for_devices(self) -> None:
        """Look for microphones, as ever connected since; what plays is stopped for it."""
        if not self.recorder.busy and not self.finder.looking:
            self._studio.player.stop()
            self.finder.look(refresh=True)

    def _on_devices(self, devices: Devices, problem: str) -> None:
        self.bar.set_devices(devices, problem)
        if problem:
            self.empty.set_texts("No microphone", problem)
        self.stack.setCurrentWidget(self.empty if problem else self._panes)
        if self.isVisible():
            first = self.empty.button if problem else self.bar.button
            first.setFocus(Qt.FocusReason.OtherFocusReason)
        self._prepare()

    # ---- recording -------------------------------------------------------------------------

    def record(self) -> None:
        """Begin a take, if there is a microphone and none is under way."""
        if self.recorder.busy or not self.bar.button.isEnabled():
            return
        self.warnings.begin()
        self.take_bar.show_take(None)
        self.lane.show_labels([])
        self.spectrogram.clear(None)
        self._clipped = self._clipped_before = 0
        self.recorder.quiet_db = self.bar.form.quiet.value()
        checkpoint = self.model_bar.checkpoint()
        self.captions.clear("Opening the microphone")
        self.recorder.start(
            RecorderChoices(
                device=self.bar.device(),
                sample_rate=self.bar.form.sample_rate(),
                timeline=self.bar.form.timeline(),
                checkpoint=checkpoint,
                search=self.model_bar.choices(),
            )
        )
        if self.recorder.recording:
            self._timer.start()

    def _look(self) -> None:
        """Show what came since the last look."""
        monitor = self.recorder.monitor
        moment = monitor.look()
        if len(moment.columns):
            if self.spectrogram.span[1] == 0.0:
                self.spectrogram.clear(monitor.scale)
                if not self.captions.labels:
                    hop = self.bar.form.hop.value()
                    has_model = self.model_bar.checkpoint() is not None
                    hint = f"Listening: the first caption comes after {hop:g} s"
                    self.captions.say(hint if has_model else NO_MODEL_HINT)
            self.spectrogram.append(moment.columns, moment.seconds)
            self.lane.set_range(*self.spectrogram.span)
        self._clipped = moment.clipped
        clipped = moment.clipped > self._clipped_before
        self.bar.meter.show_levels(moment.level_db, moment.peak_db, moment.held_db, clipped)
        self.bar.show_time(moment.seconds)
        # Silence at the end of a take with captions is no riddle once it is over.
        over = not self.recorder.recording and bool(self.captions.labels)
        windows, has_model = self.recorder.windows, self.model_bar.checkpoint() is not None
        skipped = windows.skipped if windows is not None and has_model else 0
        self.warnings.show(moment.dropped, moment.dead and not over, skipped)

    def _on_reset(self) -> None:
        self._clipped_before = self._clipped

    def _on_captioned(self, event: LiveCaptioned) -> None:
        self.captions.add(event)
        self.lane.show_labels(self.captions.labels)

    def _on_changed(self) -> None:
        recording = self.recorder.recording
        self.bar.set_state(recording, self.recorder.busy and not recording)
        # The model cannot change under a take.
        self.model_bar.setEnabled(not self.recorder.busy)
        take = self.recorder.take
        if not recording and take is not None:
            self._timer.stop()
            self._look()
            if take.saved is not None:
                lost = f", sound lost {take.dropped} times" if take.dropped else ""
                self.take_bar.show_take(take.saved, take.seconds, lost)

    def _on_finished(self) -> None:
        take = self.recorder.take
        if take is not None and take.saved is not None:
            self._studio.message.emit(f"Take saved in {take.saved.parent}")
        if not self.captions.labels and self.captions.table.rowCount() == 0:
            self._refresh_hint()

    def _on_failed(self, sentence: str, details: str) -> None:
        take = self.recorder.take
        kept = take is not None and take.seconds > 0
        more = " What was recorded is kept." if kept and "kept" not in sentence else ""
        self.banner.show_message(sentence + more, details=details)
        self.warnings.give_way()

    # ---- what else changes -----------------------------------------------------------------

    def _prepare(self) -> None:
        """Load the model before it is needed: a microphone does not wait for it."""
        checkpoint = self.model_bar.checkpoint()
        if checkpoint is None or not self.isVisible() or not self.bar.devices.count():
            return
        if not self._cache.holds(checkpoint):
            # What is wrong with a checkpoint is told when it is to caption.
            self._studio.jobs.run_quick(
                lambda: self._cache.get(checkpoint), None, lambda _sentence, _details: None, self
            )

    def _refresh_hint(self) -> None:
        if not self.recorder.busy and self.captions.table.rowCount() == 0:
            has_model = self.model_bar.checkpoint() is not None
            self.captions.clear(IDLE_HINT if has_model else NO_MODEL_HINT)

    def _on_open(self, take: Path) -> None:
        self.open_wanted.emit([str(take)])

    def _on_options(self) -> None:
        self.recorder.quiet_db = self.bar.form.quiet.value()

    def _on_space(self) -> None:
        if press_focused(self.bar.button):
            return
        if self.bar.button.isEnabled():
            self.bar.button.click()

    def _on_theme(self) -> None:
        colours = self._studio.theme.colours
        for widget in (self.spectrogram, self.lane, self.bar.meter):
            widget.set_colours(colours)

    def _recovered(self, takes: tuple[Path, ...]) -> None:
        if takes:
            names = ", ".join(path.name for path in takes)
            self.banner.show_message(
                f"A recording was cut short when the program ended; what there was of it is kept "
                f"in {takes_dir()}: {names}.",
                tone="info",
            )

    def showEvent(self, event: QShowEvent) -> None:
        """Look for microphones and for what a crash left, the first time; and for checkpoints."""
        super().showEvent(event)
        self.bar.button.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.finder.known and not self.finder.looking:
            self.finder.look(refresh=False)
            self._studio.jobs.run_quick(recover_takes, self._recovered, None, self)
        self.checkpoints.refresh()
