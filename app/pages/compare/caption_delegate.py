"""Draws a caption with its differing words marked, and its log-probability after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.pages.compare.results import CELL_ROLE, CaptionCell
from app.pages.compare.word_diff import Word
from app.theme import Colours, Theme, blend, run_colour

LINES = 2
MARGIN = 8.0
ELLIPSIS = "…"


@dataclass(frozen=True)
class Placed:
    """One word and where it stands: line from 0, left edge and width in pixels."""

    text: str
    line: int
    x: float
    width: float
    differs: bool


def place_words(
    words: Sequence[Word], metrics: QFontMetricsF, width: float, lines: int, tail: float
) -> tuple[list[Placed], int, float]:
    """Break words into at most `lines` lines of `width` pixels.

    `tail` pixels stay free after the last word. Returns the words, and line and position where the
    tail goes; words that do not fit are replaced by an ellipsis.
    """
    space = metrics.horizontalAdvance(" ")
    dots = metrics.horizontalAdvance(ELLIPSIS)
    placed: list[Placed] = []
    line, x = 0, 0.0
    for number, word in enumerate(words):
        wide = metrics.horizontalAdvance(word.text)
        is_last = number == len(words) - 1
        last_line = line == lines - 1
        room = width - (tail + (0.0 if is_last else space + dots) if last_line else 0.0)
        if x > 0 and x + wide > room:
            if last_line:
                placed.append(Placed(ELLIPSIS, line, x, dots, False))
                return placed, line, x + dots
            line, x = line + 1, 0.0
        placed.append(Placed(word.text, line, x, wide, word.differs))
        x += wide + space
    if x + tail > width and line < lines - 1 and placed:
        return placed, line + 1, 0.0
    return placed, line, max(0.0, x - space)


def marked_runs(placed: Sequence[Placed]) -> list[tuple[int, float, float]]:
    """Return (line, left, right) of each stretch of marked words that stand side by side."""
    runs: list[tuple[int, float, float]] = []
    before: Placed | None = None
    for word in placed:
        if word.differs:
            right = word.x + word.width
            if before is not None and before.differs and before.line == word.line:
                runs[-1] = (word.line, runs[-1][1], right)
            else:
                runs.append((word.line, word.x, right))
        before = word
    return runs


def mark_colours(system: int, colours: Colours) -> tuple[str, str]:
    """Return ground and underline of a marked word of a system."""
    hue = run_colour(system)
    return blend(hue, colours.panel, 0.34 if colours.dark else 0.18), hue


class CaptionDelegate(QStyledItemDelegate):
    """For the columns of systems; the first column is drawn as usual."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Two lines of text."""
        return QSize(200, row_height(option.font))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw the ground as the style does, then the words."""
        cell = index.data(CELL_ROLE)
        if not isinstance(cell, CaptionCell):
            super().paint(painter, option, index)
            return
        opt = QStyleOptionViewItem(option)
        self.initStyleOption(opt, index)
        opt.text = ""
        widget = opt.widget
        style = widget.style() if widget is not None else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, opt, painter, widget)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw(painter, QRectF(opt.rect).adjusted(MARGIN, 6, -MARGIN, -6), opt.font, cell)
        painter.restore()

    def _draw(self, painter: QPainter, area: QRectF, font: QFont, cell: CaptionCell) -> None:
        colours = self._theme.colours
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        if not cell.words:
            painter.setPen(QColor(colours.danger if cell.problem else colours.muted))
            flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
            painter.drawText(area, int(flags), cell.problem or "–")
            return
        small = QFont(font)
        small.setPixelSize(11)
        score = "" if cell.log_prob is None else f"{cell.log_prob:.2f}".replace("-", "−")
        gap = metrics.horizontalAdvance(" ") * 1.5
        tail = QFontMetricsF(small).horizontalAdvance(score) + gap if score else 0.0
        placed, line, x = place_words(cell.words, metrics, area.width(), LINES, tail)
        ground, underline = mark_colours(cell.system, colours)
        height = metrics.lineSpacing() + 2
        lines = max(line, *(word.line for word in placed)) + 1
        area.setTop(area.center().y() - lines * height / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        for run_line, left, right in marked_runs(placed):
            top = area.top() + run_line * height
            box = QRectF(area.left() + left - 1.5, top, right - left + 3, metrics.height())
            painter.drawRoundedRect(box, 2.5, 2.5)
            painter.fillRect(
                QRectF(box.left(), box.bottom() - 1.5, box.width(), 1.5), QColor(underline)
            )
        painter.setPen(QColor(colours.text))
        for word in placed:
            top = area.top() + word.line * height
            painter.drawText(QPointF(area.left() + word.x, top + metrics.ascent()), word.text)
        if score:
            painter.setFont(small)
            painter.setPen(QColor(colours.muted))
            base = area.top() + line * height + metrics.ascent()
            painter.drawText(QPointF(area.left() + x + (gap if x else 0.0), base), score)


def row_height(font: QFont) -> int:
    """Return the height of a row that holds two lines."""
    return round(LINES * (QFontMetricsF(font).lineSpacing() + 2) + 14)
