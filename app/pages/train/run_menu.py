"""What can be done with a run in the list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu

from core.runs import RunFolder
from core.runs.transfer import export_run

if TYPE_CHECKING:
    from app.pages.train.page import TrainPage


class RunMenu(QObject):
    """The context menu of the run list."""

    def __init__(self, page: TrainPage) -> None:
        super().__init__(page)
        self._page = page

    def build(self, key: str) -> QMenu:
        """Return the menu for a run; what is not possible is disabled and says why."""
        page = self._page
        run, state = RunFolder(Path(key)), page.state(key)
        busy = state in ("running", "paused", "stopping", "queued", "elsewhere")
        menu = QMenu(page)
        menu.setToolTipsVisible(True)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        resume = menu.addAction("Resume", lambda: page.sessions.resume(key))
        resume.setEnabled(page.can_resume(key))
        if state == "finished":
            resume.setToolTip("The run is finished; start a new one from its checkpoint")
        menu.addAction("Use these settings", lambda: page.use_settings(key))
        menu.addSeparator()
        best = run.best if run.best.exists() else run.last
        caption = menu.addAction("Open its checkpoint in Compare", lambda: self._compare(best))
        caption.setEnabled(best.exists())
        if not best.exists():
            caption.setToolTip("No checkpoint was saved yet")
        menu.addSeparator()
        menu.addAction("Rename...", lambda: self._rename(key))
        menu.addAction("Open folder", lambda: self._open(key))
        menu.addAction("Export as one file...", lambda: self._export(run))
        delete = menu.addAction("Move to the bin", lambda: page.delete_run(key))
        delete.setEnabled(not busy)
        if busy:
            delete.setToolTip("Stop the run first")
        return menu

    def open(self, key: str, place: QPoint) -> None:
        """Open the menu at a place on the screen."""
        self.build(key).popup(place)

    def _compare(self, checkpoint: Path) -> None:
        self._page.studio.open_in_compare.emit([str(checkpoint)])

    def _rename(self, key: str) -> None:
        dialog = QInputDialog(self._page)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Rename run")
        dialog.setLabelText("Title of the run")
        dialog.setTextValue(RunFolder(Path(key)).title())
        dialog.textValueSelected.connect(lambda title: self._page.rename_run(key, title))
        dialog.open()

    def _open(self, key: str) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(key))

    def _export(self, run: RunFolder) -> None:
        page = self._page
        start = str(Path.home() / f"{run.name}.zip")
        name, _ = QFileDialog.getSaveFileName(page, "Export run", start, "Archive (*.zip)")
        if name:
            page.studio.jobs.run_quick(
                lambda: export_run(run, Path(name)),
                lambda path: page.studio.message.emit(f"Run exported to {path}."),
                lambda sentence, details: page.banner.show_message(sentence, "danger", details),
                page,
            )
