"""A header whose arrow of the sorted column stands beside its title, not above it or over it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QHeaderView, QStyleOptionHeader, QWidget

from app.theme import current

# The padding of a section and the size of its title, as in the style sheet.
_PADDING, _TITLE = 6, 11
_GAP, _HALF, _HIGH = 5, 3.5, 3.5


class SortHeader(QHeaderView):
    """The titles of a table's columns; of the sorted one an arrow tells the direction."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setSectionsClickable(True)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def initStyleOptionForIndex(self, option: QStyleOptionHeader, index: int) -> None:
        """Keep the style from drawing an arrow of its own, which would cover a right title."""
        super().initStyleOptionForIndex(option, index)
        option.sortIndicator = QStyleOptionHeader.SortIndicator.None_
        if self._is_sorted(index):
            room = self.sectionSize(index) - 2 * _PADDING - _GAP - round(2 * _HALF)
            metrics = QFontMetrics(self._title_font())
            option.text = metrics.elidedText(self._title(index), Qt.TextElideMode.ElideRight, room)

    def paintSection(self, painter: QPainter, rect: QRect, index: int) -> None:
        """Draw the title, then the arrow beside it."""
        painter.save()
        super().paintSection(painter, rect, index)
        painter.restore()
        if not self._is_sorted(index):
            return
        up = self.sortIndicatorOrder() == Qt.SortOrder.AscendingOrder
        middle = QPointF(self.arrow_place(rect, index), rect.center().y() + 0.5)
        tip = -_HIGH / 2 if up else _HIGH / 2
        points = [QPointF(-_HALF, -tip), QPointF(0, tip), QPointF(_HALF, -tip)]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(current().muted), 1.4))
        painter.drawPolyline(QPolygonF([middle + point for point in points]))
        painter.restore()

    def arrow_place(self, rect: QRect, index: int) -> float:
        """Return the middle of the arrow: right of a left title, left of a right one."""
        metrics = QFontMetrics(self._title_font())
        width = metrics.horizontalAdvance(self._title(index)) + _GAP + _HALF
        asked = self._header_data(index, Qt.ItemDataRole.TextAlignmentRole)
        alignment = Qt.AlignmentFlag(asked) if asked else self.defaultAlignment()
        if alignment & Qt.AlignmentFlag.AlignRight:
            return max(rect.right() - _PADDING - width, rect.left() + _HALF + 1)
        return min(rect.left() + _PADDING + width, rect.right() - _HALF - 1)

    def _is_sorted(self, index: int) -> bool:
        return self.isSortIndicatorShown() and index == self.sortIndicatorSection()

    def _title(self, index: int) -> str:
        return str(self._header_data(index, Qt.ItemDataRole.DisplayRole) or "")

    def _header_data(self, index: int, role: int) -> Any:
        model = self.model()
        return None if model is None else model.headerData(index, self.orientation(), role)

    def _title_font(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(_TITLE)
        return font
