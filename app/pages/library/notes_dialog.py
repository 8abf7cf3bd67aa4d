"""Name, tags and a note on a run or a checkpoint."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from core.notes import Notes, tags_of

LONGEST_TITLE = 80


class NotesDialog(QDialog):
    """`saved(Notes)` when the user agrees. `given` is the name without one of the user's own."""

    saved = Signal(object)

    def __init__(self, title: str, notes: Notes, given: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setMinimumSize(440, 300)
        self.name = QLineEdit(notes.title)
        self.name.setMaxLength(LONGEST_TITLE)
        self.name.setPlaceholderText(given)
        self.name.setAccessibleName("Name")
        self.tags = QLineEdit(", ".join(notes.tags))
        self.tags.setPlaceholderText("for example: paper, seed 1")
        self.tags.setAccessibleName("Tags, with commas between them")
        self.note = QPlainTextEdit(notes.note)
        self.note.setAccessibleName("Note")
        self.note.setTabChangesFocus(True)
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.addRow("Name", self.name)
        form.addRow("Tags", self.tags)
        form.addRow("Note", self.note)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        save = buttons.addButton("Save", QDialogButtonBox.ButtonRole.AcceptRole)
        save.setProperty("role", "primary")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form, 1)
        layout.addWidget(buttons)

    def accept(self) -> None:
        """Tell what was written."""
        title = self.name.text().strip()
        self.saved.emit(Notes(title, tags_of(self.tags.text()), self.note.toPlainText().strip()))
        super().accept()
