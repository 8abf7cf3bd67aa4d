"""The sentence, how sure the model is of it, and what else it considered."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.theme import Theme
from app.widgets.elided_label import ElidedLabel

from .evidence import BeamTable, TagBars
from .moments import attended_span
from .sound_files import Result
from .words import CaptionWords


class ResultView(QStackedWidget):
    """Shows a result, or says why there is none.

    Signals: `word_entered(index)`, `word_left()`, `moment_chosen(start, end)` in seconds of the
    file, `action_clicked()` of the button beside a message.
    """

    word_entered = Signal(int)
    word_left = Signal()
    moment_chosen = Signal(float, float)
    action_clicked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.result: Result | None = None
        self._moments: list[tuple[float, float]] = []
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setProperty("role", "muted")
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.action = QPushButton()
        self.action.setProperty("role", "primary")
        self.action.clicked.connect(self.action_clicked)
        message = QWidget()
        column = QVBoxLayout(message)
        column.setContentsMargins(16, 8, 16, 16)
        column.addStretch()
        column.addWidget(self.sentence)
        column.addWidget(self.action, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()
        self.addWidget(message)
        self.addWidget(self._make_result(theme))
        theme.changed.connect(self._recolour)
        self._theme = theme
        self.show_message("")

    def _make_result(self, theme: Theme) -> QWidget:
        colours = theme.colours
        self.words = CaptionWords(colours)
        self.words.word_entered.connect(self.word_entered)
        self.words.word_left.connect(self.word_left)
        self.words.word_chosen.connect(self._on_word)
        self.copy = QToolButton()
        self.copy.setText("Copy")
        self.copy.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.copy.setToolTip("Copy the caption (Ctrl+C)")
        self.copy.clicked.connect(self.copy_caption)
        theme.set_icon(self.copy, "content-copy", "muted")
        self.facts = ElidedLabel()
        self.facts.setProperty("role", "hint")
        top = QHBoxLayout()
        top.addWidget(self.words, 1)
        top.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignTop)
        self.beams = BeamTable()
        self.tags = TagBars(colours)
        heading = QLabel("Sounds the encoder hears")
        heading.setProperty("role", "hint")
        heading.setContentsMargins(0, 5, 0, 5)
        tag_box = QWidget()
        tag_box.setProperty("role", "panel")
        tag_column = QVBoxLayout(tag_box)
        tag_column.setContentsMargins(0, 0, 4, 0)
        tag_column.setSpacing(0)
        tag_column.addWidget(heading)
        tag_column.addWidget(self.tags)
        tag_column.addStretch()
        self.tag_area = QScrollArea()
        self.tag_area.setWidgetResizable(True)
        self.tag_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tag_area.setWidget(tag_box)
        evidence = QHBoxLayout()
        evidence.setSpacing(24)
        evidence.addWidget(self.beams, 3)
        evidence.addWidget(self.tag_area, 2)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 4, 8, 4)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.facts)
        column.addLayout(evidence, 1)
        return page

    def show_message(self, sentence: str, action: str = "") -> None:
        """Show a sentence instead of a result, with a button where `action` names one."""
        self.result = None
        self.sentence.setText(sentence)
        self.action.setText(action)
        self.action.setVisible(bool(action))
        self.setCurrentIndex(0)

    def show_result(self, result: Result) -> None:
        """Show a caption with its evidence."""
        if result is self.result:
            return
        caption = result.caption
        if not caption.tokens:
            self.show_message("The model has no words for this sound.")
            return
        self.result = result
        self._moments = []
        for weights in caption.attention:
            start, end = attended_span(weights, caption.frame_seconds, caption.duration)
            self._moments.append((result.start + start, result.start + end))
        moments = [f"{start:.1f}–{end:.1f} s" for start, end in self._moments]
        self.words.show_caption(caption, moments)
        part = ""
        if result.length is not None:
            part = f"part {result.start:.2f}–{result.start + caption.duration:.2f} s  ·  "
        log_prob = f"{caption.log_prob:.2f}".replace("-", "−")
        path = Path(caption.checkpoint)
        self.facts.setText(
            f"{part}mean log-probability {log_prob} a token  ·  the bluer a word, the less sure"
            f"  ·  {_name_of(path)}  ·  took {caption.seconds_taken:.2f} s"
        )
        self.beams.show_beams(caption.beams)
        self.tags.show_tags(caption.tags)
        self.tag_area.setVisible(bool(caption.tags))
        self.setCurrentIndex(1)

    def copy_caption(self) -> None:
        """Put the caption on the clipboard, or the other beam that the keyboard is on."""
        if self.result is None:
            return
        text = self.result.caption.text
        if self.beams.hasFocus() and self.beams.currentRow() >= 0:
            text = self.result.caption.beams[self.beams.currentRow()].text
        QApplication.clipboard().setText(text)

    def _on_word(self, index: int) -> None:
        self.moment_chosen.emit(*self._moments[index])

    def _recolour(self) -> None:
        self.words.set_colours(self._theme.colours)
        self.tags.set_colours(self._theme.colours)


def _name_of(checkpoint: Path) -> str:
    """Name a run's checkpoint by its run, any other by its file."""
    if checkpoint.stem in ("best", "last"):
        return f"{checkpoint.stem} of {checkpoint.parent.parent.name}"
    return checkpoint.stem
