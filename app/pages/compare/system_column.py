"""One system's words about the selected clip: caption, figures, beams, attention, tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.pages.compare.attention_map import AttentionMap
from app.pages.compare.caption_delegate import mark_colours
from app.pages.compare.rows import ResultRow, figure_text
from app.pages.compare.systems_bar import LetterMark
from app.pages.compare.word_diff import Word
from app.theme import Theme
from app.widgets.elided_label import ElidedLabel
from core.captions import Caption
from core.evaluation.registry import METRICS

TAGS_SHOWN = 4
FIGURES_SHOWN = 5


class SystemColumn(QWidget):
    """Signals: `word_entered(number)` and `word_left()` of the attention map."""

    word_entered = Signal(int)
    word_left = Signal()

    def __init__(self, theme: Theme, system: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.system = system
        self.full: Caption | None = None
        self._theme = theme
        self.title = ElidedLabel()
        self.title.setProperty("role", "muted")
        self.caption = text_label("")
        self.caption.setTextFormat(Qt.TextFormat.RichText)
        self.caption.setStyleSheet("font-size: 16px;")
        self.figures = text_label("muted")
        self.map = AttentionMap(theme, system)
        self.map.entered.connect(self.word_entered)
        self.map.left.connect(self.word_left)
        self.beams = text_label("")
        self.beams.setTextFormat(Qt.TextFormat.RichText)
        self.tags = text_label("muted")
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(LetterMark(system))
        top.addWidget(self.title, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        for part in (self.caption, self.figures, self.map, self.beams, self.tags):
            layout.addWidget(part)
        layout.addStretch(1)

    def show_caption(
        self, row: ResultRow, title: str, figures: Mapping[str, float], metric: str
    ) -> None:
        """Show what this system says about a clip; the figure of `metric` stands first."""
        colours = self._theme.colours
        told, problem = row.captions[self.system], row.problems[self.system]
        self.title.setText(title)
        full = told.caption if told else None
        if full is not self.full or full is None:
            self.full = full
            self.map.show_caption(full)
        for label in (self.figures, self.beams, self.tags):
            label.setVisible(told is not None)
        if told is None:
            tone = colours.danger if problem else colours.muted
            self.caption.setText(
                f"<span style='color:{tone}; font-size:13px'>"
                f"{escape(problem or 'Not captioned yet.')}</span>"
            )
            return
        ground, _ = mark_colours(self.system, colours)
        self.caption.setText(marked_html(row.words[self.system], ground) or "(empty)")
        self.figures.setText(_figures(told.log_prob, figures, metric))
        self.figures.setVisible(bool(self.figures.text()))
        beams = full.beams[1:] if full else ()
        self.beams.setText(
            "<table cellspacing=0>"
            + "".join(
                f"<tr><td style='color:{colours.muted}; padding-right:8px'>"
                f"{_minus(beam.log_prob, 2)}</td><td>{escape(beam.text)}</td></tr>"
                for beam in beams
            )
            + "</table>"
        )
        self.beams.setVisible(bool(beams))
        tags = full.tags[:TAGS_SHOWN] if full else ()
        heard = ", ".join(f"{tag.name} {tag.probability:.2f}" for tag in tags)
        self.tags.setText(f"Tags: {heard}" if heard else "")
        self.tags.setVisible(bool(heard))


def marked_html(words: Sequence[Word], ground: str) -> str:
    """Return a caption as HTML; neighbouring marked words share one ground."""
    parts = []
    for differs, run in groupby(words, key=lambda word: word.differs):
        text = escape(" ".join(word.text for word in run))
        parts.append(f"<span style='background:{ground}'>{text}</span>" if differs else text)
    return " ".join(parts)


def references_html(references: Sequence[str], theme: Theme) -> str:
    """Return the references under a heading, or that there are none."""
    muted = theme.colours.muted
    if not references:
        return f"<span style='color:{muted}'>No reference captions.</span>"
    lines = "".join(f"<div style='margin-bottom:4px'>{escape(text)}</div>" for text in references)
    heading = "Reference" if len(references) == 1 else "References"
    return f"<div style='color:{muted}; font-size:11px'>{heading}</div>{lines}"


def text_label(role: str) -> QLabel:
    """Return a label that wraps, can be copied from and takes the width it is given."""
    label = QLabel()
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    if role:
        label.setProperty("role", role)
    return label


def _figures(log_prob: float | None, figures: Mapping[str, float], metric: str) -> str:
    names = [name for name in METRICS if name in figures and name != "words_per_caption"]
    names.sort(key=lambda name: name != metric)
    parts = [f"{METRICS[name].title} {figure_text(name, figures[name])}" for name in names]
    parts = parts[:FIGURES_SHOWN]
    if log_prob is not None:
        parts.append(f"log-probability {_minus(log_prob, 2)}")
    return " · ".join(parts)


def _minus(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("-", "−")
