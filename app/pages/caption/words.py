"""The caption itself: words that show how sure the model is and when it listened."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QFocusEvent
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget
from superqt import QFlowLayout

from core.captions import Caption

if TYPE_CHECKING:
    from app.palette import Colours

CAPTION_PIXELS = 20
# A word of probability 0 gets this share of the hue behind it, a certain one none.
STRONGEST_SHADE = 0.45
DOUBT_HUE = "#56B4E9"


class WordButton(QPushButton):
    """One word. `entered(index)` and `exited()` follow the pointer and the keyboard focus."""

    entered = Signal(int)
    exited = Signal()
    chosen = Signal(int)

    def __init__(self, index: int, text: str, log_prob: float, parent: QWidget) -> None:
        super().__init__(text, parent)
        self.index = index
        self.probability = math.exp(log_prob)
        self.setFlat(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._on_clicked)

    def describe(self, moment: str) -> None:
        """Say the probability and the moment, for the pointer and for screen readers."""
        self.setToolTip(
            f"Probability {self.probability:.2f}\nListens most at {moment}: click to play it"
        )
        self.setAccessibleName(self.text())
        self.setAccessibleDescription(
            f"probability {self.probability:.2f}, listens most at {moment}; press to play"
        )

    def paint_with(self, colours: Colours) -> None:
        """Shade the background by the doubt in the word."""
        shade = QColor(DOUBT_HUE)
        opacity = STRONGEST_SHADE * (1.0 - self.probability)
        self.setStyleSheet(
            "WordButton { border: 1px solid transparent; border-radius: 4px; padding: 1px 4px;"
            f" font-size: {CAPTION_PIXELS}px; color: {colours.text};"
            f" background: rgba({shade.red()}, {shade.green()}, {shade.blue()}, {opacity:.3f}); }}"
            f"WordButton:hover, WordButton:focus {{ border-color: {colours.muted}; }}"
        )

    def _on_clicked(self) -> None:
        self.chosen.emit(self.index)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Tell that the pointer is on the word."""
        super().enterEvent(event)
        self.entered.emit(self.index)

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that the pointer left the word."""
        super().leaveEvent(event)
        self.exited.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell that the keyboard is on the word."""
        super().focusInEvent(event)
        self.entered.emit(self.index)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell that the keyboard left the word."""
        super().focusOutEvent(event)
        self.exited.emit()


class CaptionWords(QWidget):
    """The words of a caption in a line that wraps.

    Signals: `word_entered(index)`, `word_left()`, `word_chosen(index)`.
    """

    word_entered = Signal(int)
    word_left = Signal()
    word_chosen = Signal(int)

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours = colours
        self._flow = QFlowLayout(self)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self._flow.setHorizontalSpacing(0)
        self._flow.setVerticalSpacing(2)
        self.buttons: list[WordButton] = []
        self._labels: list[QLabel] = []
        self.setAccessibleName("Caption")

    def show_caption(self, caption: Caption | None, moments: list[str], edited: str = "") -> None:
        """Show the words of `caption`; `moments` says for each when it was heard.

        Words that are not the model's own, `edited` ones or those about silence, are plain text.
        """
        for part in (*self.buttons, *self._labels):
            self._flow.removeWidget(part)
            part.hide()
            part.deleteLater()
        self.buttons, self._labels = [], []
        if caption is None:
            return
        if text := _apart(caption, edited):
            self._label(text)
        if edited or caption.wording == "silence":
            self.setAccessibleDescription(edited or caption.text)
            return
        for index, (token, moment) in enumerate(zip(caption.tokens, moments, strict=True)):
            button = WordButton(index, token.text, token.log_prob, self)
            button.describe(moment)
            button.paint_with(self._colours)
            button.entered.connect(self.word_entered)
            button.exited.connect(self.word_left)
            button.chosen.connect(self.word_chosen)
            self._flow.addWidget(button)
            self.buttons.append(button)
        self.setAccessibleDescription(caption.text)

    def set_colours(self, colours: Colours) -> None:
        """Paint with the colours of the theme."""
        self._colours = colours
        for button in self.buttons:
            button.paint_with(colours)

    def _label(self, text: str) -> None:
        # Word by word, so that the line wraps where it must.
        for word in text.split():
            label = QLabel(word)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setStyleSheet(f"font-size: {CAPTION_PIXELS}px; padding: 2px 3px;")
            label.setIndent(0)  # Qt adds half a letter where there is padding
            self._flow.addWidget(label)
            self._labels.append(label)


def _apart(caption: Caption, edited: str) -> str:
    """Return what is to be read beside or in place of the model's own words."""
    if edited:
        return edited
    if caption.wording == "silence":
        return caption.text
    if not caption.tokens:
        return "The model has no words for this sound."
    if caption.wording == "possible" and caption.text.endswith(caption.hypothesis):
        return caption.text.removesuffix(caption.hypothesis)
    return ""
