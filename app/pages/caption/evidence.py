"""What stands beside the caption: the other beams, and the sounds that the encoder hears."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from core.captions import Beam, Tag

if TYPE_CHECKING:
    from app.palette import Colours

ROW_HEIGHT = 20
# Narrower tables show no rank scores.
NARROW = 360
LOG_PROB, BEAM, RANK = range(3)
SEARCHED_TIP = "Hypotheses of the beam search with their mean log-probability per token"
RANKED_TIP = (
    "Hypotheses as they were ranked: by their log-probability and by how well they agree with the "
    "sounds that the encoder hears"
)


class BeamTable(QTableWidget):
    """The hypotheses of the search, the best first, with their mean log-probabilities."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 3, parent)
        self._ranked = False
        self.setHorizontalHeaderLabels(["Log-prob.", "Beams", "Rank score"])
        self.setAccessibleName("Beams")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(BEAM, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        self.setShowGrid(False)
        self.setFrameShape(QTableWidget.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)

    def show_beams(self, beams: tuple[Beam, ...]) -> None:
        """Fill the table; what reranking ranked by stands at the end."""
        self._ranked = any(beam.score is not None for beam in beams)
        self._show_rank()
        self.setToolTip(RANKED_TIP if self._ranked else SEARCHED_TIP)
        self.setRowCount(len(beams))
        for row, beam in enumerate(beams):
            for column, number in ((LOG_PROB, beam.log_prob), (RANK, beam.score)):
                shown = "" if number is None else f"{number:.3f}".replace("-", "−")
                score = QTableWidgetItem(shown)
                score.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(row, column, score)
            text = QTableWidgetItem(beam.text)
            text.setToolTip(beam.text)
            self.setItem(row, BEAM, text)

    def _show_rank(self) -> None:
        self.setColumnHidden(RANK, not self._ranked or self.width() < NARROW)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the room to the words where there is little."""
        super().resizeEvent(event)
        self._show_rank()


class TagBars(QWidget):
    """The encoder's most probable sound classes: name, bar, probability."""

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours = colours
        self._tags: tuple[Tag, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setAccessibleName("Sounds the encoder hears")

    def show_tags(self, tags: tuple[Tag, ...]) -> None:
        """Show `tags`, the most probable first."""
        self._tags = tags
        text = "\n".join(f"{tag.name}: {tag.probability:.2f}" for tag in tags)
        self.setToolTip(text)
        self.setAccessibleDescription(text.replace("\n", ", "))
        self.updateGeometry()
        self.update()

    def set_colours(self, colours: Colours) -> None:
        """Paint with the colours of the theme."""
        self._colours = colours
        self.update()

    def sizeHint(self) -> QSize:
        """Return one row a tag."""
        return QSize(240, ROW_HEIGHT * len(self._tags))

    def minimumSizeHint(self) -> QSize:
        """Return the least that shows every tag."""
        return QSize(150, ROW_HEIGHT * len(self._tags))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw names and numbers as text, probabilities as bars."""
        painter = QPainter(self)
        metrics = painter.fontMetrics()
        number_width = metrics.horizontalAdvance("0.00") + 8
        name_width = int((self.width() - number_width) * 0.55)
        track = self.width() - number_width - name_width - 8
        bar, text = QColor(self._colours.muted), QColor(self._colours.text)
        for row, tag in enumerate(self._tags):
            top = row * ROW_HEIGHT
            painter.setPen(text)
            name = metrics.elidedText(tag.name, Qt.TextElideMode.ElideRight, name_width)
            box = QRectF(0, top, name_width, ROW_HEIGHT)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, name)
            middle = top + ROW_HEIGHT / 2
            line = QRectF(name_width + 8, middle - 3, track, 6)
            painter.fillRect(line, QColor(self._colours.line))
            line.setWidth(track * min(max(tag.probability, 0.0), 1.0))
            painter.fillRect(line, bar)
            box = QRectF(self.width() - number_width, top, number_width, ROW_HEIGHT)
            painter.drawText(
                box,
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                f"{tag.probability:.2f}",
            )
        painter.end()
