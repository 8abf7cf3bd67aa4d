"""What leaves the side for files: words of one's own, references, timelines."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from app.pages.caption.captioning_controller import CaptioningController
from app.pages.caption.file_list import FileList
from app.pages.caption.outputs import Result, Timeline
from app.pages.caption.result_view import ResultView
from app.pages.caption.saving import Saver


class ResultActions(QObject):
    """Carries out what the buttons beside a caption ask for, on the file that is shown."""

    def __init__(
        self,
        file_list: FileList,
        result: ResultView,
        controller: CaptioningController,
        saver: Saver,
    ) -> None:
        super().__init__(saver)
        self._list, self._result, self._controller, self._saver = (
            file_list,
            result,
            controller,
            saver,
        )
        view = result.view
        view.set_folder(str(saver.references))
        view.edited.connect(self._on_edited)
        view.keep_clicked.connect(self._on_keep)
        view.folder_clicked.connect(self._on_folder)
        result.timeline.export_clicked.connect(self._on_export_timeline)
        file_list.export_clicked.connect(saver.ask_for_captions)

    @property
    def _path(self) -> Path | None:
        return self._list.current_path()

    def _on_export_timeline(self, kind: str) -> None:
        output = self._result.output
        if self._path is not None and isinstance(output, Timeline):
            self._saver.ask_for_timeline(self._path, output, kind)

    def _on_edited(self, result: Result, text: str) -> None:
        if self._path is not None:
            self._controller.edit(self._path, result, text)

    def _on_keep(self, result: Result) -> None:
        if self._path is not None:
            self._saver.keep(self._path, result)

    def _on_folder(self) -> None:
        if self._saver.ask_for_references():
            self._result.view.set_folder(str(self._saver.references))
