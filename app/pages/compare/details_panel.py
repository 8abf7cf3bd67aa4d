"""The selected clip: its references, and what each system says about it, large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.pages.compare.caption_delegate import mark_colours
from app.pages.compare.results import LETTERS, ResultRow
from app.pages.compare.systems_bar import LetterMark
from app.pages.compare.word_diff import Word
from app.studio import Studio
from app.texts import length_text
from app.theme import Colours
from app.widgets.elided_label import ElidedLabel
from app.widgets.play_button import PlayButton

TAGS_SHOWN = 4


class DetailsPanel(QScrollArea):
    """One column for the clip and one for each system."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._row: ResultRow | None = None
        self._titles: Sequence[str] = ()
        self._scores: Mapping[int, float] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body = QWidget()
        body.setProperty("role", "panel")
        self.setWidget(body)
        self.title = ElidedLabel()
        self.title.setProperty("role", "title")
        self.facts = _label("muted")
        self.play = PlayButton(studio)
        self.references = _label("")
        clip = QVBoxLayout()
        clip.setSpacing(8)
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.play)
        clip.addLayout(top)
        clip.addWidget(self.facts)
        clip.addWidget(self.references)
        clip.addStretch(1)
        self.columns = [SystemColumn(number) for number in range(len(LETTERS))]
        layout = QHBoxLayout(body)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(24)
        layout.addLayout(clip, 3)
        for column in self.columns:
            layout.addWidget(column, 3)
        studio.theme.changed.connect(self._refresh)
        self.show_row(None, (), {})

    def show_row(
        self, row: ResultRow | None, titles: Sequence[str], scores: Mapping[int, float]
    ) -> None:
        """Show a clip; `scores` is its CIDEr-D by system, where it was computed."""
        before = self._row.clip.key if self._row else None
        self._row, self._titles, self._scores = row, titles, scores
        if row is None or row.clip.key != before:
            self.play.set_sound(row.clip.audio if row else None)
            self.verticalScrollBar().setValue(0)
        self._refresh()

    def _refresh(self) -> None:
        row = self._row
        for number, column in enumerate(self.columns):
            column.setVisible(row is not None and number < len(self._titles))
        if row is None:
            self.title.setText("No clip selected")
            self.facts.setText("Select a row to see its references and every system's hypotheses.")
            self.references.clear()
            return
        clip = row.clip
        facts = [length_text(clip.duration) if clip.duration else "", ", ".join(clip.tags)]
        self.title.setText(clip.title)
        self.facts.setText(" · ".join(fact for fact in facts if fact) or str(clip.path or ""))
        self.references.setText(_references(clip.references, self._studio.theme.colours))
        for number in range(len(self._titles)):
            self.columns[number].show_caption(
                row, self._titles[number], self._scores.get(number), self._studio.theme.colours
            )


class SystemColumn(QWidget):
    """One system's caption with its hypotheses and what its encoder hears."""

    def __init__(self, system: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.system = system
        self.title = ElidedLabel()
        self.title.setProperty("role", "muted")
        self.caption = _label("")
        self.caption.setTextFormat(Qt.TextFormat.RichText)
        self.caption.setStyleSheet("font-size: 17px;")
        self.figures = _label("muted")
        self.beams = _label("")
        self.beams.setTextFormat(Qt.TextFormat.RichText)
        self.tags = _label("muted")
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(LetterMark(system))
        top.addWidget(self.title, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(top)
        for label in (self.caption, self.figures, self.beams, self.tags):
            layout.addWidget(label)
        layout.addStretch(1)

    def show_caption(
        self, row: ResultRow, title: str, score: float | None, colours: Colours
    ) -> None:
        """Show what this system says about a clip."""
        caption, problem = row.captions[self.system], row.problems[self.system]
        self.title.setText(title)
        for label in (self.figures, self.beams, self.tags):
            label.setVisible(caption is not None)
        if caption is None:
            tone = colours.danger if problem else colours.muted
            self.caption.setText(
                f"<span style='color:{tone}; font-size:13px'>"
                f"{escape(problem or 'Not captioned yet.')}</span>"
            )
            return
        ground, _ = mark_colours(self.system, colours)
        self.caption.setText(marked_html(row.words[self.system], ground))
        figures = [f"log-probability {_minus(caption.log_prob, 2)}"]
        if score is not None:
            figures.append(f"CIDEr-D {score:.2f}")
        self.figures.setText(" · ".join(figures))
        self.beams.setText(
            "<table cellspacing=0>"
            + "".join(
                f"<tr><td style='color:{colours.muted}; padding-right:8px'>"
                f"{_minus(beam.log_prob, 2)}</td><td>{escape(beam.text)}</td></tr>"
                for beam in caption.beams[1:]
            )
            + "</table>"
        )
        self.beams.setVisible(len(caption.beams) > 1)
        heard = ", ".join(f"{tag.name} {tag.probability:.2f}" for tag in caption.tags[:TAGS_SHOWN])
        self.tags.setText(f"Tags: {heard}" if heard else "")
        self.tags.setVisible(bool(heard))


def marked_html(words: Sequence[Word], ground: str) -> str:
    """Return a caption as HTML; neighbouring marked words share one ground."""
    parts = []
    for differs, run in groupby(words, key=lambda word: word.differs):
        text = escape(" ".join(word.text for word in run))
        parts.append(f"<span style='background:{ground}'>{text}</span>" if differs else text)
    return " ".join(parts)


def _references(references: Sequence[str], colours: Colours) -> str:
    if not references:
        return f"<span style='color:{colours.muted}'>No reference captions.</span>"
    lines = "".join(f"<div style='margin-bottom:4px'>{escape(text)}</div>" for text in references)
    heading = "Reference" if len(references) == 1 else "References"
    return f"<div style='color:{colours.muted}; font-size:11px'>{heading}</div>{lines}"


def _minus(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("-", "−")


def _label(role: str) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    if role:
        label.setProperty("role", role)
    return label
