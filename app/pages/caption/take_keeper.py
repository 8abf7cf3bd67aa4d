"""What becomes of a take: a copy somewhere else, or the bin."""

from __future__ import annotations

import shutil
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget
from send2trash import send2trash

from app.pages.caption.take_bar import TakeBar
from app.save_place import ask_where_to_save
from app.studio import Studio
from app.widgets.banner import Banner
from core.errors import StudioError
from core.live import captions_path


class TakeKeeper(QObject):
    """Carries out what the bar of the take asks for, with the captions beside it."""

    def __init__(self, studio: Studio, bar: TakeBar, banner: Banner, owner: QWidget) -> None:
        super().__init__(owner)
        self._studio, self._bar, self._banner, self._owner = studio, bar, banner, owner
        bar.copy_clicked.connect(self.ask_for_copy)
        bar.delete_clicked.connect(self.delete)

    def ask_for_copy(self, take: Path) -> None:
        """Ask where to, and copy."""
        start = Path.home() / take.name
        target = ask_where_to_save(self._owner, "Save the take", start, "FLAC (*.flac)")
        if target is not None:
            self.save_copy(take, target)

    def save_copy(self, take: Path, target: Path) -> None:
        """Copy a take and the captions beside it."""

        def work() -> Path:
            try:
                shutil.copyfile(take, target)
                for source, copy in zip(beside(take), beside(target), strict=True):
                    if source.exists():
                        shutil.copyfile(source, copy)
            except OSError as error:
                raise StudioError(
                    f"'{target}' could not be written ({error.strerror or error}); choose another "
                    "folder."
                ) from error
            return target

        self._studio.jobs.run_quick(work, self._on_copied, self._on_failed, self)

    def delete(self, take: Path) -> None:
        """Move a take and the captions beside it to the bin."""

        def work() -> None:
            try:
                for path in (take, *beside(take)):
                    if path.exists():
                        send2trash(path)
            except OSError as error:
                raise StudioError(
                    f"'{take}' could not be moved to the bin ({error.strerror or error}); delete "
                    "it by hand."
                ) from error

        self._bar.show_take(None)
        self._studio.jobs.run_quick(work, None, self._on_failed, self)

    def _on_copied(self, target: Path) -> None:
        self._studio.message.emit(f"Take and captions saved: {target}")

    def _on_failed(self, sentence: str, details: str) -> None:
        self._banner.show_message(sentence, details=details)


def beside(take: Path) -> tuple[Path, Path]:
    """Return where the captions of a take lie: as lines of JSON, and as subtitles."""
    return captions_path(take), take.with_suffix(".srt")
