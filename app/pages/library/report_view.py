"""A dataset report as a page: what to know first, figures, histograms, and every problem."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.pages.library.report_records import (
    Problem,
    figures_of,
    histogram_labels,
    problems_of,
    unnamed_count,
)
from app.studio import Studio
from app.texts import count_text
from app.widgets.histogram import BarChart, LineChart
from app.widgets.record_model import SENTENCES, Column
from app.widgets.record_table import RecordTable
from core.data.check_report import DatasetReport, SplitReport

ICONS = {
    "good": ("check-circle-outline", "muted"),
    "note": ("information-outline", "muted"),
    "warning": ("alert-outline", "text"),
    "error": ("alert-circle-outline", "danger"),
}
ALL = "all kinds"
COLUMNS: tuple[Column[Problem], ...] = (
    Column("Problem", lambda p: p.kind, width=150),
    Column("Split", lambda p: p.split, width=120),
    Column("Clip", lambda p: p.clip, width=220),
    Column("What", lambda p: p.detail, width=SENTENCES),
)


class ReportView(QScrollArea):
    """Shows one report. `clip_wanted(split, clip id, text to look for)`: a row was opened."""

    clip_wanted = Signal(str, str, str)

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.report: DatasetReport | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        body = QWidget()
        body.setProperty("role", "panel")
        self.setWidget(body)
        self._findings = QVBoxLayout()
        self._findings.setSpacing(4)
        self._figures = QGridLayout()
        self._figures.setHorizontalSpacing(24)
        self._figures.setVerticalSpacing(3)
        self._parts: list[QWidget] = []
        self.split = QComboBox()
        self.split.setAccessibleName("Split of the histograms")
        self.split.activated.connect(lambda _index: self._show_split())
        theme = studio.theme
        self.durations = BarChart(theme, "Length of the sounds")
        self.words = BarChart(theme, "Words in a caption")
        self.per_clip = BarChart(theme, "Captions per clip")
        self.growth = LineChart(theme, "Vocabulary growth")
        self.unknown = QLabel()
        self.unknown.setProperty("role", "hint")
        self.unknown.setWordWrap(True)
        charts = QHBoxLayout()
        charts.setSpacing(24)
        for chart in (self.durations, self.words, self.per_clip, self.growth):
            charts.addWidget(chart)
        self.kind = QComboBox()
        self.kind.setAccessibleName("Kind of problem")
        self.kind.activated.connect(lambda _index: self._filter())
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search problems")
        self.search.setAccessibleName("Search problems")
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(220)
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self.problems: RecordTable[Problem] = RecordTable(
            COLUMNS, identity=lambda p: p, name="Problems"
        )
        self.problems.setMinimumHeight(240)
        self.problems.setToolTip("Double-click to look at the clip")
        self.search.textChanged.connect(self._search)
        self.problems.activated_record.connect(self._open)
        self._problem_bar = QWidget()
        bar = QHBoxLayout(self._problem_bar)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.addWidget(_section("Problems"))
        bar.addWidget(self.kind)
        bar.addWidget(self.search)
        bar.addWidget(self.count)
        bar.addStretch(1)
        choose = QHBoxLayout()
        choose.addWidget(_section("Histograms"))
        choose.addWidget(self.split)
        choose.addStretch(1)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(16, 12, 16, 16)
        layout.setSpacing(14)
        layout.addLayout(self._findings)
        layout.addLayout(self._figures)
        layout.addLayout(choose)
        layout.addLayout(charts)
        layout.addWidget(self.unknown)
        layout.addWidget(self._problem_bar)
        layout.addWidget(self.problems, 1)

    def show_report(self, report: DatasetReport) -> None:
        """Show another report."""
        self.report = report
        for part in self._parts:
            part.hide()
            part.deleteLater()
        self._parts.clear()
        for severity, sentence in report.findings():
            line = self._finding(severity, sentence)
            self._parts.append(line)
            self._findings.addWidget(line)
        self._fill_figures(report)
        chosen = self.split.currentText()
        self.split.clear()
        self.split.addItems([split.name for split in report.splits])
        self.split.setCurrentText(chosen)
        self._show_split()
        problems = problems_of(report)
        self.kind.clear()
        self.kind.addItems([ALL, *dict.fromkeys(problem.kind for problem in problems)])
        self.search.clear()
        self.problems.set_condition(None)
        self.problems.set_records(problems)
        self._tell_count()
        for widget in (self._problem_bar, self.problems):
            widget.setVisible(bool(problems))

    def shown_text(self) -> str:
        """Return all sentences and figures on the page."""
        return "\n".join(
            label.text() for part in self._parts for label in _labels(part) if label.text()
        )

    # ---- inside ----------------------------------------------------------------------------

    def _finding(self, severity: str, sentence: str) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        mark = QToolButton()
        mark.setIconSize(QSize(18, 18))
        mark.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        mark.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        mark.setAccessibleName(severity)
        self._studio.theme.set_icon(mark, *ICONS[severity])
        text = QLabel(sentence)
        text.setWordWrap(True)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(text, 1)
        return line

    def _fill_figures(self, report: DatasetReport) -> None:
        for column, split in enumerate(report.splits, 1):
            self._put(split.name, 0, column, "section")
        for line, (title, values) in enumerate(figures_of(report), 1):
            self._put(title, line, 0, "muted")
            for column, value in enumerate(values, 1):
                self._put(value, line, column, "")
        self._figures.setColumnStretch(len(report.splits) + 1, 1)

    def _put(self, text: str, line: int, column: int, role: str) -> None:
        label = QLabel(text)
        if role:
            label.setProperty("role", role)
        side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
        label.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        self._parts.append(label)
        self._figures.addWidget(label, line, column)

    def _split(self) -> SplitReport | None:
        splits = self.report.splits if self.report is not None else ()
        index = self.split.currentIndex()
        return splits[index] if 0 <= index < len(splits) else None

    def _show_split(self) -> None:
        split = self._split()
        if split is None:
            return
        self.durations.set_counts(split.durations.counts, *histogram_labels(split.durations, "s"))
        self.words.set_counts(
            split.caption_words.counts, *histogram_labels(split.caption_words, "words")
        )
        self._show_per_clip(split)
        self._show_growth(split)
        self.unknown.setText(
            "Commonest words that training lacks: " + ", ".join(split.unknown_words)
            if split.unknown_words
            else ""
        )
        self.unknown.setVisible(bool(split.unknown_words))

    def _show_per_clip(self, split: SplitReport) -> None:
        numbers = split.captions_per_clip
        low, high = min(numbers, default=0), max(numbers, default=0)
        counts = [numbers.get(number, 0) for number in range(low, high + 1)]
        note = "; ".join(
            f"{count_text(clips, 'clip')} with {count_text(number, 'caption')}"
            for number, clips in numbers.items()
        )
        self.per_clip.set_counts(counts, note, (str(low), "", str(high) if high > low else ""))

    def _show_growth(self, split: SplitReport) -> None:
        captions, words = split.growth[-1] if split.growth else (0, 0)
        read = count_text(captions, "caption")
        note = f"{count_text(words, 'different word')} in {read}."
        labels = ("0", "", f"{read}, {count_text(words, 'word')}") if captions else ("",) * 3
        self.growth.set_points(split.growth, note, (labels[0], labels[1], labels[2]))

    def _filter(self) -> None:
        chosen = self.kind.currentText()
        self.problems.set_condition(
            None if chosen == ALL else lambda problem: problem.kind == chosen
        )
        self._tell_count()

    def _search(self, text: str) -> None:
        self.problems.set_search(text)
        self._tell_count()

    def _tell_count(self) -> None:
        shown, total = len(self.problems.shown()), len(self.problems.records())
        text = count_text(shown, "problem")
        text = text if shown == total else f"{shown:,} of {total:,} problems"
        unnamed = unnamed_count(self.report) if self.report is not None else 0
        self.count.setText(f"{text}; {unnamed:,} more are counted above" if unnamed else text)

    def _open(self, problem: Problem) -> None:
        if problem.clip or problem.searched:
            self.clip_wanted.emit(problem.split, problem.clip, problem.searched)


def _labels(part: QWidget) -> list[QLabel]:
    return [part] if isinstance(part, QLabel) else part.findChildren(QLabel)


def _section(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "section")
    return label
