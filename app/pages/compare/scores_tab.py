"""The challenge's table of the systems, the differences of pairs, and what metrics are missing."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.pages.compare.differences_view import DifferencesView
from app.pages.compare.figure_table import FigureTable, colour_dot, figure_font, in_line
from app.pages.compare.missing_metrics import MissingMetrics
from app.pages.compare.rows import LETTERS
from app.pages.compare.score_export import FORMATS
from app.pages.compare.score_tables import (
    NO_INTERVAL,
    ScoreRow,
    ScoreTable,
    interval_text,
    make_table,
    plain_sentence,
    value_text,
)
from app.pages.compare.scoring import Scorable, SystemsScored
from app.palette import run_colour
from app.studio import Studio
from app.texts import count_text
from app.widgets.empty_state import EmptyState
from core.evaluation.published_scores import DATASET, SPLIT
from core.evaluation.registry import METRICS

FEW_CLIPS = 100


class ScoresTab(QWidget):
    """Figures, or why there are none.

    Signals: `caption_clicked()`: caption first; `export_wanted(format)`.
    """

    caption_clicked = Signal()
    export_wanted = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.found: SystemsScored | None = None
        self.score_table: ScoreTable | None = None
        self.where = ("", "")
        self._clips = 0
        self._left_out = ""
        self.empty = EmptyState(studio.theme, "scale-balance", "No scores yet", "")
        self.empty.clicked.connect(self.caption_clicked)
        self.sentence = QLabel()
        self.sentence.setProperty("role", "title")
        self.sentence.setWordWrap(True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.about = QLabel()
        self.about.setProperty("role", "muted")
        self.about.setWordWrap(True)
        self.every = QCheckBox("All metrics")
        self.every.setToolTip("Every metric that can be computed, not the challenge's alone")
        self.published = QCheckBox("Published rows")
        self.published.toggled.connect(lambda _on: self._show())
        self.every.toggled.connect(lambda _on: self._show())
        self.export = QPushButton("Export")
        studio.theme.set_icon(self.export, "export")
        self.menu = QMenu(self.export)
        for name in FORMATS:
            self.menu.addAction(f"{name}...", partial(self.export_wanted.emit, name))
        self.export.setMenu(self.menu)
        self.table = FigureTable("Scores")
        self.differences = DifferencesView()
        self.missing = MissingMetrics(studio)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self._make_body())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)
        studio.theme.changed.connect(self._show)
        self.clear("Caption clips of a dataset split first: scores need reference captions.")

    def clear(self, sentence: str, button: str = "") -> None:
        """Show why there are no scores."""
        self.found = self.score_table = None
        self.empty.set_texts("No scores yet", sentence, button)
        self.stack.setCurrentIndex(0)

    def set_source(self, dataset: str, split: str) -> None:
        """Say where the clips come from; published rows belong to one split alone."""
        if (dataset, split) == self.where:
            return
        self.where = dataset, split
        fits = (dataset, split) == (DATASET, SPLIT)
        blocked = self.published.blockSignals(True)
        self.published.setChecked(fits)
        self.published.blockSignals(blocked)
        self.published.setToolTip(
            "Figures that others published for this split"
            if fits
            else "Figures that others published for Clotho's evaluation split: other clips than "
            "these, for orientation alone"
        )

    def start(self, work: Scorable) -> None:
        """Get ready for figures."""
        self._clips = len(work.keys)
        self.empty.set_texts("Scoring", f"{count_text(self._clips, 'clip')} are being scored.", "")
        if self.found is None:
            self.stack.setCurrentIndex(0)
        self.missing.look()

    def take(self, found: SystemsScored, systems: int = 0) -> None:
        """Show what was found so far; `systems` is the number of all that are compared."""
        self.found = found
        missing = [LETTERS[n] for n in range(systems) if n not in found.numbers]
        self._left_out = f"Not captioned, so not scored: {', '.join(missing)}." if missing else ""
        self.differences.take(found)
        self._show()
        self.stack.setCurrentIndex(1)
        self.missing.show_errors(found.unavailable)
        self.missing.look()

    def text(self, format_name: str) -> str:
        """Return the tables as text of that format."""
        assert self.found is not None and self.score_table is not None
        where = " ".join(self.where).strip() or "sound files"
        return FORMATS[format_name][1](self.score_table, self.found, where)

    def suggested_name(self, format_name: str) -> Path:
        """Return a file name for an export."""
        words = "-".join(part for part in ("scores", *self.where) if part)
        return Path(f"{words}.{FORMATS[format_name][0]}")

    # ---- inside ----------------------------------------------------------------------------

    def _make_body(self) -> QWidget:
        content = QWidget()
        content.setProperty("role", "panel")
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 8, 0, 8)
        layout.setSpacing(4)
        head = QHBoxLayout()
        head.setContentsMargins(12, 0, 12, 4)
        head.setSpacing(12)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.sentence)
        words.addWidget(self.about)
        head.addLayout(words, 1)
        tools = QHBoxLayout()
        tools.setSpacing(12)
        for widget in (self.every, self.published, self.export):
            tools.addWidget(widget)
        head.addLayout(tools)
        head.setAlignment(tools, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(head)
        layout.addLayout(in_line(self.table))
        layout.addWidget(self.missing)
        layout.addWidget(self.differences)
        layout.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(content)
        return area

    def _show(self) -> None:
        found = self.found
        if found is None:
            return
        every = self.every.isChecked()
        self.score_table = make_table(found, every, self.published.isChecked())
        self.sentence.setText(plain_sentence(found))
        self.sentence.setVisible(bool(self.sentence.text()))
        self.about.setText(self._about(found))
        self._fill_table(self.score_table)

    def _about(self, found: SystemsScored) -> str:
        clips = len(found.scores[0].clips)
        who = "the scored systems" if self._left_out else "every system"
        parts = [f"Over the {count_text(clips, 'clip')} that {who} captioned.", self._left_out]
        if not any(one.per_clip.keys() - {"words_per_caption"} for one in found.scores):
            if found.complete:
                where = " ".join(self.where).strip() or "These sounds"
                has = "has" if any(self.where) else "have"
                parts.append(
                    f"{where} {has} no reference captions, so only figures of the captions alone "
                    "are given."
                )
        elif clips < FEW_CLIPS:
            parts.append("Few clips make noisy figures; take the whole split for conclusions.")
        if not found.complete:
            parts.append("More metrics are being computed.")
        return " ".join(part for part in parts if part)

    def _fill_table(self, table: ScoreTable) -> None:
        heads = ["System", *(METRICS[name].title for name in table.metrics)]
        tips = ["", *(METRICS[name].help for name in table.metrics)]
        self.table.begin(heads, tips, len(table.rows))
        for number, row in enumerate(table.rows):
            self._fill_name(number, row)
            for column, name in enumerate(table.metrics, 1):
                self._fill_figure(table, number, column, name, row)
        self.table.settle()

    def _fill_name(self, number: int, row: ScoreRow) -> None:
        on = "" if self.where == (DATASET, SPLIT) else " on Clotho's evaluation split"
        published = f"{row.title}\npublished{on}: {row.source}"
        text = published if row.published else row.lettered
        item = self.table.put(number, 0, text)
        colours = self._studio.theme.colours
        if row.published:
            item.setForeground(QColor(colours.muted))
            item.setFont(figure_font(italic=True))
        else:
            item.setFont(figure_font(strong=True))
            item.setIcon(colour_dot(run_colour(row.system or 0)))
        item.setToolTip(text)

    def _fill_figure(
        self, table: ScoreTable, number: int, column: int, name: str, row: ScoreRow
    ) -> None:
        colours = self._studio.theme.colours
        interval = row.intervals.get(name)
        text = value_text(name, row.values.get(name))
        if interval is not None:
            text += f"\n{interval_text(name, interval)}"
        item = self.table.put(number, column, text)
        if name not in row.values:
            item.setForeground(QColor(colours.muted))
            reason = self.missing.reason(name)
            item.setToolTip("Not published." if row.published else reason or "Not computed.")
        elif row.published:
            item.setForeground(QColor(colours.muted))
            item.setFont(figure_font(italic=True))
            item.setToolTip(f"Published: {row.source}")
        else:
            ends = f"95 % interval {interval_text(name, interval)}" if interval else NO_INTERVAL
            item.setToolTip(f"{METRICS[name].title} {value_text(name, row.values[name])}\n{ends}")
            if table.best.get(name) == row.system:
                item.setFont(figure_font(strong=True))
