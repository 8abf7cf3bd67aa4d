"""Questions to the user: which file, really delete; and showing a folder in the file manager."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.save_place import ask_in_last_folder
from app.studio import Studio

FOLDER = "library/folder"


def ask_open(studio: Studio, parent: QWidget, title: str, kinds: str) -> Path | None:
    """Let the user choose an existing file; the last folder is remembered."""
    name, _ = QFileDialog.getOpenFileName(parent, title, _last_folder(studio), kinds)
    if not name:
        return None
    path = Path(name)
    studio.settings.setValue(FOLDER, str(path.parent))
    return path


def ask_save(studio: Studio, parent: QWidget, title: str, name: str, kinds: str) -> Path | None:
    """Let the user choose where a file of that name goes; the last folder is remembered."""
    return ask_in_last_folder(studio.settings, FOLDER, parent, title, name, kinds)


def ask_folder(studio: Studio, parent: QWidget, title: str) -> Path | None:
    """Let the user choose a folder; the last one is remembered."""
    folder = QFileDialog.getExistingDirectory(parent, title, _last_folder(studio))
    if not folder:
        return None
    studio.settings.setValue(FOLDER, folder)
    return Path(folder)


def confirm(parent: QWidget, title: str, question: str, action: str) -> bool:
    """Ask before something is taken away; the safe answer is the default."""
    box = QMessageBox(QMessageBox.Icon.Question, title, question, parent=parent)
    yes = box.addButton(action, QMessageBox.ButtonRole.DestructiveRole)
    no = box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(no)
    box.exec()
    return box.clickedButton() is yes


def show_folder(studio: Studio, path: Path) -> None:
    """Open a folder, or the folder of a file, in the system's file manager."""
    folder = path if path.is_dir() else path.parent
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
        studio.message.emit(f"No file manager answered; the folder is {folder}")


def _last_folder(studio: Studio) -> str:
    return str(studio.settings.value(FOLDER, str(Path.home())))
