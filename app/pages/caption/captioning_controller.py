"""Between the list of files and the captioning: what is asked for, and what became of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.pages.caption.captioning import Captioning, Request
from app.pages.caption.outputs import Output, Result, Timeline
from app.pages.caption.search_options import SearchChoices
from app.pages.caption.sound_files import FileState, SoundFiles
from core.captions import Caption


class CaptioningController(QObject):
    """Keeps the state of each listed file in step with the captioning.

    Signals: `made(path, output)` when a file has a new output, `changed(path)` after its state or
    an output changed, `refused(sentence)` when something could not be captioned.
    """

    made = Signal(object, object)
    changed = Signal(object)
    refused = Signal(str)

    def __init__(
        self, files: SoundFiles, captioning: Captioning, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._files, self._captioning = files, captioning
        captioning.started.connect(self._on_started)
        captioning.captioned.connect(self._on_captioned)
        captioning.timeline_grew.connect(self._on_timeline)
        captioning.refused.connect(self._on_refused)
        captioning.dropped.connect(self._on_dropped)

    def ask(
        self, checkpoints: Sequence[Path], choices: SearchChoices, requests: Sequence[Request]
    ) -> None:
        """Caption whole files or parts of them with each of the checkpoints."""
        if not requests:
            return
        for checkpoint in checkpoints:
            if self._captioning.submit(checkpoint, choices, requests):
                for request in requests:
                    self._set(request, FileState.WAITING)

    def edit(self, path: Path, result: Result, text: str) -> None:
        """Put a person's words in place of those of a caption; none bring the model's back."""
        entry = self._files.find(path)
        if entry is not None:
            self._files.replace(entry.with_output(dataclasses.replace(result, edited=text)))
            self.changed.emit(path)

    def _set(self, request: Request, state: FileState, message: str = "") -> None:
        self._files.change(request.path, state=state, message=message)
        self.changed.emit(request.path)

    def _settle(self, request: Request) -> None:
        """Give a file the state that its outputs speak for."""
        entry = self._files.find(request.path)
        if entry is not None:
            self._set(request, FileState.DONE if entry.outputs else FileState.OPENED)

    def _keep(self, request: Request, output: Output) -> None:
        entry = self._files.find(request.path)
        if entry is not None:
            self._files.replace(entry.with_output(output))
            self.made.emit(request.path, output)

    def _on_started(self, request: Request) -> None:
        self._set(request, FileState.CAPTIONING)

    def _on_captioned(self, request: Request, caption: Caption) -> None:
        self._keep(request, Result(caption, request.start, request.length))
        self._settle(request)

    def _on_timeline(self, request: Request, timeline: Timeline) -> None:
        self._keep(request, timeline)
        if timeline.complete:
            self._settle(request)
        else:
            self._set(request, FileState.CAPTIONING)

    def _on_refused(self, request: Request, sentence: str) -> None:
        if request.length is None:
            self._set(request, FileState.FAILED, sentence)
        else:
            self._settle(request)  # the rest of the file may be as good as it was
        self.refused.emit(sentence)

    def _on_dropped(self, requests: list[Request]) -> None:
        for request in requests:
            self._settle(request)
