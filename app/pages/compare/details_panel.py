"""The selected clip: its sound, its references, and what each system says about it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.pages.compare.clip_sound import ClipSound
from app.pages.compare.results import ResultsModel
from app.pages.compare.rows import LETTERS, ResultRow
from app.pages.compare.system_column import SystemColumn, references_html, text_label
from app.studio import Studio

COLUMN_WIDTH = 185


class DetailsPanel(QSplitter):
    """Sound on the left; references and one column a system on the right.

    Signal `explain_wanted(row)`: its beams and attention are to be found out.
    """

    explain_wanted = Signal(object)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._studio = studio
        self._row: ResultRow | None = None
        self._model: ResultsModel | None = None
        self.busy = False
        self.sound = ClipSound(studio)
        self.sound.explain_clicked.connect(self._explain)
        self.references = text_label("")
        self.references.setTextFormat(Qt.TextFormat.RichText)
        self.columns = [SystemColumn(studio.theme, number) for number in range(len(LETTERS))]
        body = QWidget()
        body.setProperty("role", "panel")
        row = QHBoxLayout(body)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(16)
        self._add_column(row, self.references)
        for column in self.columns:
            column.setMinimumWidth(COLUMN_WIDTH)
            row.addWidget(column, 1)
            column.word_entered.connect(partial(self._word_entered, column))
            column.word_left.connect(self.sound.view.clear_attention)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidget(body)
        self.addWidget(self.sound)
        self.addWidget(self.area)
        self.setChildrenCollapsible(False)
        self.setStretchFactor(1, 1)
        self.sound.setMinimumWidth(280)
        studio.remember_splitter(self, "compare/details", [340, 860])
        studio.theme.changed.connect(self._recolour)
        self.show_row(None, None)

    def show_row(self, row: ResultRow | None, model: ResultsModel | None) -> None:
        """Show a clip with the captions of the model's systems and their figures."""
        before = self._row.clip.key if self._row else None
        self._row, self._model = row, model
        if row is None or row.clip.key != before:
            self.sound.show_clip(row.clip if row else None)
            self.area.verticalScrollBar().setValue(0)
        self._refresh()

    def lacking(self) -> bool:
        """Whether some checkpoint's beams and attention of this clip are not known."""
        row, model = self._row, self._model
        if row is None or model is None:
            return False
        return any(
            told is not None and told.caption is None and not system.is_table
            for told, system in zip(row.captions, model.systems, strict=True)
        )

    def set_busy(self, busy: bool) -> None:
        """Say whether beams are being found out."""
        self.busy = busy
        self._show_button()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what was shown while the panel was hidden."""
        super().showEvent(event)
        if self._row is not None:
            row = self._row
            self.sound.show_clip(None)
            self.sound.show_clip(row.clip)

    # ---- inside ----------------------------------------------------------------------------

    def _add_column(self, row: QHBoxLayout, label: QLabel) -> None:
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        label.setMinimumWidth(150)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        column.addWidget(label)
        column.addStretch(1)
        row.addLayout(column, 1)

    def _refresh(self) -> None:
        row, model = self._row, self._model
        count = len(model.systems) if model is not None and row is not None else 0
        for number, column in enumerate(self.columns):
            column.setVisible(number < count)
        if row is None or model is None:
            self.references.clear()
        else:
            self.references.setText(references_html(row.clip.references, self._studio.theme))
            for number in range(count):
                scores = model.scores.get(number, {})
                figures = {
                    name: values[row.clip.key]
                    for name, values in scores.items()
                    if row.clip.key in values
                }
                self.columns[number].show_caption(row, model.titles[number], figures, model.metric)
        self._show_button()

    def _show_button(self) -> None:
        lacking = self.lacking()
        self.sound.explain.setVisible(lacking)
        self.sound.explain.setEnabled(lacking and not self.busy)
        self.sound.explain.setText("Asking..." if self.busy else "Beams and attention")

    def _explain(self) -> None:
        if self._row is not None:
            self.explain_wanted.emit(self._row)

    def _word_entered(self, column: SystemColumn, word: int) -> None:
        caption = column.full
        if caption is not None:
            self.sound.show_attention(caption.attention[word], caption.frame_seconds)

    def _recolour(self) -> None:
        for column in self.columns:
            column.map.recolour()
        self._refresh()
