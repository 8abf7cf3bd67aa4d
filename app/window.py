"""The main window: rail, pages made when first shown, menu, status line, orderly closing."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, QTimer, QUrl
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QIcon,
    QKeySequence,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QMessageBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.dialogs import about_text, shortcuts_text
from app.jobs import details_of, sentence_of
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
AUDIO_FILTER = "Sound files (*.wav *.flac *.ogg *.opus *.mp3 *.aiff *.aif *.au);;All files (*)"
PATIENCE_MS = 20_000


class MainWindow(QMainWindow):
    """The one window. `ask` may be replaced in tests: it gets a question and returns the answer."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self._pages: dict[str, QWidget] = {}
        self._close_agreed = False
        self._question: QMessageBox | None = None
        self.setWindowTitle("AAC Studio")
        self.setWindowIcon(QIcon(str(paths.resources_dir() / "icons" / "aac-studio.svg")))
        self.setMinimumSize(960, 540)
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

        self._make_menus()
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

    # Menus

    def _make_menus(self) -> None:
        bar = self.menuBar()
        file_menu = bar.addMenu("&File")
        self._add(file_menu, "Open sound...", self._open_sound, "Ctrl+O", "folder-open-outline")
        self._add(file_menu, "Open run folder...", self._open_run, "Ctrl+Shift+O", "folder-outline")
        file_menu.addSeparator()
        self._add(file_menu, "Quit", self.close, "Ctrl+Q", "exit-to-app")
        view_menu = bar.addMenu("&View")
        for name, label, icon, shortcut, _ in PAGES:
            self._add(view_menu, label, lambda n=name: self.show_page(n), shortcut, icon)
        view_menu.addSeparator()
        view_menu.addMenu(self.rail.theme_menu)
        help_menu = bar.addMenu("&Help")
        self._add(help_menu, "Keyboard shortcuts", self._show_shortcuts, "F1", "keyboard-outline")
        self._add(help_menu, "Open log folder", self._open_logs, "", "text-box-outline")
        help_menu.addSeparator()
        self._add(help_menu, "About AAC Studio", self._show_about, "", "information-outline")

    def _add(
        self,
        menu: QWidget,
        text: str,
        slot: Callable[..., object],
        shortcut: str,
        icon: str,
    ) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(shortcut))
        self.studio.theme.set_icon(action, icon, "muted")
        action.triggered.connect(lambda _checked=False: slot())
        menu.addAction(action)
        return action

    def _open_sound(self) -> None:
        start = str(self.studio.settings.value("folders/sound", str(Path.home())))
        files, _ = QFileDialog.getOpenFileNames(self, "Open sound", start, AUDIO_FILTER)
        if files:
            self.studio.settings.setValue("folders/sound", str(Path(files[0]).parent))
            self.studio.open_in_caption.emit(files)

    def _open_run(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Open run folder", str(paths.runs_dir()))
        if folder:
            self.studio.show_run.emit(folder)

    def _open_logs(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(paths.logs_dir())))

    def _show_shortcuts(self) -> None:
        self._tell("Keyboard shortcuts", shortcuts_text())

    def _show_about(self) -> None:
        self._tell("About AAC Studio", about_text())

    def _tell(self, title: str, text: str) -> None:
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(title)
        box.setTextFormat(Qt.TextFormat.RichText)
        box.setText(text)
        box.setStandardButtons(QMessageBox.StandardButton.Close)
        box.open()

    # Geometry

    def _restore(self) -> None:
        geometry = self.studio.settings.value("geometry")
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            self.resize(1280, 800)

    # Dropping files anywhere

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open run folders in Train and everything else in Caption."""
        dropped = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        runs = [path for path in dropped if (path / "config.json").is_file()]
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
        box.setInformativeText(
            "Stopping saves a checkpoint, so that a training run can be resumed later."
        )
        stop = box.addButton("Stop and close", QMessageBox.ButtonRole.AcceptRole)
        keep = box.addButton("Keep working", QMessageBox.ButtonRole.RejectRole)
        stop.setProperty("role", "primary")
        stop.style().polish(stop)
        box.setDefaultButton(stop)
        box.setEscapeButton(keep)
        self._question = box

        def answered(_result: int) -> None:
            agreed = box.clickedButton() is stop
            self._question = None
            box.deleteLater()
            if agreed:
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
