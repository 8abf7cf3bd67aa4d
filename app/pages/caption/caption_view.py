"""One caption: its words, how sure the model is of them, and what else it considered."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.pages.caption.attention_layers import LayerChoice
from app.pages.caption.evidence import BeamTable, TagBars
from app.pages.caption.other_checkpoints import OtherCaptions
from app.pages.caption.outputs import CheckpointNames, Result, facts_of
from app.pages.caption.word_times import attended_span
from app.pages.caption.words import CaptionWords
from app.theme import Theme
from app.widgets.elided_label import ElidedLabel

EVIDENCE_HEIGHT = 92


class CaptionView(QWidget):
    """Shows a result.

    Signals: `word_entered(index)`, `word_left()`, `moment_chosen(start, end)` in seconds of the
    file, `edited(result, text)`, `keep_clicked(result)` and `folder_clicked()`.
    """

    word_entered = Signal(int)
    word_left = Signal()
    moment_chosen = Signal(float, float)
    edited = Signal(object, str)
    keep_clicked = Signal(object)
    folder_clicked = Signal()

    def __init__(self, theme: Theme, names: CheckpointNames, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._names = theme, names
        self.result: Result | None = None
        self.moments: list[tuple[float, float]] = []
        colours = theme.colours
        self.words = CaptionWords(colours)
        self.words.word_entered.connect(self.word_entered)
        self.words.word_left.connect(self.word_left)
        self.words.word_chosen.connect(self._on_word)
        self.editor = QLineEdit()
        self.editor.setAccessibleName("Caption, edited")
        self.editor.setAcceptDrops(False)
        self.editor.returnPressed.connect(self.finish_edit)
        self.editor.hide()
        self.copy = self._button(
            "Copy", "content-copy", "Copy the caption (Ctrl+C)", self.copy_caption
        )
        self.edit = self._button("Edit", "pencil-outline", "", self._on_edit)
        self.keep = self._button("Keep", "bookmark-plus-outline", "", self._on_keep)
        self.keep.setAccessibleName("Keep as a reference")
        self.keep.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        menu = QMenu(self.keep)
        menu.addAction("Choose the folder for references…", self.folder_clicked.emit)
        self.keep.setMenu(menu)
        self.facts = ElidedLabel()
        self.facts.setProperty("role", "hint")
        self.layers = LayerChoice()
        self.layers.changed.connect(self._on_layer)
        self.others = OtherCaptions(colours)
        self.beams = BeamTable()
        self.tags = TagBars(colours)
        self._lay_out()
        theme.changed.connect(self._recolour)

    def _button(self, text: str, icon: str, tip: str, slot: Callable[[], None]) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setToolTip(tip)
        button.clicked.connect(slot)
        self._theme.set_icon(button, icon, "muted")
        return button

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.words, 1)
        top.addWidget(self.editor, 1)
        for button in (self.copy, self.edit, self.keep):
            top.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        line = QHBoxLayout()
        line.addWidget(self.facts, 1)
        line.addWidget(self.layers)
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
        self.tag_box = tag_box
        evidence = QHBoxLayout()
        evidence.setSpacing(24)
        evidence.addWidget(self.beams, 3)
        evidence.addWidget(tag_box, 2)
        self.beams.setMinimumHeight(EVIDENCE_HEIGHT)
        page = QWidget()
        page.setProperty("role", "panel")
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 4, 8, 4)
        column.setSpacing(4)
        column.addLayout(top)
        column.addLayout(line)
        column.addWidget(self.others)
        column.addLayout(evidence, 1)
        # Where the page is low, the caption stays whole and the evidence is scrolled to.
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(page)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(self.area)

    # ---- content ---------------------------------------------------------------------------

    def show_result(self, result: Result) -> None:
        """Show a caption with its evidence."""
        caption = result.caption
        fresh = self.result is None or self.result.caption is not caption
        self._close_editor()
        self.result = result
        if fresh:
            self.layers.list_layers(len(caption.layer_attention))
        self._show_words()
        self.facts.setText(facts_of(result, self._names.of(caption.checkpoint)))
        if fresh:
            self.beams.show_beams(caption.beams)
            self.tags.show_tags(caption.tags)
            self.area.verticalScrollBar().setValue(0)
        self.tag_box.setVisible(bool(caption.tags))
        self.show_others([])
        self._refresh_buttons()

    def show_others(self, results: Sequence[Result]) -> None:
        """Show what other checkpoints say of the same part."""
        names = [self._names.of(result.checkpoint) for result in results]
        self.others.show_results(results, names)

    def weights(self, index: int) -> NDArray[np.float32]:
        """Return the attention (T,) of a word in the layer that is chosen."""
        assert self.result is not None
        caption, layer = self.result.caption, self.layers.layer
        if layer is None:
            return caption.attention[index]
        rows: NDArray[np.float32] = caption.layer_attention[layer]
        return rows[index]

    def copy_caption(self) -> None:
        """Put the caption on the clipboard, or the other beam that the keyboard is on."""
        if self.result is None:
            return
        text = self.result.text
        if self.beams.hasFocus() and self.beams.currentRow() >= 0:
            text = self.result.caption.beams[self.beams.currentRow()].text
        QApplication.clipboard().setText(text)

    @property
    def editing(self) -> bool:
        """Whether words are being written."""
        return not self.editor.isHidden()

    def finish_edit(self) -> None:
        """Keep what was written; nothing, or the model's own words, bring those back."""
        if self.result is None or not self.editing:
            return
        text = " ".join(self.editor.text().split())
        result = self.result
        self._close_editor()
        self.edited.emit(result, "" if text == result.caption.text else text)

    def cancel_edit(self) -> None:
        """Leave the caption as it was."""
        self._close_editor()

    def set_folder(self, folder: str) -> None:
        """Say where references are kept."""
        self.keep.setToolTip(f"Keep sound and caption as a reference in {folder}")

    def _show_words(self) -> None:
        assert self.result is not None
        result, caption = self.result, self.result.caption
        self.moments = []
        for index in range(len(caption.tokens)):
            weights = self.weights(index)
            start, end = attended_span(weights, caption.frame_seconds, caption.duration)
            self.moments.append((result.start + start, result.start + end))
        moments = [f"{start:.1f}–{end:.1f} s" for start, end in self.moments]
        self.words.show_caption(caption, moments, result.edited)
        self._order_tabs()

    def _order_tabs(self) -> None:
        """Lead the Tab key as one reads: the words first, which are new with every caption."""
        buttons = (self.copy, self.edit, self.keep)
        chain = [*self.words.buttons, *buttons, self.layers.box, self.others, self.beams]
        for one, next_one in itertools.pairwise(chain):
            QWidget.setTabOrder(one, next_one)

    def _close_editor(self) -> None:
        self.editor.hide()
        self.words.show()
        self._refresh_buttons()

    def _refresh_buttons(self) -> None:
        writing = self.editing
        self.edit.setText("Done" if writing else "Edit")
        self.edit.setToolTip(
            "Keep these words (Return); Escape leaves the caption as it was"
            if writing
            else "Write better words; they are copied, exported and kept in place of the model's"
        )
        self._theme.set_icon(self.edit, "check" if writing else "pencil-outline", "muted")

    # ---- slots -----------------------------------------------------------------------------

    def _on_word(self, index: int) -> None:
        self.moment_chosen.emit(*self.moments[index])

    def _on_layer(self) -> None:
        if self.result is not None:
            self._show_words()

    def _on_edit(self) -> None:
        if self.editing:
            self.finish_edit()
        elif self.result is not None:
            self.words.hide()
            self.editor.setText(self.result.text)
            self.editor.show()
            self.editor.setFocus(Qt.FocusReason.OtherFocusReason)
            self.editor.selectAll()
            self._refresh_buttons()

    def _on_keep(self) -> None:
        self.finish_edit()
        if self.result is not None:
            self.keep_clicked.emit(self.result)

    def _recolour(self) -> None:
        self.words.set_colours(self._theme.colours)
        self.tags.set_colours(self._theme.colours)
        self.others.set_colours(self._theme.colours)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the texts off the buttons where the words need the room."""
        super().resizeEvent(event)
        narrow = self.width() < 520
        style = (
            Qt.ToolButtonStyle.ToolButtonIconOnly
            if narrow
            else Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        )
        for button in (self.copy, self.edit, self.keep):
            button.setToolButtonStyle(style)
