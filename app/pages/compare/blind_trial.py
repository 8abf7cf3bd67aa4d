"""One decision of a blind test: a sound, two captions without names, and the keys."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeySequence, QPainter, QPaintEvent, QPen, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.pages.compare.clip_sound import ClipSound
from app.pages.compare.work import ComparedClip
from app.studio import Studio
from app.theme import Theme
from core.evaluation.blind import Trial

# No letters for the sides: above, A and B are the systems, and these are drawn at random.
_KEYS = {"left": "1", "right": "2", "tie": "T"}


class CaptionCard(QAbstractButton):
    """A caption as a large button."""

    def __init__(self, theme: Theme, number: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAccessibleName(f"Caption {number} is better")
        self.setToolTip(f"Caption {number} is better ({number})")
        self.setMinimumHeight(104)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.number = QLabel(number)
        self.number.setProperty("role", "muted")
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setProperty("role", "sentence")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 10, 16, 12)
        for part in (self.number, self.label):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            layout.addWidget(part)
        layout.addStretch(1)

    def sizeHint(self) -> QSize:
        """Room for three lines."""
        return QSize(400, 112)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card: lighter under the pointer, framed where the keyboard is."""
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        active = self.isDown() or self.hasFocus()
        painter.setPen(QPen(QColor(colours.accent if active else colours.line_strong), 1.0))
        painter.setBrush(QColor(colours.hover if self.underMouse() else colours.panel))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 6, 6)
        painter.end()

    def show_text(self, text: str) -> None:
        """Show a caption."""
        self.label.setText(text)
        self.setAccessibleDescription(text)


class TrialView(QWidget):
    """Signals: `decided(side)` with "left", "right" or "tie", and `back_clicked()`."""

    decided = Signal(str)
    back_clicked = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sound = ClipSound(studio)
        self.sound.explain.hide()
        self.sound.setMaximumHeight(300)
        self.question = QLabel("Which caption describes the sound better?")
        self.question.setProperty("role", "section")
        self.left = CaptionCard(studio.theme, _KEYS["left"])
        self.right = CaptionCard(studio.theme, _KEYS["right"])
        self.tie = QPushButton("Equally good")
        self.tie.setToolTip("Neither is better (T)")
        self.back = QPushButton("Back")
        self.back.setToolTip("Take the last decision back (Backspace)")
        studio.theme.set_icon(self.back, "undo")
        cards = QHBoxLayout()
        cards.setSpacing(16)
        cards.addWidget(self.left, 1)
        cards.addWidget(self.right, 1)
        under = QHBoxLayout()
        under.addWidget(self.back)
        under.addStretch(1)
        under.addWidget(self.tie)
        under.addStretch(1)
        hint = QLabel("Keys: 1, 2, T, P to play, Backspace")
        hint.setProperty("role", "hint")
        under.addWidget(hint)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 8, 12)
        layout.setSpacing(10)
        # The sound brings margins of its own.
        layout.addWidget(self.sound, 1)
        words = QVBoxLayout()
        words.setContentsMargins(12, 0, 4, 0)
        words.setSpacing(10)
        words.addWidget(self.question)
        words.addLayout(cards)
        words.addLayout(under)
        layout.addLayout(words)
        layout.addStretch(0)
        for side, button in (("left", self.left), ("right", self.right), ("tie", self.tie)):
            button.clicked.connect(partial(self.decided.emit, side))
            self._key(_KEYS[side], button)
        self.back.clicked.connect(self.back_clicked)
        self._key("Backspace", self.back)
        self._key("P", self.sound.play)

    def show_trial(self, trial: Trial, clip: ComparedClip | None, first: bool) -> None:
        """Show what is to be decided; `clip` is None where the sound is not to be had."""
        one, two = trial.shown
        self.left.show_text(one)
        self.right.show_text(two)
        self.back.setEnabled(not first)
        self.sound.show_clip(clip)
        self.sound.explain.hide()
        # What the clip is called or tagged with may give the answer away.
        self.sound.title.setText("Listen" if clip else "The sound is not to be found")
        self.sound.facts.setText("" if clip else trial.clip)

    def _key(self, key: str, button: QAbstractButton) -> None:
        shortcut = QShortcut(QKeySequence(key), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(button.click)
