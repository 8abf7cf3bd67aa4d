"""What leaves the page: exports of captions and timelines, and captions kept as references."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from app.pages.caption.export import export_captions
from app.pages.caption.outputs import Result, Timeline
from app.pages.caption.sound_files import SoundFiles
from app.save_place import ask_in_last_folder
from app.studio import Studio
from app.widgets.banner import Banner
from core import paths
from core.timeline import EXPORTS, export_timeline

EXPORT_KEY = "folders/captions"
REFERENCES_KEY = "folders/references"
REFERENCES_NAME = "my-references"


class Saver(QObject):
    """Asks where to, and writes; says what was written, or in a sentence why not."""

    def __init__(self, studio: Studio, files: SoundFiles, banner: Banner, owner: QWidget) -> None:
        super().__init__(owner)
        self._studio, self._files, self._banner, self._owner = studio, files, banner, owner

    # ---- exports ---------------------------------------------------------------------------

    def ask_for_captions(self, suffix: str) -> None:
        """Ask for a file and write the captions of all listed files to it."""
        kind = "JSON (*.json)" if suffix == ".json" else "CSV (*.csv)"
        path = self._ask("Export captions", f"captions{suffix}", kind)
        if path is not None:
            self.save_captions(path)

    def save_captions(self, path: Path) -> None:
        """Write the captions of the listed files to `path`; its suffix says how."""

        def write() -> str:
            count = export_captions(self._files.entries, path)
            noun = "caption" if count == 1 else "captions"
            return f"{count} {noun}"

        self._write(path, write)

    def ask_for_timeline(self, sound: Path, timeline: Timeline, kind: str) -> None:
        """Ask for a file and write a timeline to it as one of `core.timeline.EXPORTS`."""
        form = EXPORTS[kind]
        name = f"{sound.stem}{form.suffix}"
        path = self._ask("Export the timeline", name, f"{form.title} (*{form.suffix})")
        if path is not None:
            self.save_timeline(path, timeline, kind)

    def save_timeline(self, path: Path, timeline: Timeline, kind: str) -> None:
        """Write a timeline to `path`."""

        def write() -> str:
            export_timeline(timeline.segments, path, kind)
            return f"Timeline with {len(timeline.segments)} captions"

        self._write(path, write)

    def _ask(self, title: str, name: str, kind: str) -> Path | None:
        settings = self._studio.settings
        return ask_in_last_folder(settings, EXPORT_KEY, self._owner, title, name, kind)

    def _write(self, path: Path, write: Callable[[], str]) -> None:
        try:
            what = write()
        except OSError as error:
            reason = error.strerror or str(error)
            self._banner.show_message(
                f"'{path}' could not be written ({reason}); choose another folder."
            )
        else:
            self._studio.message.emit(f"{what} written to {path}")

    # ---- references ------------------------------------------------------------------------

    @property
    def references(self) -> Path:
        """The folder that keeps references."""
        default = str(paths.home() / "references")
        return Path(str(self._studio.settings.value(REFERENCES_KEY, default)))

    def ask_for_references(self) -> bool:
        """Ask for the folder of references; return whether one was chosen."""
        chosen = QFileDialog.getExistingDirectory(
            self._owner, "Folder for references", str(self.references)
        )
        if chosen:
            self._studio.settings.setValue(REFERENCES_KEY, chosen)
        return bool(chosen)

    def keep(self, sound: Path, result: Result) -> None:
        """Keep a sound and its caption as a reference; the folder becomes a dataset."""
        folder = self.references

        def work() -> str:
            from core.data.places import remember_own
            from core.data.references import keep_reference

            name = keep_reference(folder, sound, result.text, result.start, result.length)
            remember_own(REFERENCES_NAME, folder)
            return name

        def done(name: str) -> None:
            self._studio.message.emit(f"Kept {name} with its caption in {folder}")
            self._studio.datasets_changed.emit()

        self._studio.jobs.run_quick(work, done, self._on_failed, self)

    def _on_failed(self, sentence: str, _details: str) -> None:
        self._banner.show_message(sentence)
