"""What stands in place of a sound: that it is being opened, or why it cannot be."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.texts import breakable
from app.theme import Theme

# Most sounds are open sooner than one could read that they are being opened.
PATIENCE_MS = 250


class StageNotice(QWidget):
    """A sentence; for a failure with an icon and with what to do. Signals: `retry_clicked()`,
    `remove_clicked()`.
    """

    retry_clicked = Signal()
    remove_clicked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._coming = ""
        self.sentence = ""
        self.picture = QToolButton()
        self.picture.setIconSize(QSize(32, 32))
        self.picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.picture.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.set_icon(self.picture, "alert-circle-outline", "danger")
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.retry = QPushButton("Try again")
        self.retry.setToolTip("Read the file once more, as it is now")
        self.retry.clicked.connect(self.retry_clicked)
        theme.set_icon(self.retry, "refresh")
        self.remove = QPushButton("Remove from the list")
        self.remove.setToolTip("Take it off the list (Delete); the file stays where it is")
        self.remove.clicked.connect(self.remove_clicked)
        self._actions = QWidget()
        row = QHBoxLayout(self._actions)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addStretch()
        row.addWidget(self.retry)
        row.addWidget(self.remove)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(48, 0, 48, 0)
        column.setSpacing(8)
        column.addStretch()
        column.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.label)
        column.addWidget(self._actions)
        column.addStretch()
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._on_patience)
        self.clear()

    def clear(self) -> None:
        """Say nothing."""
        self._patience.stop()
        self._show("", failed=False)

    def expect(self, name: str) -> None:
        """Say that the sound called `name` is being opened, if that takes a while."""
        self.clear()
        self._coming = name
        self._patience.start()

    def show_failure(self, sentence: str) -> None:
        """Say why there is no sound."""
        self._patience.stop()
        self._show(sentence, failed=True)

    def _on_patience(self) -> None:
        self._show(f"Opening {self._coming}…", failed=False)

    def _show(self, sentence: str, failed: bool) -> None:
        self.sentence = sentence
        self.label.setText(breakable(sentence))
        self.label.setProperty("role", "" if failed else "muted")
        self.label.style().unpolish(self.label)
        self.label.style().polish(self.label)
        self.picture.setVisible(failed)
        self._actions.setVisible(failed)
