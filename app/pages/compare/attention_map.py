"""Where each word of a caption listens: one line a word, time from left to right."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.palette import run_colour
from app.theme import Theme
from core.captions import Caption

LINE = 15
MOST_LABEL = 84


class AttentionMap(QWidget):
    """One hue over grey, each line from its least to its most.

    Signals: `entered(word)` and `left()`.
    """

    entered = Signal(int)
    left = Signal()

    def __init__(self, theme: Theme, system: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._system = theme, system
        self._caption: Caption | None = None
        self._image = QImage()
        self._current = -1
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Attention of each word over time")
        self.setToolTip("When each word listens; point at a line to see it in the spectrogram")

    def show_caption(self, caption: Caption | None) -> None:
        """Show a caption's attention; None, or one without words, hides the map."""
        weights = None if caption is None else caption.attention
        usable = weights is not None and weights.size > 0 and len(weights) > 0
        self._caption = caption if usable else None
        self._current = -1
        self.setVisible(usable)
        if usable and weights is not None:
            self._make_image(weights)
            self.setFixedHeight(LINE * len(weights))
        self.update()

    def recolour(self) -> None:
        """Draw with the colours of the theme."""
        if self._caption is not None:
            self._make_image(self._caption.attention)
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(180, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw words and image."""
        caption = self._caption
        if caption is None:
            return
        colours = self._theme.colours
        painter = QPainter(self)
        font = self.font()
        font.setPixelSize(11)
        painter.setFont(font)
        metrics = QFontMetrics(font)
        label = self._label_width(metrics, caption)
        for number, token in enumerate(caption.tokens):
            box = QRectF(0, number * LINE, label - 6, LINE)
            painter.setPen(QColor(colours.text if number == self._current else colours.muted))
            text = metrics.elidedText(token.text, Qt.TextElideMode.ElideRight, label - 6)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, int(flags), text)
        area = QRectF(label, 0, self.width() - label, self.height())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(area, self._image)
        if self._current >= 0:
            painter.setPen(QColor(colours.muted))
            painter.drawRect(
                area.adjusted(0, self._current * LINE, -1, 0)
                .toRect()
                .adjusted(0, 0, 0, -(self.height() - (self._current + 1) * LINE) - 1)
            )
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which word is pointed at."""
        if self._caption is None:
            return
        number = int(event.position().y() // LINE)
        if number != self._current and 0 <= number < len(self._caption.tokens):
            self._current = number
            self.update()
            self.entered.emit(number)

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that no word is pointed at."""
        super().leaveEvent(event)
        self._current = -1
        self.update()
        self.left.emit()

    def _label_width(self, metrics: QFontMetrics, caption: Caption) -> int:
        widest = max((metrics.horizontalAdvance(token.text) for token in caption.tokens), default=0)
        return min(MOST_LABEL, widest + 8)

    def _make_image(self, weights: np.ndarray) -> None:
        low, high = (find(axis=1, keepdims=True) for find in (weights.min, weights.max))
        share = (weights - low) / np.maximum(high - low, 1e-9)
        ground = _rgb(self._theme.colours.line)
        hue = _rgb(run_colour(self._system))
        colours = ground + share[..., None] * (hue - ground)
        pixels = np.ascontiguousarray(np.clip(colours, 0, 255).astype(np.uint8))
        height, width, _ = pixels.shape
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self._image = image.copy()


def _rgb(colour: str) -> np.ndarray:
    found = QColor(colour)
    return np.array([found.red(), found.green(), found.blue()], dtype=float)
