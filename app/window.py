"""The main window: rail, pages made when first shown, menu, status line, orderly closing."""

from __future__ import annotations

import importlib
from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QIcon,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QMessageBox,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.background_training import train_without_window
from app.errors import details_of, sentence_of
from app.jobs import TRAINING_LANE
from app.menus import MainMenus
from app.screen import fitting
from app.sound_paths import is_there
from app.studio import Studio
from app.widgets.banner import Banner
from app.widgets.empty_state import EmptyState
from app.widgets.rail import NavigationRail
from app.widgets.status_line import StatusLine
from core import paths

# name, label, icon, shortcut, class in app.pages.<name>.page
PAGES = (
    ("train", "Train", "chart-line", "Ctrl+1", "TrainPage"),
    ("caption", "Caption", "waveform", "Ctrl+2", "CaptionPage"),
    ("compare", "Compare", "compare-horizontal", "Ctrl+3", "ComparePage"),
    ("library", "Library", "bookshelf", "Ctrl+4", "LibraryPage"),
)
PATIENCE_MS = 20_000


class MainWindow(QMainWindow):
    """The one window. `ask` may be replaced in tests: it gets a question and returns the answer."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self._pages: dict[str, QWidget] = {}
        self._close_agreed = self._train_on = False
        self._question: QMessageBox | None = None
        self.setWindowTitle("AAC Studio")
        self.setWindowIcon(QIcon(str(paths.resources_dir() / "icons" / "aac-studio.svg")))
        # A window that is larger than its screen hides its own foot.
        self.setMinimumSize(fitting(self, QSize(960, 540)))
        self.setAcceptDrops(True)

        self.rail = NavigationRail(studio.theme, [page[:4] for page in PAGES])
        self.stack = QStackedWidget()
        self.banner = Banner(studio.theme)
        self.status_line = StatusLine(studio)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(self.stack, 1)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addWidget(body, 1)
        central = QWidget()
        outer = QVBoxLayout(central)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(row, 1)
        outer.addWidget(self.status_line)
        self.setCentralWidget(central)
        # Else the first button of the rail would begin with the keyboard's frame around it.
        central.setFocus()

        self.menus = MainMenus(self, [page[:4] for page in PAGES])
        self.rail.selected.connect(self.show_page)
        studio.show_page.connect(self.show_page)
        studio.open_in_caption.connect(
            lambda paths: self._bring("caption", "open_in_caption", paths)
        )
        studio.open_in_compare.connect(
            lambda paths: self._bring("compare", "open_in_compare", paths)
        )
        studio.show_run.connect(lambda path: self._bring("train", "show_run", path))
        studio.jobs.idle.connect(self._jobs_idle)
        self._restore()

    def show_page(self, name: str) -> None:
        """Bring a page to the front, making it if it was never shown."""
        if name not in self.rail.buttons:
            return
        page = self._pages.get(name)
        if page is None:
            page = self._make_page(name)
            self._pages[name] = page
            self.stack.addWidget(page)
        self.stack.setCurrentWidget(page)
        focus = self.focusWidget()
        if focus is None or not page.isAncestorOf(focus):
            # The shortcuts of a page are heard while the keyboard is in it.
            page.setFocus()
        self.rail.set_current(name)
        self.studio.settings.setValue("page", name)

    def page(self, name: str) -> QWidget | None:
        """Return a page that was already made."""
        return self._pages.get(name)

    def _bring(self, name: str, signal: str, payload: object) -> None:
        new = name not in self._pages
        self.show_page(name)
        if new:
            # The page did not exist when the signal was sent: send it once more, now to the page.
            QTimer.singleShot(0, self, lambda: getattr(self.studio, signal).emit(payload))

    def _make_page(self, name: str) -> QWidget:
        class_name = next(page[4] for page in PAGES if page[0] == name)
        try:
            module = importlib.import_module(f"app.pages.{name}.page")
            page: QWidget = getattr(module, class_name)(self.studio)
        except Exception as error:
            # One broken page must not take the others with it.
            broken = QWidget()
            layout = QVBoxLayout(broken)
            banner = Banner(self.studio.theme)
            banner.show_message(sentence_of(error), details=details_of(error))
            layout.addWidget(banner)
            layout.addWidget(
                EmptyState(
                    self.studio.theme,
                    "alert-circle-outline",
                    "This page could not be opened",
                    "The other pages work. The details above say what is missing.",
                )
            )
            return broken
        return page

    # Geometry

    def _restore(self) -> None:
        geometry = self.studio.settings.value("geometry")
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            self.resize(fitting(self, QSize(1280, 800)))

    # Dropping files anywhere

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open run folders in Train and everything else in Caption."""
        dropped = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        runs = [path for path in dropped if is_there(path / "config.json")]
        for path in runs:
            self.studio.show_run.emit(str(path))
        sounds = [str(path) for path in dropped if path not in runs]
        if sounds:
            self.studio.open_in_caption.emit(sounds)
        event.acceptProposedAction()

    # Closing: never while a thread runs, never by blocking

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close at once when nothing runs; else ask, stop, and close when the threads ended."""
        jobs = self.studio.jobs
        if not jobs.running():
            # Once, however often the window is told to close.
            train_on, self._train_on = self._train_on, False
            if train_on and not train_without_window():
                self._close_agreed = False
                event.ignore()
                self.banner.close_button.show()
                self.banner.show_message(
                    "Training could not be started without the window. The run is saved and waits "
                    "in the queue of the Train page; close the window again to leave it there."
                )
                return
            self._remember()
            jobs.stop_all()
            event.accept()
            return
        event.ignore()
        if self._close_agreed:
            return
        if self._question is None:
            self._ask_to_close([job.title for job in jobs.running()])

    def _ask_to_close(self, titles: list[str]) -> None:
        box = QMessageBox(self)
        box.setWindowTitle("Work is still running")
        verb = "is" if len(titles) == 1 else "are"
        box.setText(f"{', '.join(titles)} {verb} still running.")
        text = "Stopping saves a checkpoint, so that a training run can be resumed later."
        stop = box.addButton("Stop and close", QMessageBox.ButtonRole.AcceptRole)
        without: QPushButton | None = None
        if any(job.lane == TRAINING_LANE for job in self.studio.jobs.running()):
            text += (
                " Training can also go on without the window, with what waits in the queue; it is "
                "shown when the window is opened again."
            )
            without = box.addButton("Close and train on", QMessageBox.ButtonRole.AcceptRole)
        box.setInformativeText(text)
        keep = box.addButton("Keep working", QMessageBox.ButtonRole.RejectRole)
        stop.setProperty("role", "primary")
        stop.style().polish(stop)
        box.setDefaultButton(stop)
        box.setEscapeButton(keep)
        self._question = box

        def answered(_result: int) -> None:
            answer = box.clickedButton()
            self._question = None
            box.deleteLater()
            self._train_on = without is not None and answer is without
            if self._train_on or answer is stop:
                self.stop_and_close()

        box.finished.connect(answered)
        box.open()

    def stop_and_close(self) -> None:
        """Stop all work; the window closes by itself when the last thread has saved and ended."""
        self._close_agreed = True
        self.banner.show_message("Saving... the window closes when the work has stopped.", "info")
        self.banner.close_button.hide()
        QTimer.singleShot(PATIENCE_MS, self, self._offer_to_leave)
        self.studio.jobs.stop_all()

    def _jobs_idle(self) -> None:
        if self._close_agreed:
            # Not from inside the last job's own signal.
            QTimer.singleShot(0, self, self.close)

    def _offer_to_leave(self) -> None:
        if self.studio.jobs.running():
            self.banner.show_message(
                "The work has not stopped yet. Closing now loses what was not saved.",
                "warning",
                action="Close now",
            )
            self.banner.action_clicked.connect(self._leave)

    def _leave(self) -> None:
        import os

        # A thread that does not end cannot be destroyed safely; run folders survive this.
        self._remember()
        self.studio.settings.sync()
        os._exit(1)

    def _remember(self) -> None:
        self.studio.settings.setValue("geometry", self.saveGeometry())
