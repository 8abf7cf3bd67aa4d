"""What the model says about a few fixed clips after each validation, the latest first."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QTextBrowser, QVBoxLayout, QWidget

from app.studio import Studio
from app.widgets.inputs import QuietComboBox
from core.events import PreviewCaptioned

if TYPE_CHECKING:
    from app.pages.train.history import RunHistory

SHOWN = 60


class PreviewPane(QWidget):
    """Captions of one preview clip by epoch, and its references."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._studio = studio
        self._history: RunHistory | None = None
        self._drawn: tuple[object, ...] = ()
        self.clip = QuietComboBox()
        self.clip.setAccessibleName("Preview clip")
        self.clip.currentIndexChanged.connect(self._draw)
        hint = QLabel("Clip")
        hint.setProperty("role", "hint")
        hint.setBuddy(self.clip)
        self.text = QTextBrowser()
        self.text.setOpenLinks(False)
        self.text.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.text.setProperty("role", "page")
        self.text.document().setDocumentMargin(12)
        self.bar = QWidget()
        line = QHBoxLayout(self.bar)
        line.setContentsMargins(12, 6, 12, 0)
        line.setSpacing(8)
        line.addWidget(hint)
        line.addWidget(self.clip, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self.text, 1)
        studio.theme.changed.connect(self._redraw)
        self.show_history(None)

    def show_history(self, history: RunHistory | None) -> None:
        """Show the previews of a run, None for no run."""
        self._history = history
        clips = list(history.previews) if history else []
        shown = [self.clip.itemData(index) for index in range(self.clip.count())]
        if clips != shown:
            chosen = self.clip.currentData()
            blocked = self.clip.blockSignals(True)
            self.clip.clear()
            for clip in clips:
                self.clip.addItem(clip, clip)
            self.clip.setCurrentIndex(max(0, self.clip.findData(chosen)))
            self.clip.blockSignals(blocked)
        self.bar.setVisible(bool(clips))
        self._draw()

    def _redraw(self) -> None:
        self._drawn = ()
        self._draw()

    def _draw(self, *_: object) -> None:
        clip = str(self.clip.currentData() or "")
        found = self._history.previews.get(clip, {}) if self._history else {}
        key = (id(self._history), clip, len(found), max(found, default=-1))
        if key == self._drawn:
            return
        self._drawn = key
        colours = self._studio.theme.colours
        muted = _small(colours.muted)
        if not found:
            sentence = "Captions of a few validation clips appear here after each validation."
            self.text.setHtml(f"<p style='color:{colours.muted}'>{sentence}</p>")
            return
        events = sorted(found.values(), key=lambda event: event.epoch, reverse=True)
        rows = [self._row(event, event is events[0]) for event in events[:SHOWN]]
        references = [
            f"<tr><td {muted} align='right'>{'references' if not number else ''}</td>"
            f"<td style='padding-left:12px; color:{colours.muted}'>{html.escape(text)}</td></tr>"
            for number, text in enumerate(events[0].references)
        ]
        gap = "<tr><td colspan='2' style='font-size:4px'>&nbsp;</td></tr>"
        table = [rows[0], *references, gap, *rows[1:]]
        bar = self.text.verticalScrollBar()
        place = bar.value()
        self.text.setHtml(f"<table cellspacing='0' cellpadding='2'>{''.join(table)}</table>")
        bar.setValue(place)

    def _row(self, event: PreviewCaptioned, latest: bool) -> str:
        muted = _small(self._studio.theme.colours.muted)
        weight = "font-weight:600" if latest else ""
        text = html.escape(event.caption) or "<i>no words</i>"
        return (
            f"<tr><td {muted} align='right'>epoch {event.epoch + 1}</td>"
            f"<td style='padding-left:12px'><span style='{weight}'>{text}</span>"
            f"&nbsp; <span {muted}>log-prob {event.log_prob:.2f}</span></td></tr>"
        )


def _small(colour: str) -> str:
    return f"style='color:{colour}; font-size:11px; white-space:nowrap'"


class LogPane(QTextBrowser):
    """The run's events as plain text; stays at the end while it is at the end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history: RunHistory | None = None
        self._shown = 0
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.setProperty("role", "page")
        self.setLineWrapMode(QTextBrowser.LineWrapMode.WidgetWidth)
        self.document().setMaximumBlockCount(5000)
        self.document().setDocumentMargin(12)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def show_history(self, history: RunHistory | None) -> None:
        """Show the log of a run, adding only what is new."""
        lines = history.log if history else []
        if history is not self._history or len(lines) < self._shown:
            self._history, self._shown = history, 0
            self.clear()
        if len(lines) > self._shown:
            bar = self.verticalScrollBar()
            at_end = bar.value() >= bar.maximum() - 4
            for line in lines[self._shown :]:
                self.append(line)
            self._shown = len(lines)
            if at_end:
                bar.setValue(bar.maximum())
        elif not lines and not self.toPlainText():
            self.setPlaceholderText("What happens in the run is listed here.")
