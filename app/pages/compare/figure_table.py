"""A small table of figures, as high as its rows, whose page scrolls and not itself."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QIcon,
    QPainter,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

# The padding of a cell and Qt's own margin of its text, both sides together.
_MARGINS = QSize(16, 8)
# The most of the width that the first column takes, and what it always may take.
_SHARE, _NARROWEST = 0.3, 200
# The page's margin of 12 without the padding of a cell.
_INSET = 6


class FigureTable(QTableWidget):
    """`begin`, then `put` every cell, then `settle`."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabKeyNavigation(False)
        self.setWordWrap(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        # Qt may give the last column its width, and the rows their heights, later than the table
        # its size.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self._fit)
        header.sectionResized.connect(self._later.start)
        self.verticalHeader().sectionResized.connect(self._later.start)

    def begin(self, heads: Sequence[str], tips: Sequence[str], rows: int) -> None:
        """Start anew with these columns."""
        self.clear()
        self.setColumnCount(len(heads))
        self.setRowCount(rows)
        for column, (head, tip) in enumerate(zip(heads, tips, strict=True)):
            item = QTableWidgetItem(head)
            item.setToolTip(tip)
            self.setHorizontalHeaderItem(column, item)

    def put(self, row: int, column: int, text: str) -> QTableWidgetItem:
        """Write one cell."""
        item = QTableWidgetItem(text)
        self.setItem(row, column, item)
        return item

    def settle(self) -> None:
        """Give the columns and the table the room that their texts need."""
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        last = self.columnCount() - 1
        if last >= 0:
            header.setStretchLastSection(True)
        if last > 0:
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._fit()

    def sizeHintForRow(self, row: int) -> int:
        """Return the height of a row whose last text may need several lines.

        Qt itself forgets the style's padding: a text that is hardly too wide would be cut.
        """
        hint = super().sizeHintForRow(row)
        last = self.columnCount() - 1
        item = self.item(row, last) if last >= 0 else None
        if item is None:
            return hint
        room = QRect(0, 0, self.columnWidth(last) - _MARGINS.width(), 10_000)
        needed = QFontMetrics(item.font()).boundingRect(room, Qt.TextFlag.TextWordWrap, item.text())
        return max(hint, needed.height() + _MARGINS.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may break the texts otherwise."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def _fit(self) -> None:
        if not self.rowCount():
            return
        header = self.horizontalHeader()
        if self.columnCount() > 1:
            # A name takes several lines before it drives the figures out of sight.
            most = max(_NARROWEST, round(_SHARE * self.viewport().width()))
            wanted = max(self.sizeHintForColumn(0) + 1, header.sectionSizeHint(0))
            header.resizeSection(0, min(wanted, most))
        self.resizeRowsToContents()
        height = sum(self.rowHeight(row) for row in range(self.rowCount()))
        bar = self.horizontalScrollBar().sizeHint().height()
        self.setFixedHeight(height + max(header.sizeHint().height(), header.height()) + bar)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the page."""
        event.ignore()

    def texts(self) -> list[list[str]]:
        """Return what stands in the cells."""
        return [
            [item.text() if (item := self.item(row, column)) else "" for column in range(columns)]
            for row in range(self.rowCount())
            if (columns := self.columnCount())
        ]


def in_line(table: FigureTable) -> QHBoxLayout:
    """Return a line that holds a table, its texts below those that begin at the page's margin."""
    line = QHBoxLayout()
    line.setContentsMargins(_INSET, 0, _INSET, 0)
    line.addWidget(table)
    return line


def colour_dot(colour: str) -> QIcon:
    """Return a small filled circle."""
    # Large, so that it is round on every screen: icons are made smaller well, larger badly.
    pixmap = QPixmap(96, 96)
    pixmap.fill(QColor(0, 0, 0, 0))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawEllipse(16, 16, 64, 64)
    painter.end()
    return QIcon(pixmap)


def figure_font(strong: bool = False, italic: bool = False) -> QFont:
    """Return the font of a cell."""
    font = QFont()
    font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
    font.setItalic(italic)
    return font
