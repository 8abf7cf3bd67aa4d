"""The side of the page for files: open sounds, look, listen, caption."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.pages.caption.batch_offer import BatchOffer
from app.pages.caption.caption_links import CaptionLinks
from app.pages.caption.captioners import CaptionerCache, Loader, load_captioner
from app.pages.caption.captioning import Captioning, Request
from app.pages.caption.captioning_controller import CaptioningController
from app.pages.caption.checkpoint_feed import CheckpointFeed
from app.pages.caption.drop_area import DropArea
from app.pages.caption.empty_pane import EmptyPane
from app.pages.caption.file_intake import FileIntake, selected_usable
from app.pages.caption.files_panes import FilesPanes
from app.pages.caption.keyboard_focus import focus_by_tab_alone, press_focused
from app.pages.caption.result_actions import ResultActions
from app.pages.caption.saving import Saver
from app.pages.caption.shown_sound import ShownSound
from app.pages.caption.sound_files import SoundFiles
from app.pages.caption.sounds import SoundLoader
from app.studio import Studio
from app.widgets.banner import Banner
from core.audio.log_mel import LogMel

if TYPE_CHECKING:
    from core.models.checkpoint_files import CheckpointFile

NO_MODEL = "There is no checkpoint to caption with: train one on the Train page"


class FilesPane(DropArea):
    """Opens sounds, shows the chosen one and captions them.

    Signal: `batch_wanted(paths)` when files and folders shall go into the queue.

    Parameters
    ----------
    studio
        The shared context.
    load
        Turns the path of a checkpoint into a captioner; called in a worker thread.
    cache
        The captioners of the page, where other panes use them, too.
    """

    batch_wanted = Signal(list)

    def __init__(
        self,
        studio: Studio,
        parent: QWidget | None = None,
        load: Loader = load_captioner,
        cache: CaptionerCache | None = None,
    ) -> None:
        super().__init__(studio.theme, parent)
        self._studio = studio
        self._checkpoints_known = False
        self._unasked: list[Path] = []
        self._hearing: Path | None = None
        self.files = SoundFiles(self)
        self.loader = SoundLoader(studio.jobs, self)
        self.checkpoints = CheckpointFeed(studio, self)
        self.captioning = Captioning(studio.jobs, cache or CaptionerCache(load), self)
        self.controller = CaptioningController(self.files, self.captioning, self)
        self._make_widgets()
        self.intake = FileIntake(studio, self.files, self.list, self.banner, self)
        self.saver = Saver(studio, self.files, self.banner, self)
        self.offer = BatchOffer(self.banner, self)
        ResultActions(self.list, self.result, self.controller, self.saver)
        linking = CaptionLinks(studio, self.stage, self.result, self)
        self.showing = ShownSound(
            self.files, self.list, self.loader, self.stage, self.result, linking, self.intake
        )
        self._make_shortcuts()
        self._connect()
        focus_by_tab_alone(self)
        self.showing.show_result()
        self._refresh_targets()

    def _make_widgets(self) -> None:
        studio, theme = self._studio, self._studio.theme
        self.banner = Banner(theme)
        self.empty = EmptyPane(theme)
        self._panes = FilesPanes(studio, self.files, self._hear)
        self.list, self.stage = self._panes.list, self._panes.stage
        self.model_bar, self.result = self._panes.model_bar, self._panes.result
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._panes)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.banner)
        layout.addWidget(self._stack, 1)

    def _make_shortcuts(self) -> None:
        for keys, slot in (
            ("Space", self._on_space),
            ("F", self.stage.view.fit),
            ("+", self.stage.view.keys.zoom_in),
            ("=", self.stage.view.keys.zoom_in),
            ("-", self.stage.view.keys.zoom_out),
            ("L", self.stage.player_bar.loop.toggle),
            ("Escape", self._on_escape),
            ("Ctrl+Return", self.caption_selected),
            ("Ctrl+C", self.result.view.copy_caption),
            ("Ctrl+V", self.intake.paste),
        ):
            QShortcut(QKeySequence(keys), self, slot)

    def _connect(self) -> None:
        self.dropped.connect(self.open_paths)
        self.empty.clicked.connect(self.intake.choose_files)
        self.empty.starter_clicked.connect(self.intake.open_starter)
        self.intake.listed.connect(self._on_listed)
        self.intake.opened.connect(self._on_opened)
        self.intake.checkpoint_given.connect(self._on_checkpoint_given)
        self.list.remove_clicked.connect(self.remove)
        self.list.selection_changed.connect(self._refresh_targets)
        self.model_bar.caption_clicked.connect(self.caption_selected)
        self.model_bar.stop_clicked.connect(self.captioning.stop)
        self.model_bar.checkpoint_changed.connect(self._on_checkpoint)
        self.stage.part_caption_clicked.connect(self._on_caption_part)
        self.stage.problem.connect(self._tell)
        self.stage.notice.retry_clicked.connect(self._on_retry)
        self.stage.notice.remove_clicked.connect(self._on_remove)
        self.offer.accepted.connect(self.batch_wanted)
        self.showing.problem.connect(self._tell)
        self.showing.failure_shown.connect(self._on_failure_shown)
        self.showing.changed.connect(self._refresh_targets)
        self.result.action_clicked.connect(self._on_action)
        self.controller.changed.connect(self.showing.refresh)
        self.controller.made.connect(self.showing.show_made)
        self.controller.refused.connect(self._tell)
        self.captioning.failed.connect(self._on_failed)
        self.captioning.warned.connect(self._on_warned)
        self.captioning.phase_changed.connect(self.showing.show_phase)
        self.captioning.busy_changed.connect(self.model_bar.set_busy)
        self.checkpoints.listed.connect(self._on_checkpoints)

    # ---- opening ---------------------------------------------------------------------------

    def open_paths(self, paths: Iterable[str | Path]) -> None:
        """Open files, and the sound files of folders; the first new one is shown.

        A checkpoint among them becomes the one that captions.
        """
        self.intake.open_paths(paths)

    def remove(self, paths: Sequence[Path]) -> None:
        """Take files off the list."""
        for path in paths:
            self.loader.drop(path)
        self.files.remove(paths)
        if not self.files.entries:
            self.banner.dismiss()
            self.showing.show(None)
            self._stack.setCurrentWidget(self.empty)

    def _on_listed(self, new: list[Path], again: list[Path]) -> None:
        if self._stack.currentWidget() is self.empty:
            self._stack.setCurrentWidget(self._panes)
        for path in again:
            self.loader.drop(path)  # the file may have been mended or replaced since
        first = (new or again)[0]
        shown = self.list.current_path()
        self.list.select(first)
        if first == shown:
            self.showing.show(first)
        # What had the keyboard may go with the sound before. A list that is given the keyboard
        # chooses its first row where none is chosen, so this comes last.
        self.list.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_opened(self, good: list[Path], failed: int, wanted: list[Path]) -> None:
        now = self.offer.few_of(good, failed, wanted, self.list.current_path())
        if self.model_bar.checkpoint() is not None:
            self.caption_files(now)
        elif not self._checkpoints_known:
            self._unasked += now

    def _on_retry(self) -> None:
        path = self.list.current_path()
        if path is not None:
            self.open_paths([path])

    def _on_remove(self) -> None:
        path = self.list.current_path()
        if path is not None:
            self.remove([path])

    def _on_checkpoint_given(self, path: Path) -> None:
        from core.models.checkpoint_files import describe_checkpoint

        self.model_bar.choose(path)
        if not path.exists() and self.model_bar.checkpoint() != path:
            self._tell(f"There is no checkpoint '{path}'; check its name and its drive.")
        elif path.exists() and (problem := describe_checkpoint(path).problem):
            self._tell(problem)

    def _refresh_targets(self) -> None:
        wanted = selected_usable(self.files, self.list.selected_paths())
        self.model_bar.set_targets(bool(wanted), len(wanted))
        reason = "" if self.model_bar.checkpoint() is not None else NO_MODEL
        self.stage.player_bar.set_caption_reason(reason)

    # ---- captioning ------------------------------------------------------------------------

    def caption_selected(self) -> None:
        """Caption the selected files."""
        self.caption_files(selected_usable(self.files, self.list.selected_paths()))

    def caption_files(self, paths: Iterable[Path]) -> None:
        """Caption whole files, long ones as timelines."""
        entries = [entry for path in paths if (entry := self.files.find(path)) is not None]
        form = self.model_bar.form
        self.caption(
            [Request(entry.path, timeline=form.timeline(entry.duration)) for entry in entries]
        )

    def caption(self, requests: Sequence[Request]) -> None:
        """Caption files or parts of them with every checkpoint that is chosen."""
        self.controller.ask(self.model_bar.chosen(), self.model_bar.choices(), requests)

    def _hear(self, path: Path, start: float, duration: float) -> LogMel | None:
        """Return what the chosen model is given of a file; called in a worker thread."""
        checkpoint = self._hearing
        if checkpoint is None:
            return None
        return self.captioning.cache.get(checkpoint).log_mel(path, start, duration)

    def _on_checkpoints(self, files: list[CheckpointFile]) -> None:
        self._checkpoints_known = True
        self.model_bar.set_checkpoints(files)
        self.result.learn_names({str(file.path): file.label for file in files})
        waiting, self._unasked = self._unasked, []
        self.caption_files(waiting)
        self._on_checkpoint()

    def _on_checkpoint(self) -> None:
        self._hearing = self.showing.checkpoint = self.model_bar.checkpoint()
        self.stage.set_model("" if self._hearing is not None else NO_MODEL)
        self.showing.no_model = self._hearing is None and self._checkpoints_known
        self.showing.show_result()
        self._refresh_targets()

    def _on_caption_part(self, start: float, end: float) -> None:
        path = self.list.current_path()
        if path is not None:
            self.caption([Request(path, start, end - start)])

    def _on_failed(self, sentence: str, details: str) -> None:
        self.banner.show_message(sentence, details=details)

    def _on_warned(self, sentence: str) -> None:
        self.banner.show_message(sentence, tone="warning")

    # ---- keys ------------------------------------------------------------------------------

    def _on_action(self) -> None:
        self._studio.show_page.emit("train")

    def _on_escape(self) -> None:
        if self.result.view.editing:
            self.result.view.cancel_edit()
        else:
            self.stage.view.clear_selection()

    def _on_space(self) -> None:
        if not press_focused(self.stage.player_bar.play):
            self.stage.listening.toggle()

    def _tell(self, sentence: str) -> None:
        if self.stage.sound is None and self.stage.notice.sentence == sentence:
            return  # it stands in place of the sound
        self.banner.show_message(sentence)

    def _on_failure_shown(self, sentence: str) -> None:
        if self.banner.sentence == sentence:
            self.banner.dismiss()

    # ---- events ----------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Look for checkpoints that came while the page was away."""
        super().showEvent(event)
        first = self.list.view if self.files.entries else self.empty.button
        first.setFocus(Qt.FocusReason.OtherFocusReason)
        self._studio.player.check()
        self.checkpoints.refresh()
