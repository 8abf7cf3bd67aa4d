"""The Caption page: open sounds, look, listen, caption."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFileDialog,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.studio import Studio
from app.widgets.banner import Banner

from .captioning import Captioning, Loader, Request, load_captioner
from .collect import dialog_filter, parse_paths
from .desk import CaptionDesk
from .drop_area import DropArea
from .empty_pane import EmptyPane, choose_starter_sound
from .export import export_captions
from .file_list import FileList
from .model_bar import ModelBar
from .opening import Opener, Sound, SoundShelf, load_sound, recent_files, remember_files
from .result_view import ResultView
from .sound_files import FileState, SoundFile, SoundFiles
from .stage import Stage

if TYPE_CHECKING:
    from core.models.checkpoint_files import CheckpointFile

CHECKPOINT_SUFFIX = ".safetensors"
FOLDER_KEY = "folders/sound"
EXPORT_KEY = "folders/captions"


class CaptionPage(DropArea):
    """Opens sounds, shows the chosen one and captions them.

    Parameters
    ----------
    studio
        The shared context.
    load
        Turns the path of a checkpoint into a captioner; called in a worker thread.
    """

    def __init__(
        self, studio: Studio, parent: QWidget | None = None, load: Loader = load_captioner
    ) -> None:
        super().__init__(studio.theme, parent)
        self._studio = studio
        self._shelf = SoundShelf()
        self._checkpoints_known = False
        self._unasked: list[Path] = []
        self.files = SoundFiles(self)
        self.opener = Opener(studio.jobs, self)
        self.captioning = Captioning(studio.jobs, load, self)
        self.desk = CaptionDesk(self.files, self.captioning, self)
        self._make_widgets()
        self._make_shortcuts()
        self._connect()
        self.list.set_recent(recent_files(studio.settings))
        self._show_result()
        self._refresh_targets()

    def _make_widgets(self) -> None:
        studio, theme = self._studio, self._studio.theme
        self.banner = Banner(theme)
        self.empty = EmptyPane(theme)
        self.list = FileList(theme, self.files)
        self.list.setMinimumWidth(180)
        self.stage = Stage(studio)
        self.stage.setMinimumHeight(300)
        self.model_bar = ModelBar(theme, studio.settings)
        self.result = ResultView(theme)
        words = QWidget()
        words.setProperty("role", "panel")
        words.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        words.setMinimumHeight(150)
        column = QVBoxLayout(words)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.model_bar)
        column.addWidget(self.result, 1)
        upright = QSplitter(Qt.Orientation.Vertical)
        upright.addWidget(self.stage)
        upright.addWidget(words)
        upright.setStretchFactor(0, 1)
        upright.setChildrenCollapsible(False)
        self._panes = QSplitter(Qt.Orientation.Horizontal)
        self._panes.addWidget(self.list)
        self._panes.addWidget(upright)
        self._panes.setStretchFactor(1, 1)
        self._panes.setChildrenCollapsible(False)
        studio.remember_splitter(upright, "caption/upright", [420, 240])
        studio.remember_splitter(self._panes, "caption/files", [250, 950])
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
            ("Escape", self.stage.view.clear_selection),
            ("Ctrl+Return", self.caption_selected),
            ("Ctrl+C", self.result.copy_caption),
            ("Ctrl+V", self.paste),
        ):
            QShortcut(QKeySequence(keys), self, slot)

    def _connect(self) -> None:
        self.empty.clicked.connect(self.choose_files)
        self.empty.starter_clicked.connect(self._on_starter)
        self.list.open_clicked.connect(self.choose_files)
        self.list.paste_clicked.connect(self.paste)
        self.list.recent_chosen.connect(self._on_recent)
        self.list.remove_clicked.connect(self.remove)
        self.list.export_clicked.connect(self._on_export)
        self.dropped.connect(self.open_paths)
        self.list.current_changed.connect(self._on_current)
        self.list.selection_changed.connect(self._refresh_targets)
        self.opener.found.connect(self._on_found)
        self.opener.looked_at.connect(self._on_looked_at)
        self.opener.refused.connect(self._on_refused)
        self.opener.opened.connect(self._on_opened)
        self.model_bar.caption_clicked.connect(self.caption_selected)
        self.model_bar.stop_clicked.connect(self.captioning.stop)
        self.model_bar.checkpoint_changed.connect(self._on_checkpoint)
        self.stage.part_caption_clicked.connect(self._on_caption_part)
        self.result.word_entered.connect(self._on_word_entered)
        self.result.word_left.connect(self.stage.view.clear_attention)
        self.result.moment_chosen.connect(self.stage.play_moment)
        self.result.action_clicked.connect(self._on_action)
        self.desk.changed.connect(self._on_changed)
        self.desk.refused.connect(self._tell)
        self.captioning.failed.connect(self._on_failed)
        self.captioning.warned.connect(self._on_warned)
        self.captioning.phase_changed.connect(self._on_phase)
        self.captioning.busy_changed.connect(self.model_bar.set_busy)
        self._studio.open_in_caption.connect(self.open_paths)
        self._studio.checkpoints_changed.connect(self.refresh_checkpoints)
        self._studio.runs_changed.connect(self.refresh_checkpoints)

    # ---- opening ---------------------------------------------------------------------------

    def open_paths(self, paths: Iterable[str | Path]) -> None:
        """Open files, and the sound files of folders; the first new one is shown.

        A checkpoint among them becomes the one that captions.
        """
        self.banner.dismiss()
        every = [Path(path) for path in paths]
        for path in every:
            if path.suffix == CHECKPOINT_SUFFIX:
                from core.models.checkpoint_files import describe_checkpoint

                self.model_bar.choose(path)
                if path.exists() and (problem := describe_checkpoint(path).problem):
                    self.banner.show_message(problem)
        sounds = [path for path in every if path.suffix != CHECKPOINT_SUFFIX]
        if sounds:
            self.opener.find(sounds)

    def choose_files(self) -> None:
        """Ask for files and open them."""
        settings = self._studio.settings
        start = str(settings.value(FOLDER_KEY, str(Path.home())))
        names, _ = QFileDialog.getOpenFileNames(self, "Open sounds", start, dialog_filter())
        if names:
            settings.setValue(FOLDER_KEY, str(Path(names[0]).parent))
            self.open_paths(names)

    def paste(self) -> None:
        """Open the files or the paths on the clipboard."""
        mime = QGuiApplication.clipboard().mimeData()
        paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        paths = paths or parse_paths(mime.text())
        if paths and (len(paths) > 1 or paths[0].exists()):
            self.open_paths(paths)
        elif paths:
            self._tell(f"The clipboard holds no path of a file: “{str(paths[0])[:80]}”.")
        else:
            self._tell("The clipboard is empty: copy a sound file or its path first.")

    def remove(self, paths: Sequence[Path]) -> None:
        """Take files off the list."""
        for path in paths:
            self._shelf.drop(path)
        self.files.remove(paths)
        if not self.files.entries:
            self.banner.dismiss()
            self._on_current(None)
            self._stack.setCurrentWidget(self.empty)

    def _on_found(self, paths: list[Path]) -> None:
        if not paths:
            self._tell("There is no sound file in that folder.")
            return
        again = [path for path in paths if self.files.find(path) is not None]
        new = self.files.add(paths)
        if self._stack.currentWidget() is self.empty:
            self._stack.setCurrentWidget(self._panes)
            self.list.view.setFocus(Qt.FocusReason.OtherFocusReason)
        for path in again:
            # The file may have been mended or replaced since.
            self._shelf.drop(path)
            if self._state_of(path) is FileState.FAILED:
                self.files.change(path, state=FileState.OPENED, message="")
                new.append(path)
        first = (new or paths)[0]
        if first == self.list.current_path():
            self._on_current(first)
        self.list.select(first)
        # Captioned once their headers were read: a broken file must not start a model.
        self.opener.look_at(new)

    def _on_looked_at(self, path: Path, seconds: float) -> None:
        self.files.change(path, duration=seconds)

    def _on_refused(self, path: Path, sentence: str) -> None:
        self.files.change(path, state=FileState.FAILED, message=sentence)
        if path == self.list.current_path():
            self._show_result()
            self._refresh_targets()

    def _on_opened(self, good: list[Path], failures: list[str]) -> None:
        settings = self._studio.settings
        remember_files(settings, good)
        self.list.set_recent(recent_files(settings))
        if failures:
            others = f" ({len(failures) - 1} more could not be opened.)" if failures[1:] else ""
            self._tell(failures[0] + others)
            current = self.list.current_path()
            if good and (current is None or self._state_of(current) is FileState.FAILED):
                self.list.select(good[0])
        if self.model_bar.checkpoint() is not None:
            self.caption([Request(path) for path in good])
        elif not self._checkpoints_known:
            self._unasked += good

    # ---- showing ---------------------------------------------------------------------------

    def _on_current(self, path: Path | None) -> None:
        sound = None if path is None else self._shelf.get(path)
        self.stage.show_sound(sound, path)
        entry = None if path is None else self.files.find(path)
        if entry is not None and sound is None and entry.state is not FileState.FAILED:
            self._load(entry.path)
        self._show_result()
        self._refresh_targets()

    def _load(self, path: Path) -> None:
        def loaded(sound: Sound) -> None:
            if self.files.find(path) is None:
                return
            self._shelf.put(path, sound)
            if path == self.list.current_path():
                self.stage.show_sound(sound, path)
                self._refresh_targets()

        def refused(sentence: str, _details: str) -> None:
            if self._state_of(path) is not FileState.FAILED:
                self._tell(sentence)
            self._on_refused(path, sentence)

        self._studio.jobs.run_quick(lambda: load_sound(path), loaded, refused, self)

    def _state_of(self, path: Path) -> FileState | None:
        entry = self.files.find(path)
        return None if entry is None else entry.state

    def _current(self) -> SoundFile | None:
        path = self.list.current_path()
        return None if path is None else self.files.find(path)

    def _show_result(self) -> None:
        entry = self._current()
        self.stage.view.clear_attention()
        if entry is None:
            self.result.show_message("")
        elif entry.state is FileState.FAILED:
            if self.stage.sound is None:
                self.stage.show_notice(entry.message)
                self.result.show_message("There is no sound to caption.")
            else:
                self.result.show_message(entry.message)
        elif entry.result is not None:
            self.result.show_result(entry.result)
        elif entry.state is FileState.CAPTIONING:
            self.result.show_message(f"Captioning {entry.path.name}…")
        elif entry.state is FileState.WAITING:
            self.result.show_message("Waiting for its turn…")
        elif self.model_bar.checkpoint() is None and self._checkpoints_known:
            self.result.show_message(
                "There is no trained model yet. Train one, and it captions what you open here.",
                "Go to Train",
            )
        else:
            self.result.show_message("Not captioned yet.")

    def _refresh_targets(self) -> None:
        wanted = [path for path in self.list.selected_paths() if self._is_usable(path)]
        self.model_bar.set_targets(bool(wanted), len(wanted))
        no_model = "There is no checkpoint to caption with: train one on the Train page"
        usable = self.model_bar.checkpoint() is not None
        self.stage.player_bar.set_caption_reason("" if usable else no_model)

    def _is_usable(self, path: Path) -> bool:
        entry = self.files.find(path)
        return entry is not None and (
            entry.state is not FileState.FAILED or entry.duration is not None
        )

    # ---- captioning ------------------------------------------------------------------------

    def refresh_checkpoints(self) -> None:
        """Look for checkpoints again."""
        from core.models.checkpoint_files import list_checkpoints

        if not self.isVisible():
            return  # asked again when the page is shown
        self._studio.jobs.run_quick(list_checkpoints, self._on_checkpoints, owner=self)

    def caption_selected(self) -> None:
        """Caption the selected files."""
        paths = self.list.selected_paths()
        self.caption([Request(path) for path in paths if self._is_usable(path)])

    def caption(self, requests: Sequence[Request]) -> None:
        """Caption whole files or parts of them with the chosen checkpoint."""
        checkpoint = self.model_bar.checkpoint()
        if checkpoint is not None:
            self.desk.ask(checkpoint, self.model_bar.beam_size.value(), requests)

    def _on_checkpoints(self, files: list[CheckpointFile]) -> None:
        self._checkpoints_known = True
        self.model_bar.set_checkpoints(files)
        waiting, self._unasked = self._unasked, []
        self.caption([Request(path) for path in waiting if self.files.find(path) is not None])
        self._show_result()
        self._refresh_targets()

    def _on_checkpoint(self) -> None:
        self._show_result()
        self._refresh_targets()

    def _on_caption_part(self, start: float, end: float) -> None:
        path = self.list.current_path()
        if path is not None:
            self.caption([Request(path, start, end - start)])

    def _on_changed(self, path: Path) -> None:
        if path == self.list.current_path():
            self._show_result()
            self._refresh_targets()

    def _on_failed(self, sentence: str, details: str) -> None:
        self.banner.show_message(sentence, details=details)

    def _on_warned(self, sentence: str) -> None:
        self.banner.show_message(sentence, tone="warning")

    def _on_phase(self, phase: str) -> None:
        entry = self._current()
        if entry is not None and entry.result is None and entry.state is FileState.WAITING:
            self.result.show_message(f"{phase}…")

    # ---- words, buttons, keys --------------------------------------------------------------

    def _on_word_entered(self, index: int) -> None:
        result = self.result.result
        if result is not None:
            caption = result.caption
            self.stage.show_attention(caption.attention[index], caption.frame_seconds, result.start)

    def _on_action(self) -> None:
        self._studio.show_page.emit("train")

    def _on_starter(self) -> None:
        path = choose_starter_sound()
        if path is not None:
            self.open_paths([path])

    def _on_recent(self, path: Path) -> None:
        self.open_paths([path])

    def _on_export(self, suffix: str) -> None:
        settings = self._studio.settings
        folder = Path(str(settings.value(EXPORT_KEY, str(Path.home()))))
        kind = "JSON (*.json)" if suffix == ".json" else "CSV (*.csv)"
        start = str(folder / f"captions{suffix}")
        name, _ = QFileDialog.getSaveFileName(self, "Export captions", start, kind)
        if name:
            path = Path(name) if Path(name).suffix else Path(name + suffix)
            settings.setValue(EXPORT_KEY, str(path.parent))
            self.export(path)

    def export(self, path: Path) -> None:
        """Write the captions of the listed files to `path`; its suffix says how."""
        try:
            count = export_captions(self.files.entries, path)
        except OSError as error:
            reason = error.strerror or str(error)
            self._tell(f"'{path}' could not be written ({reason}); choose another folder.")
        else:
            noun = "caption" if count == 1 else "captions"
            self._studio.message.emit(f"{count} {noun} written to {path}")

    def _on_space(self) -> None:
        focus = QApplication.focusWidget()
        # The key still presses the button that the keyboard is on.
        if isinstance(focus, QAbstractButton) and focus is not self.stage.player_bar.play:
            focus.click()
        elif isinstance(focus, QComboBox):
            focus.showPopup()
        else:
            self.stage.toggle_play()

    def _tell(self, sentence: str) -> None:
        self.banner.show_message(sentence)

    # ---- events ----------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Look for checkpoints that came while the page was away."""
        super().showEvent(event)
        first = self.list.view if self.files.entries else self.empty.button
        first.setFocus(Qt.FocusReason.OtherFocusReason)
        self._studio.player.check()
        self.refresh_checkpoints()
