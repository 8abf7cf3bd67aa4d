"""Between the list of files and the captioning: what is asked for, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.captions import Caption

from .captioning import Captioning, Request
from .sound_files import FileState, Result, SoundFiles


class CaptionDesk(QObject):
    """Keeps the state of each listed file in step with the captioning.

    Signals: `changed(path)` after a file's state or caption changed, `refused(sentence)` when one
    could not be captioned.
    """

    changed = Signal(object)
    refused = Signal(str)

    def __init__(
        self, files: SoundFiles, captioning: Captioning, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._files, self._captioning = files, captioning
        captioning.started.connect(self._on_started)
        captioning.captioned.connect(self._on_captioned)
        captioning.refused.connect(self._on_refused)
        captioning.dropped.connect(self._on_dropped)

    def ask(self, checkpoint: Path, beam_size: int, requests: Sequence[Request]) -> None:
        """Caption whole files or parts of them."""
        if not requests or not self._captioning.submit(checkpoint, beam_size, requests):
            return
        for request in requests:
            self._set(request, FileState.WAITING)

    def _set(self, request: Request, state: FileState, message: str = "") -> None:
        self._files.change(request.path, state=state, message=message)
        self.changed.emit(request.path)

    def _on_started(self, request: Request) -> None:
        self._set(request, FileState.CAPTIONING)

    def _on_captioned(self, request: Request, caption: Caption) -> None:
        entry = self._files.find(request.path)
        if entry is not None:
            result = Result(caption, request.start, request.length)
            self._files.replace(entry.with_result(result))
            self.changed.emit(request.path)

    def _on_refused(self, request: Request, sentence: str) -> None:
        self._set(request, FileState.FAILED, sentence)
        self.refused.emit(sentence)

    def _on_dropped(self, requests: list[Request]) -> None:
        for request in requests:
            entry = self._files.find(request.path)
            if entry is not None:
                self._set(request, FileState.DONE if entry.results else FileState.OPENED)
