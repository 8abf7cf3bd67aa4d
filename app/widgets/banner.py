"""One sentence about something that went wrong or needs attention, where it happened."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.texts import breakable
from app.theme import Theme

_ICONS = {
    "danger": ("alert-circle-outline", "danger"),
    "warning": ("alert-outline", "warning"),
    "info": ("information-outline", "accent"),
}


class Banner(QFrame):
    """Hidden until `show_message`; the full traceback is one click away."""

    action_clicked = Signal()
    dismissed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.sentence = ""
        self.setProperty("role", "banner")
        self._picture = QToolButton()
        self._picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._picture.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.action = QPushButton()
        self.action.setProperty("role", "quiet")
        self.action.clicked.connect(self.action_clicked)
        self.more = QPushButton("Details")
        self.more.setProperty("role", "quiet")
        self.more.setCheckable(True)
        self.more.toggled.connect(self._toggle_details)
        self.close_button = QToolButton()
        self.close_button.setToolTip("Dismiss")
        self.close_button.setAccessibleName("Dismiss message")
        theme.set_icon(self.close_button, "close", "muted")
        self.close_button.clicked.connect(self.dismiss)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setMaximumHeight(160)
        self.copy = QPushButton("Copy details")
        self.copy.clicked.connect(self._copy)
        top = QHBoxLayout()
        top.setSpacing(8)
        for item in (self._picture, self.label, self.action, self.more, self.close_button):
            top.addWidget(item, 1 if item is self.label else 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.details)
        layout.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def focus_order(self) -> list[QWidget]:
        """Return what can have the focus, in reading order."""
        return [self.action, self.more, self.close_button, self.details, self.copy]

    def show_message(
        self, sentence: str, tone: str = "danger", details: str = "", action: str = ""
    ) -> None:
        """Show a sentence; `tone` is "danger", "warning" or "info", `action` a button's text."""
        self.sentence = sentence
        self.label.setText(breakable(sentence))
        self.setProperty("tone", tone)
        self.style().unpolish(self)
        self.style().polish(self)
        self._theme.set_icon(self._picture, *_ICONS[tone])
        self.details.setPlainText(details)
        self.more.setVisible(bool(details))
        self.more.setChecked(False)
        self._toggle_details(False)
        self.action.setText(action)
        self.action.setVisible(bool(action))
        self.show()

    def dismiss(self) -> None:
        """Hide the message."""
        self.hide()
        self.dismissed.emit()

    def _toggle_details(self, shown: bool) -> None:
        self.details.setVisible(shown)
        self.copy.setVisible(shown)

    def _copy(self) -> None:
        text = f"{self.sentence}\n\n{self.details.toPlainText()}"
        QApplication.clipboard().setText(text)
