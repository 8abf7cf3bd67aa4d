"""The sound that is chosen on the list: loaded, on the stage, with what is known of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.pages.caption.caption_links import CaptionLinks
from app.pages.caption.file_intake import FileIntake
from app.pages.caption.file_list import FileList
from app.pages.caption.outputs import Output, Timeline
from app.pages.caption.result_view import ResultView
from app.pages.caption.sound_files import FileState, SoundFile, SoundFiles
from app.pages.caption.sounds import Sound, SoundLoader
from app.pages.caption.stage import Stage


class ShownSound(QObject):
    """Shows the current file. Signals: `changed()` after what can be done with it changed,
    `problem(sentence)` when a sound cannot be read after all, `failure_shown(sentence)` when that
    stands in place of the sound.
    """

    changed = Signal()
    failure_shown = Signal(str)
    problem = Signal(str)

    def __init__(
        self,
        files: SoundFiles,
        file_list: FileList,
        loader: SoundLoader,
        stage: Stage,
        result: ResultView,
        linking: CaptionLinks,
        intake: FileIntake,
    ) -> None:
        super().__init__(stage)
        self._files, self._list, self._loader = files, file_list, loader
        self._stage, self._result, self._linking = stage, result, linking
        self._intake = intake
        self.no_model = False
        self.checkpoint: Path | None = None  # the one that leads, of several that caption
        loader.resolution = stage.display.resolution
        loader.loaded.connect(self._on_loaded)
        loader.improved.connect(self._on_improved)
        loader.refused.connect(self._on_refused)
        file_list.current_changed.connect(self.show)
        stage.display.resolution_changed.connect(self._on_resolution)
        intake.refused.connect(self.refresh)

    def show(self, path: Path | None) -> None:
        """Show a file, loaded if need be; None shows nothing."""
        sound = self._loader.want(path)
        self._stage.show_sound(sound, path)
        entry = None if path is None else self._files.find(path)
        if entry is not None and sound is None and entry.state is not FileState.FAILED:
            self._loader.load(entry.path)
        self.show_result()
        self.changed.emit()

    def refresh(self, path: Path) -> None:
        """Show what has changed of a file, if it is the one that is shown."""
        if path == self._list.current_path():
            self.show_result()
            self.changed.emit()

    def show_made(self, path: Path, output: Output) -> None:
        """Bring a new output to the front, if it is of the file that is shown."""
        if path == self._list.current_path():
            # A timeline that grows does not push another tab aside.
            before = self._result.output
            grown = isinstance(output, Timeline) and before is not None and output.done > 0
            beside = before is not None and self._follows(output, before)
            self.show_result(None if grown or beside else output)

    def _follows(self, output: Output, before: Output) -> bool:
        """Say whether a further checkpoint says what the leading one in front has said."""
        leading = str(self.checkpoint)
        same_part = output.place[1:] == before.place[1:]
        return same_part and before.checkpoint == leading != output.checkpoint

    def show_phase(self, phase: str) -> None:
        """Say what is done for a file that waits for its first caption."""
        entry = self._current()
        if entry is not None and not entry.outputs and entry.state is FileState.WAITING:
            self._result.show_message(f"{phase}…")

    def show_result(self, newest: Output | None = None) -> None:
        """Show what captioning made of the file, or say why there is nothing."""
        entry = self._current()
        self._stage.view.clear_attention()
        if entry is None:
            self._result.show_message("")
            return
        failed = entry.state is FileState.FAILED
        if failed and self._stage.sound is None:
            self._stage.show_failure(entry.message)
            self.failure_shown.emit(entry.message)
        if entry.outputs:  # what was said of it stays, whatever became of the file
            self._result.show_outputs(entry.outputs, newest)
        elif failed and self._stage.sound is None:
            self._result.show_message("There is no sound to caption.")
        elif failed:
            self._result.show_message(entry.message)
        elif entry.state is FileState.CAPTIONING:
            self._result.show_message(f"Captioning {entry.path.name}…")
        elif entry.state is FileState.WAITING:
            self._result.show_message("Waiting for its turn…")
        elif self.no_model:
            self._result.show_message(
                "There is no trained model yet. Train one, and it captions what you open here.",
                "Go to Train",
            )
        else:
            self._result.show_message("Not captioned yet.")

    def _current(self) -> SoundFile | None:
        path = self._list.current_path()
        return None if path is None else self._files.find(path)

    def _on_loaded(self, path: Path, sound: Sound) -> None:
        if path == self._list.current_path():
            self._stage.show_sound(sound, path)
            self._linking.refresh()
            self.changed.emit()
        elif self._files.find(path) is None:
            self._loader.drop(path)

    def _on_improved(self, path: Path, sound: Sound) -> None:
        self._stage.show_better(sound)

    def _on_refused(self, path: Path, sentence: str) -> None:
        entry = self._files.find(path)
        known = entry is None or entry.state is FileState.FAILED
        if not known and path != self._list.current_path():
            self.problem.emit(sentence)
        self._intake.refuse(path, sentence)

    def _on_resolution(self) -> None:
        self._loader.resolution = self._stage.display.resolution
        self.show(self._list.current_path())
