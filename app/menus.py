"""The menu bar: opening files, going to pages, help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QAction, QDesktopServices, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QMenu,
    QScrollArea,
    QVBoxLayout,
)

from app.dialogs import about_text, shortcuts_text
from app.screen import fitting
from core import paths

if TYPE_CHECKING:
    from app.window import MainWindow

WIDE, HIGH = 560, 640


class MainMenus:
    """Fills the menu bar of the window; `pages` are rows of name, label, icon and shortcut."""

    def __init__(self, window: MainWindow, pages: Sequence[Sequence[str]]) -> None:
        self._window, self._studio = window, window.studio
        bar = window.menuBar()
        file_menu = bar.addMenu("&File")
        self._add(file_menu, "Open sound...", self._open_sound, "Ctrl+O", "folder-open-outline")
        self._add(file_menu, "Open run folder...", self._open_run, "Ctrl+Shift+O", "folder-outline")
        file_menu.addSeparator()
        self._add(file_menu, "Quit", window.close, "Ctrl+Q", "exit-to-app")
        view_menu = bar.addMenu("&View")
        for name, label, icon, shortcut in pages:
            self._add(view_menu, label, lambda n=name: window.show_page(n), shortcut, icon)
        view_menu.addSeparator()
        view_menu.addMenu(window.rail.theme_menu)
        help_menu = bar.addMenu("&Help")
        self._add(help_menu, "Keyboard shortcuts", self.show_shortcuts, "F1", "keyboard-outline")
        self._add(help_menu, "Open log folder", self._open_logs, "", "text-box-outline")
        help_menu.addSeparator()
        self._add(help_menu, "About AAC Studio", self.show_about, "", "information-outline")

    def show_shortcuts(self) -> None:
        """List the shortcuts of all pages."""
        self._tell("Keyboard shortcuts", shortcuts_text())

    def show_about(self) -> None:
        """Tell the version and the licences."""
        self._tell("About AAC Studio", about_text())

    def _add(
        self, menu: QMenu, text: str, slot: Callable[..., object], shortcut: str, icon: str
    ) -> None:
        action = QAction(text, self._window)
        action.setShortcut(QKeySequence(shortcut))
        self._studio.theme.set_icon(action, icon, "muted")
        action.triggered.connect(lambda _checked=False: slot())
        menu.addAction(action)

    def _open_sound(self) -> None:
        # Only the sound libraries know what can be opened; loading them would delay the window.
        from app.sound_paths import dialog_filter

        start = str(self._studio.settings.value("folders/sound", str(Path.home())))
        files, _ = QFileDialog.getOpenFileNames(self._window, "Open sound", start, dialog_filter())
        if files:
            self._studio.settings.setValue("folders/sound", str(Path(files[0]).parent))
            self._studio.open_in_caption.emit(files)

    def _open_run(self) -> None:
        start = str(paths.runs_dir())
        folder = QFileDialog.getExistingDirectory(self._window, "Open run folder", start)
        if folder:
            self._studio.show_run.emit(folder)

    def _open_logs(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(paths.logs_dir())))

    def _tell(self, title: str, text: str) -> None:
        dialog = QDialog(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(title)
        words = QLabel(text)
        words.setTextFormat(Qt.TextFormat.RichText)
        words.setWordWrap(True)
        words.setContentsMargins(16, 8, 16, 8)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        words.setOpenExternalLinks(True)
        # There is more to tell than a small screen can show at once.
        area = QScrollArea()
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(words)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(dialog.reject)
        layout = QVBoxLayout(dialog)
        layout.addWidget(area, 1)
        layout.addWidget(buttons)
        least = words.heightForWidth(WIDE - 60) + 80
        dialog.resize(fitting(dialog, QSize(WIDE, min(least, HIGH))))
        dialog.open()
