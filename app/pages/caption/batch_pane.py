"""The side of the page for batches: a queue of any number of files, captioned as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.pages.caption.batch_bar import BatchBar, BatchProgress
from app.pages.caption.batch_controller import BatchController
from app.pages.caption.batch_model import BatchFilter, BatchModel
from app.pages.caption.batch_table import BatchTable
from app.pages.caption.captioners import CaptionerCache
from app.pages.caption.checkpoint_feed import CheckpointFeed
from app.pages.caption.drop_area import DropArea
from app.pages.caption.file_intake import FOLDER_KEY
from app.pages.caption.model_bar import ModelBar
from app.pages.caption.saving import EXPORT_KEY
from app.save_place import ask_in_last_folder
from app.sound_paths import collect_sounds, dialog_filter, not_searched, nothing_found
from app.studio import Studio
from app.texts import count_text
from app.widgets.banner import Banner
from app.widgets.empty_state import EmptyState
from core.batch import BATCH_EXPORTS, BatchRow, RowState, export_batch

if TYPE_CHECKING:
    from core.models.checkpoint_files import CheckpointFile


class BatchPane(DropArea):
    """Signal: `open_wanted(paths)` when a file shall be looked at on the side for files."""

    open_wanted = Signal(list)

    def __init__(
        self, studio: Studio, cache: CaptionerCache, parent: QWidget | None = None
    ) -> None:
        super().__init__(studio.theme, parent)
        self._studio = studio
        self._reopened = False
        self._at_once = False
        self._before: tuple[BatchRow, ...] = ()
        self.model = BatchModel(studio.theme, self)
        self.filter = BatchFilter(self.model, self)
        self.controller = BatchController(studio.jobs, cache, self.model, self)
        self.checkpoints = CheckpointFeed(studio, self)
        self._make_widgets()
        self._connect()
        QShortcut(QKeySequence("Ctrl+Return"), self, self.start)
        self._refresh()

    def _make_widgets(self) -> None:
        studio, theme = self._studio, self._studio.theme
        self.banner = Banner(theme)
        self.bar = BatchBar(theme, self.model)
        self.empty = EmptyState(
            theme,
            "playlist-music-outline",
            "Drop files or folders here",
            "Any number of sounds go through one model, several at a time. Results are kept as "
            "they are made, and can be exported as CSV, JSON lines or a DCASE submission.",
            "Add folder",
        )
        self.table = BatchTable(self.filter, studio.settings)
        self.progress = BatchProgress(theme, self.model)
        self.model_bar = ModelBar(theme, studio.settings)
        self.model_bar.also.hide()
        self.model_bar.stop.setToolTip("Stop after the files in hand; the rest goes on waiting")
        filled = QWidget()
        filled.setProperty("role", "panel")
        filled.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        lines = QVBoxLayout(filled)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(0)
        lines.addWidget(self.table, 1)
        lines.addWidget(self.progress)
        lines.addWidget(self.model_bar)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(filled)
        self._filled = filled
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self.banner)
        layout.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self.dropped.connect(self.add)
        self.empty.clicked.connect(self.choose_folder)
        self.bar.files_clicked.connect(self.choose_files)
        self.bar.folder_clicked.connect(self.choose_folder)
        self.bar.words_changed.connect(self.filter.set_words)
        self.bar.states_changed.connect(self.filter.set_states)
        self.bar.retry_clicked.connect(self.retry_failed)
        self.bar.export_clicked.connect(self.ask_for_export)
        self.bar.clear_clicked.connect(self.clear)
        self.progress.pause_clicked.connect(self.controller.pause)
        self.progress.cancel_clicked.connect(self.cancel_all)
        self.model_bar.caption_clicked.connect(self.start)
        self.model_bar.stop_clicked.connect(self.controller.stop)
        self.model_bar.checkpoint_changed.connect(self._refresh)
        self.table.open_clicked.connect(self._on_open)
        self.table.again_clicked.connect(self.controller.again)
        self.table.cancel_clicked.connect(self.controller.cancel)
        self.table.remove_clicked.connect(self.remove)
        self.banner.action_clicked.connect(self.undo)
        self.controller.changed.connect(self._on_changed)
        self.controller.failed.connect(self._on_failed)
        self.model.counted.connect(self._refresh)
        self.checkpoints.listed.connect(self._on_checkpoints)

    # ---- in --------------------------------------------------------------------------------

    def add(self, paths: Iterable[str | Path]) -> None:
        """Put files, and the sound files of folders, into the queue; any number of them."""
        self.banner.dismiss()
        wanted = [Path(path).absolute() for path in paths]

        closed: list[Path] = []

        def found(sounds: list[Path]) -> None:
            self._on_found(sounds, wanted, closed)

        self._studio.jobs.run_quick(
            lambda: collect_sounds(wanted, most=None, closed=closed), found, owner=self
        )

    def take(self, paths: Iterable[str | Path], checkpoint: Path | None) -> None:
        """Put files and folders into the queue, and caption them as soon as they are found."""
        if checkpoint is not None and not self.controller.running:
            self.model_bar.choose(checkpoint)
        self._at_once = True
        self.add(paths)

    def choose_files(self) -> None:
        """Ask for files."""
        start = str(self._studio.settings.value(FOLDER_KEY, str(Path.home())))
        names, _ = QFileDialog.getOpenFileNames(self, "Add sounds", start, dialog_filter())
        if names:
            self._studio.settings.setValue(FOLDER_KEY, str(Path(names[0]).parent))
            self.add(names)

    def choose_folder(self) -> None:
        """Ask for a folder."""
        start = str(self._studio.settings.value(FOLDER_KEY, str(Path.home())))
        name = QFileDialog.getExistingDirectory(self, "Add a folder of sounds", start)
        if name:
            self._studio.settings.setValue(FOLDER_KEY, name)
            self.add([name])

    def _on_found(self, paths: list[Path], wanted: list[Path], closed: list[Path]) -> None:
        new = self.controller.add(paths)
        if not paths:
            self.banner.show_message(nothing_found(wanted, closed))
        elif closed:
            self.banner.show_message(not_searched(closed), tone="warning")
        elif not new:
            self.banner.show_message("All of these files are in the queue already.", tone="info")
        elif self.controller.running:
            self._studio.message.emit(f"{len(new):,} files follow those in the queue")
        self._start_if_wanted()

    def _start_if_wanted(self) -> None:
        if self._at_once and self.model_bar.checkpoint() and self.model.count(RowState.WAITING):
            self._at_once = False
            self.start()

    # ---- work ------------------------------------------------------------------------------

    def start(self) -> None:
        """Caption all that wait."""
        checkpoint = self.model_bar.checkpoint()
        if checkpoint is not None and not self.controller.running:
            self.banner.dismiss()
            self.controller.start(checkpoint, self.model_bar.choices())

    def retry_failed(self) -> None:
        """Let the failed files wait once more, and caption them."""
        self.controller.again([row.path for row in self.model.rows if row.state is RowState.FAILED])
        self.start()

    def cancel_all(self) -> None:
        """Call off all that wait."""
        self.controller.cancel(
            [row.path for row in self.model.rows if row.state is RowState.WAITING]
        )

    def clear(self) -> None:
        """Take everything off the queue."""
        self.controller.stop()
        self.remove([row.path for row in self.model.rows])

    def remove(self, paths: Sequence[Path]) -> None:
        """Take files off the queue; what was captioned can be brought back."""
        before = self.model.rows
        gone = set(paths)
        lost = [row for row in before if row.path in gone]
        if not lost:
            return
        self.controller.remove(paths)
        self.banner.dismiss()
        captioned = sum(row.state is RowState.DONE for row in lost)
        if captioned:
            self._before = before
            verb = "was" if len(lost) == 1 else "were"
            self.banner.show_message(
                f"{count_text(len(lost), 'file')} {verb} taken off the queue, and "
                f"{count_text(captioned, 'caption')} with {'it' if len(lost) == 1 else 'them'}.",
                tone="info",
                action="Undo",
            )

    def undo(self) -> None:
        """Bring back what was taken off last."""
        before, self._before = self._before, ()
        self.banner.dismiss()
        self.controller.restore(before)

    # ---- out -------------------------------------------------------------------------------

    def ask_for_export(self, kind: str) -> None:
        """Ask for a file and write the results to it."""
        form = BATCH_EXPORTS[kind]
        name = "submission.csv" if kind == "dcase" else f"captions{form.suffix}"
        kinds = f"{form.title} (*{form.suffix})"
        settings = self._studio.settings
        path = ask_in_last_folder(settings, EXPORT_KEY, self, "Export results", name, kinds)
        if path is not None:
            self.export(path, kind)

    def export(self, path: Path, kind: str) -> None:
        """Write the results to `path` as one of `core.batch.BATCH_EXPORTS`."""
        rows = self.model.rows

        def written(count: int) -> None:
            self._studio.message.emit(f"{count:,} captions written to {path}")

        self._studio.jobs.run_quick(
            lambda: export_batch(rows, path, kind), written, self._on_failed, self
        )

    # ---- slots -----------------------------------------------------------------------------

    def _on_open(self, paths: list[Path]) -> None:
        self.open_wanted.emit([str(path) for path in paths])

    def _on_changed(self) -> None:
        self.model_bar.set_busy(self.controller.running)
        self.model_bar.button.setVisible(not self.controller.running)
        for part in (self.model_bar.beam_size, self.model_bar.options):
            part.setEnabled(not self.controller.running)
        self.progress.set_state(self.controller.running, self.controller.paused)
        self._refresh()

    def _on_failed(self, sentence: str, details: str) -> None:
        self.banner.show_message(sentence, details=details)

    def _refresh(self) -> None:
        rows = self.model.rowCount()
        self._stack.setCurrentWidget(self._filled if rows else self.empty)
        waiting = self.model.count(RowState.WAITING)
        self.model_bar.set_targets(waiting > 0 and not self.controller.running, waiting)

    def _on_checkpoints(self, files: list[CheckpointFile]) -> None:
        self.model_bar.set_checkpoints(files)
        self._start_if_wanted()

    def showEvent(self, event: QShowEvent) -> None:
        """Take up the queue where the program left it, the first time; look for checkpoints."""
        super().showEvent(event)
        if not self._reopened:
            self._reopened = True
            self.controller.reopen()
            done, rows = self.model.count(RowState.DONE), self.model.rowCount()
            waiting = self.model.count(RowState.WAITING)
            if waiting:
                self.banner.show_message(
                    f"The queue stands where it was left: {done:,} of {rows:,} files are captioned,"
                    f" {waiting:,} wait.",
                    tone="info",
                )
        first = self.table if self.model.rowCount() else self.empty.button
        first.setFocus(Qt.FocusReason.OtherFocusReason)
        self.checkpoints.refresh()
