"""How sounds come to the page: dialogs, drops, pasted paths, recent files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from app.pages.caption.empty_pane import choose_starter_sound
from app.pages.caption.file_list import FileList
from app.pages.caption.file_opener import FileOpener, recent_files, remember_files
from app.pages.caption.sound_files import FileState, SoundFiles
from app.sound_paths import (
    MOST_FILES,
    dialog_filter,
    is_folder,
    is_there,
    not_searched,
    nothing_found,
    parse_paths,
)
from app.studio import Studio
from app.widgets.banner import Banner

CHECKPOINT_SUFFIX = ".safetensors"
FOLDER_KEY = "folders/sound"


class FileIntake(QObject):
    """Puts sounds on the list and looks at their headers.

    Signals: `listed(new, again)` with the paths that came on the list and those that were on it
    already, `opened(paths, failed, wanted)` with the readable ones among the former, how many were
    not, and what was asked for; `refused(path)` when one cannot be read, `checkpoint_given(path)`.
    """

    listed = Signal(list, list)
    opened = Signal(list, int, list)
    refused = Signal(object)
    checkpoint_given = Signal(object)

    def __init__(
        self, studio: Studio, files: SoundFiles, file_list: FileList, banner: Banner, owner: QWidget
    ) -> None:
        super().__init__(owner)
        self._settings, self._owner = studio.settings, owner
        self._files, self._list, self._banner = files, file_list, banner
        self._opener = FileOpener(studio.jobs, self)
        self._opener.found.connect(self._on_found)
        self._opener.looked_at.connect(self._on_looked_at)
        self._opener.refused.connect(self.refuse)
        self._opener.opened.connect(self._on_opened)
        file_list.open_clicked.connect(self.choose_files)
        file_list.paste_clicked.connect(self.paste)
        file_list.recent_chosen.connect(self._on_recent)
        file_list.set_recent(recent_files(studio.settings))

    def open_paths(self, paths: Iterable[str | Path]) -> None:
        """Open files, and the sound files of folders. Checkpoints among them are handed on."""
        self._banner.dismiss()
        every = [Path(path) for path in paths]
        for path in every:
            if path.suffix == CHECKPOINT_SUFFIX:
                self.checkpoint_given.emit(path)
        sounds = [path for path in every if path.suffix != CHECKPOINT_SUFFIX]
        if sounds:
            self._opener.find(sounds)

    def choose_files(self) -> None:
        """Ask for files and open them."""
        start = str(self._settings.value(FOLDER_KEY, str(Path.home())))
        names, _ = QFileDialog.getOpenFileNames(self._owner, "Open sounds", start, dialog_filter())
        if names:
            self._settings.setValue(FOLDER_KEY, str(Path(names[0]).parent))
            self.open_paths(names)

    def paste(self) -> None:
        """Open the files or the paths on the clipboard."""
        mime = QGuiApplication.clipboard().mimeData()
        paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        paths = paths or parse_paths(mime.text())
        if paths and (len(paths) > 1 or is_there(paths[0]) or is_folder(paths[0])):
            self.open_paths(paths)
        elif paths:
            self._tell(f"The clipboard holds no path of a file: “{str(paths[0])[:80]}”.")
        else:
            self._tell("The clipboard is empty: copy a sound file or its path first.")

    def open_starter(self) -> None:
        """Open one of the sounds that come with the product."""
        path = choose_starter_sound()
        if path is not None:
            self.open_paths([path])

    def refuse(self, path: Path, sentence: str) -> None:
        """Mark a file that cannot be read; tell it where that was not known before."""
        entry = self._files.find(path)
        if entry is not None:
            self._files.change(path, state=FileState.FAILED, message=sentence)
            self.refused.emit(path)

    def _on_found(self, paths: list[Path], wanted: list[Path], closed: list[Path]) -> None:
        if not paths:
            self._tell(nothing_found(wanted, closed))
            return
        if closed:
            self._banner.show_message(not_searched(closed), tone="warning")
        if len(paths) >= MOST_FILES:
            self._banner.show_message(
                f"Only the first {MOST_FILES:,} sounds were opened; the side 'Batch' takes any "
                "number.",
                tone="warning",
            )
        again = [path for path in paths if self._files.find(path) is not None]
        new = self._files.add(paths)
        for path in again:
            entry = self._files.find(path)
            if entry is None:
                continue
            if entry.state is FileState.FAILED:
                self._files.change(path, state=FileState.OPENED, message="")
                new.append(path)
            elif len(paths) == 1 and entry.state is FileState.OPENED and not entry.outputs:
                new.append(path)  # one of many, listed before, that is now asked for
        self.listed.emit(new, again)
        # Captioned once their headers were read: a broken file must not start a model.
        self._opener.look_at(new, wanted)

    def _on_looked_at(self, path: Path, seconds: float) -> None:
        self._files.change(path, duration=seconds)

    def _on_opened(self, good: list[Path], failures: list[str], wanted: list[Path]) -> None:
        remember_files(self._settings, good)
        self._list.set_recent(recent_files(self._settings))
        if failures:
            current = self._list.current_path()
            entry = None if current is None else self._files.find(current)
            if good and (entry is None or entry.state is FileState.FAILED):
                self._list.select(good[0])
            self._tell_failures(failures)
        self.opened.emit(good, len(failures), wanted)

    def _tell_failures(self, failures: list[str]) -> None:
        current = self._list.current_path()
        entry = None if current is None else self._files.find(current)
        if len(failures) == 1 and entry is not None and entry.message == failures[0]:
            return  # it stands in place of the sound
        others = f" ({len(failures) - 1} more could not be opened.)" if failures[1:] else ""
        self._tell(failures[0] + others)

    def _on_recent(self, path: Path) -> None:
        self.open_paths([path])

    def _tell(self, sentence: str) -> None:
        self._banner.show_message(sentence)


def selected_usable(files: SoundFiles, paths: Sequence[Path]) -> list[Path]:
    """Return those of `paths` that can be captioned: read at least once, or not looked at yet."""
    entries = [files.find(path) for path in paths]
    return [
        entry.path
        for entry in entries
        if entry is not None and (entry.state is not FileState.FAILED or entry.duration is not None)
    ]
