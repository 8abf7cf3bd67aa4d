"""Captions of a microphone as they come: the newest large, those before it as a list."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.texts import clock_text
from core.live import LiveCaptioned

COLUMNS = ("Time", "Caption", "Confidence", "Level", "Lag")
QUIET = "quiet"
# A table of widgets' items; longer recordings keep the rest in the file beside the take.
MOST_ROWS = 2000


class LiveCaptions(QWidget):
    """The newest caption in large letters, and a table of all of the recording."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.labels: list[tuple[float, float, str]] = []
        self.sentence = QLabel()
        self.sentence.setProperty("role", "sentence")
        self.sentence.setWordWrap(True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.sentence.setAccessibleName("Newest caption")
        self.detail = QLabel()
        self.detail.setProperty("role", "hint")
        self.detail.setAccessibleName("Time and lag of the newest caption")
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setHorizontalHeaderLabels(COLUMNS)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setAccessibleName("Captions so far")
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        for column, width in enumerate((110, 0, 90, 80, 70)):
            if width:
                header.resizeSection(column, width)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        words = QHBoxLayout()
        words.setContentsMargins(16, 0, 16, 0)
        words.addWidget(self.sentence, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(words)
        below = QHBoxLayout()
        below.setContentsMargins(16, 0, 16, 4)
        below.addWidget(self.detail, 1)
        layout.addLayout(below)
        layout.addWidget(self.table, 1)
        self.clear("")

    def clear(self, hint: str) -> None:
        """Forget all captions; `hint` says what is to come."""
        self.labels = []
        self.table.setRowCount(0)
        self.sentence.setText("")
        self.sentence.hide()
        self.detail.setText(hint)

    def say(self, hint: str) -> None:
        """Say what is going on under the newest caption."""
        self.detail.setText(hint)

    def add(self, event: LiveCaptioned) -> None:
        """Show a new caption, or that it was quiet."""
        caption, window = event.caption, event.window
        text = QUIET if caption is None else caption.text
        span = f"{clock_text(window.first, 1)}–{clock_text(window.last, 1)}"
        confidence = None if caption is None else caption.confidence
        level = f"{event.level:.0f} dB" if event.level > -200 else "silence"
        cells = (
            span,
            text,
            "" if confidence is None else f"{100 * confidence:.0f} %",
            level.replace("-", "−"),
            f"{event.lag:.1f} s",
        )
        if self.table.rowCount() >= MOST_ROWS:
            self.table.removeRow(0)
        bar = self.table.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 2
        row = self.table.rowCount()
        self.table.insertRow(row)
        for column, cell in enumerate(cells):
            item = QTableWidgetItem(cell)
            if caption is None:
                item.setForeground(self.palette().placeholderText())
            self.table.setItem(row, column, item)
        if at_end:
            self.table.scrollToBottom()
        if caption is not None:
            self.labels.append((window.first, window.last, text))
            self.sentence.setText(text)
            self.sentence.show()
        # Words of a moment ago step back while it is quiet.
        self.sentence.setEnabled(caption is not None)
        part = f"{clock_text(window.start, 1)}–{clock_text(window.end, 1)}"
        heard = f"heard {part}, lag {event.lag:.1f} s"
        sure = "" if confidence is None else f" · {100 * confidence:.0f} % confident"
        self.detail.setText(f"{'quiet · ' if caption is None else ''}{heard}{sure}")
