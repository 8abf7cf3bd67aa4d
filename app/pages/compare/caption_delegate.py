"""Draws a caption with its differing words marked, and its figure with a bar below it."""

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

from app.pages.compare.results import CELL_ROLE, GAIN_ROLE
from app.pages.compare.rows import CaptionCell, GainCell
from app.pages.compare.word_diff import Word
from app.palette import Colours, blend, run_colour
from app.theme import Theme

LINES = 2
MARGIN = 8.0
BAR = 3.0
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
    """For the columns of systems and gains; the first column is drawn as usual."""

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
        gain = index.data(GAIN_ROLE)
        if not isinstance(cell, CaptionCell) and not isinstance(gain, GainCell):
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
        area = QRectF(opt.rect).adjusted(MARGIN, 5, -MARGIN, -5)
        if isinstance(gain, GainCell):
            self._draw_gain(painter, area, opt.font, gain)
        else:
            self._draw(painter, area, opt.font, cell)
        painter.restore()

    def _draw_gain(self, painter: QPainter, area: QRectF, font: QFont, gain: GainCell) -> None:
        """Draw the figure, and below it a bar to the right for a gain, to the left for a loss."""
        colours = self._theme.colours
        painter.setFont(font)
        painter.setPen(QColor(colours.text))
        middle = area.center().x()
        text = QRectF(area.left(), area.top(), area.width(), area.height() - BAR - 4)
        painter.drawText(text, int(Qt.AlignmentFlag.AlignCenter), gain.text)
        top = area.bottom() - BAR
        painter.fillRect(QRectF(area.left(), top, area.width(), BAR), QColor(colours.line))
        width = area.width() / 2 * min(1.0, abs(gain.share))
        left = middle if gain.share >= 0 else middle - width
        # The colour is that of the system that has the better figure.
        hue = run_colour(gain.system if gain.share >= 0 else 0)
        painter.fillRect(QRectF(left, top, width, BAR), QColor(hue))
        painter.fillRect(QRectF(middle - 0.5, top - 2, 1, BAR + 4), QColor(colours.muted))

    def _draw_bar(self, painter: QPainter, area: QRectF, cell: CaptionCell) -> None:
        colours = self._theme.colours
        bar = QRectF(area.left(), area.bottom() - BAR, area.width(), BAR)
        painter.fillRect(bar, QColor(colours.line))
        bar.setWidth(area.width() * (cell.share or 0.0))
        painter.fillRect(bar, QColor(run_colour(cell.system)))

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
        score = cell.figure
        if cell.share is not None:
            self._draw_bar(painter, area, cell)
        area.setBottom(area.bottom() - BAR - 3)
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
    """Return the height of a row that holds two lines and a bar."""
    return round(LINES * (QFontMetricsF(font).lineSpacing() + 2) + BAR + 15)
