"""The state before there is anything to show: what this is for, and the one thing to do."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.theme import Theme

WIDEST = 420


class _Sentence(QLabel):
    """Text that is as wide as is easy to read, and narrower where there is no room."""

    def sizeHint(self) -> QSize:
        width = self._comfortable()
        # A little less wide than it will be: a word may wrap earlier than was measured.
        return QSize(width, self.heightForWidth(width - 12))

    def heightForWidth(self, width: int) -> int:
        # The layout asks for the width of the page, but this never gets that wide.
        return super().heightForWidth(min(width, self._comfortable()))

    def _comfortable(self) -> int:
        """Return a width that leaves no word alone on the last of a few lines."""
        wanted = self.fontMetrics().horizontalAdvance(self.text()) + 4
        lines = math.ceil(wanted / WIDEST)
        return min(WIDEST, wanted if lines == 1 else round(wanted / lines * 1.1) + 16)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.fontMetrics().height())


class EmptyState(QWidget):
    """An icon, a title, a sentence, one button, and perhaps a quieter one."""

    clicked = Signal()

    def __init__(
        self,
        theme: Theme,
        icon: str,
        title: str,
        sentence: str,
        button: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.picture = QToolButton()
        self.picture.setIconSize(QSize(48, 48))
        self.picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.picture.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.set_icon(self.picture, icon, "muted")
        self.title = QLabel(title)
        self.title.setProperty("role", "title")
        self.sentence = _Sentence(sentence)
        self.sentence.setProperty("role", "muted")
        self.sentence.setWordWrap(True)
        self.button = QPushButton(button)
        self.button.setProperty("role", "primary")
        self.button.setVisible(bool(button))
        self.button.clicked.connect(self.clicked)
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        layout.addStretch()
        for item in (self.picture, self.title, self.sentence, self.button):
            layout.addWidget(item, 0, Qt.AlignmentFlag.AlignHCenter)
            if isinstance(item, QLabel):
                item.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch()

    def add_quiet(self, text: str) -> QPushButton:
        """Offer something else below the button, less loudly."""
        button = QPushButton(text)
        button.setProperty("role", "quiet")
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(layout.count() - 1, button, 0, Qt.AlignmentFlag.AlignHCenter)
        return button

    def set_texts(self, title: str, sentence: str, button: str | None = None) -> None:
        """Say something else; `button` None leaves the button as it is."""
        self.title.setText(title)
        self.sentence.setText(sentence)
        if button is not None:
            self.button.setText(button)
            self.button.setVisible(bool(button))
