"""Corpus figures of the systems on the same clips."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLabel,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.pages.compare.results import LETTERS
from app.pages.compare.scoring import DifferenceScored, SystemScored
from app.studio import Studio
from app.texts import NOTHING, count_text, metric_title
from app.widgets.empty_state import EmptyState

# name, digits, what it says
FIGURES = (
    ("cider_d", 3, "Agreement with the references in rare word groups, 0 to 10; more is better."),
    ("rouge_l", 3, "Longest common word sequence, 0 to 1; more is better."),
    ("bleu_1", 3, "Share of words that occur in a reference, 0 to 1; more is better."),
    ("bleu_4", 3, "Share of groups of four words that occur in a reference, 0 to 1."),
    ("vocabulary", 0, "Different words in all captions together."),
    ("words_per_caption", 1, "Mean length."),
    ("distinct_captions", 0, "Different captions; a system that repeats itself has few."),
    ("log_prob", 3, "Mean log-probability a token that the system gives its own captions."),
)
DIFFERENCE = "95 % interval over clips; it says nothing about other seeds."
EXPLAINED = 2  # systems beside which there is room for explanations
HIGHER_IS_BETTER = {"cider_d", "rouge_l", "bleu_1", "bleu_4"}


class ScoresTab(QWidget):
    """A table of figures, or why there are none. `caption_clicked()`: caption first."""

    caption_clicked = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scores: dict[int, SystemScored] = {}
        self._differences: dict[int, DifferenceScored] = {}
        self._titles: list[str] = []
        self.empty = EmptyState(studio.theme, "scale-balance", "No scores yet", "")
        self.empty.clicked.connect(self.caption_clicked)
        self.about = QLabel()
        self.about.setProperty("role", "muted")
        self.about.setWordWrap(True)
        self.table = QTableWidget()
        self.table.setAccessibleName("Scores")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(34)
        self.missing = QLabel()
        self.missing.setProperty("role", "warning")
        self.missing.setWordWrap(True)
        self.missing.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        notes = QVBoxLayout()
        notes.setContentsMargins(12, 10, 12, 10)
        notes.addWidget(self.about)
        notes.addWidget(self.missing)
        layout.addLayout(notes)
        layout.addWidget(self.table, 1)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(body)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)
        self.clear("Caption clips of a dataset split first: scores need reference captions.")

    def clear(self, sentence: str, button: str = "") -> None:
        """Show why there are no scores."""
        self._scores.clear()
        self._differences.clear()
        self.empty.set_texts("No scores yet", sentence, button)
        self.stack.setCurrentIndex(0)

    def start(self, titles: Sequence[str], clips: int) -> None:
        """Get ready for the figures of these systems over that many clips."""
        self._scores.clear()
        self._differences.clear()
        self._titles = list(titles)
        note = " Few clips make noisy figures; take the whole split before drawing conclusions."
        self.about.setText(
            f"Over the {count_text(clips, 'clip')} that every system captioned."
            + (note if clips < 100 else "")
        )
        self._show()
        self.stack.setCurrentIndex(1)

    def take(self, scored: SystemScored) -> None:
        """Show the figures of one system."""
        self._scores[scored.system] = scored
        self._show()

    def take_difference(self, scored: DifferenceScored) -> None:
        """Show how far a system is from the first."""
        self._differences[scored.system] = scored
        self._show()

    def _show(self) -> None:
        unavailable: dict[str, list[str]] = {}
        for scored in self._scores.values():
            for name, reason in scored.unavailable.items():
                names = unavailable.setdefault(reason, [])
                if metric_title(name) not in names:
                    names.append(metric_title(name))
        self.missing.setText(
            "\n".join(f"{', '.join(names)}: {reason}" for reason, names in unavailable.items())
        )
        self.missing.setVisible(bool(unavailable))
        shown = [
            item
            for item in FIGURES
            if not self._scores or any(item[0] in one.corpus for one in self._scores.values())
        ]
        self.table.clear()
        explained = len(self._titles) <= EXPLAINED
        self.table.setColumnCount(1 + len(self._titles) + explained)
        self.table.setRowCount(len(shown) + bool(self._differences))
        heads = [f"{letter}  {title}" for letter, title in zip(LETTERS, self._titles, strict=False)]
        self.table.setHorizontalHeaderLabels(["Figure", *heads, *[""] * explained])
        strong = QFont()
        strong.setWeight(QFont.Weight.Bold)
        for row, (name, digits, help_text) in enumerate(shown):
            values = [
                self._scores[system].corpus.get(name) if system in self._scores else None
                for system in range(len(self._titles))
            ]
            title = "mean log-probability" if name == "log_prob" else metric_title(name)
            self._put(row, 0, title, help_text)
            known = [value for value in values if value is not None]
            for system, value in enumerate(values):
                text = NOTHING if value is None else f"{value:.{digits}f}".replace("-", "−")
                item = self._put(row, 1 + system, text, help_text)
                if name in HIGHER_IS_BETTER and len(known) > 1 and value == max(known):
                    item.setFont(strong)
            if explained:
                self._put(row, len(self._titles) + 1, help_text, help_text)
        if self._differences:
            self._put_differences(len(shown))
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        if explained:
            last = len(self._titles) + 1
            header.setSectionResizeMode(last, QHeaderView.ResizeMode.ResizeToContents)

    def _put_differences(self, row: int) -> None:
        self._put(row, 0, "CIDEr-D against A", DIFFERENCE)
        self._put(row, 1, NOTHING, DIFFERENCE)
        for system, one in self._differences.items():
            text = f"{one.mean:+.3f}  ({one.low:+.3f} to {one.high:+.3f})".replace("-", "−")
            self._put(row, 1 + system, text, DIFFERENCE)
        if len(self._titles) <= EXPLAINED:
            self._put(row, len(self._titles) + 1, DIFFERENCE, DIFFERENCE)

    def _put(self, row: int, column: int, text: str, tooltip: str) -> QTableWidgetItem:
        item = QTableWidgetItem(text)
        item.setToolTip(tooltip)
        self.table.setItem(row, column, item)
        return item
