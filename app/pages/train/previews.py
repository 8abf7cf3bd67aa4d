"""What the model says about a few fixed clips, epoch by epoch: one sees and hears it learn."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QTextBrowser, QToolButton, QVBoxLayout, QWidget

from app.studio import Studio
from app.widgets.inputs import QuietComboBox
from core.config import RunConfig
from core.errors import DatasetError
from core.events import PreviewCaptioned

if TYPE_CHECKING:
    from app.runs.history import RunHistory

SHOWN = 60
_RATE = 32_000
_WIDE = 460


class PreviewPane(QWidget):
    """The captions of one preview clip by epoch, the clip's references beside, and the clip."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._studio = studio
        self._history: RunHistory | None = None
        self._config: RunConfig | None = None
        self._drawn: tuple[object, ...] = ()
        self._playing_clip = ""
        self._connected = False
        # A clip that waits for the sound output to be found.
        self._waiting: Any = None
        self.clip = QuietComboBox()
        self.clip.setAccessibleName("Preview clip")
        self.clip.currentIndexChanged.connect(self._draw)
        hint = QLabel("Clip")
        hint.setProperty("role", "hint")
        hint.setBuddy(self.clip)
        self.play = QToolButton()
        self.play.setIconSize(QSize(18, 18))
        self.play.setAccessibleName("Play the clip")
        self.play.setToolTip("Play the clip (Ctrl+Space)")
        self.play.setShortcut("Ctrl+Space")
        studio.theme.set_icon(self.play, "play", "text")
        self.play.clicked.connect(self._play_clicked)
        self.text = QTextBrowser()
        self.text.setAccessibleName("Captions by epoch")
        self.text.setOpenLinks(False)
        self.text.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.text.setProperty("role", "page")
        self.text.document().setDocumentMargin(12)
        self.references = QLabel()
        self.references.setTextFormat(Qt.TextFormat.RichText)
        self.references.setWordWrap(True)
        self.references.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.references.setContentsMargins(12, 12, 12, 8)
        self.references.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar = QWidget()
        line = QHBoxLayout(self.bar)
        line.setContentsMargins(12, 6, 12, 0)
        line.setSpacing(8)
        line.addWidget(hint)
        line.addWidget(self.clip, 1)
        line.addWidget(self.play)
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(self.text, 3)
        body.addWidget(self.references, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addLayout(body, 1)
        studio.theme.changed.connect(self._redraw)
        self.show_history(None)

    def show_history(self, history: RunHistory | None, config: RunConfig | None = None) -> None:
        """Show the previews of a run, None for no run. `config` says where its clips are."""
        self._history, self._config = history, config
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the references beside the captions where there is room, else above them."""
        super().resizeEvent(event)
        self._redraw()

    def _redraw(self) -> None:
        self._drawn = ()
        self._draw()

    def _draw(self, *_: object) -> None:
        clip = str(self.clip.currentData() or "")
        found = self._history.previews.get(clip, {}) if self._history else {}
        latest = max(found, default=-1)
        key = (id(self._history), clip, len(found), latest, found.get(latest))
        if key == self._drawn:
            return
        self._drawn = key
        colours = self._studio.theme.colours
        if not found:
            sentence = "Captions of a few validation clips appear here after each validation."
            self.text.setHtml(f"<p style='color:{colours.muted}'>{sentence}</p>")
            self.references.hide()
            return
        events = sorted(found.values(), key=lambda event: event.epoch, reverse=True)
        wide = self.width() >= _WIDE
        rows = [self._row(event, event is events[0], events[0]) for event in events[:SHOWN]]
        references = [html.escape(text) for text in events[0].references]
        self.references.setVisible(wide and bool(references))
        if wide:
            lines = "".join(f"<p style='margin:0 0 6px 0'>{text}</p>" for text in references)
            self.references.setText(
                f"<p style='color:{colours.muted}; font-size:11px; margin:0 0 4px 0'>"
                f"References</p>{lines}"
            )
        else:
            rows[1:1] = [self._reference(number, text) for number, text in enumerate(references)]
        bar = self.text.verticalScrollBar()
        place = bar.value()
        self.text.setHtml(f"<table cellspacing='0' cellpadding='2'>{''.join(rows)}</table>")
        bar.setValue(place)

    def _reference(self, number: int, text: str) -> str:
        colours = self._studio.theme.colours
        name = "references" if not number else ""
        return (
            f"<tr><td {_small(colours.muted)} align='right'>{name}</td>"
            f"<td style='padding-left:12px; color:{colours.muted}'>{text}</td></tr>"
        )

    def _row(self, event: PreviewCaptioned, latest: bool, last: PreviewCaptioned) -> str:
        """One epoch: words that a reference has too stand out from those that none has."""
        colours = self._studio.theme.colours
        muted = _small(colours.muted)
        known = {word for text in last.references for word in text.lower().split()}
        words = []
        for word in event.caption.split():
            safe = html.escape(word)
            right = not known or word.lower() in known
            words.append(safe if right else f"<span style='color:{colours.muted}'>{safe}</span>")
        text = " ".join(words) or "<i>no words</i>"
        weight = "font-weight:600" if latest else ""
        return (
            f"<tr><td {muted} align='right'>epoch {event.epoch + 1}</td>"
            f"<td style='padding-left:12px'><span style='{weight}'>{text}</span>"
            f"&nbsp; <span {muted}>log\u2011prob\u00a0{_signed(event.log_prob)}</span></td></tr>"
        )

    # Playing the clip

    def _play_clicked(self) -> None:
        player = self._studio.player
        if not self._connected:
            self._connected = True
            player.playing_changed.connect(self._show_playing)
            player.problem_changed.connect(self._output_known)
            player.check()
        if player.playing and self._playing_clip:
            player.pause()
            return
        clip, config = str(self.clip.currentData() or ""), self._config
        if clip and config is not None:
            self._studio.jobs.run_quick(
                lambda: load_clip(config, clip), self._loaded, self._not_loaded, self
            )

    def _loaded(self, found: tuple[str, Any]) -> None:
        clip, samples = found
        self._playing_clip = clip
        self._waiting = samples
        if not self._studio.player.problem:
            self._output_known()

    def _not_loaded(self, sentence: str, _details: str) -> None:
        self._studio.message.emit(sentence)

    def _output_known(self) -> None:
        player, samples = self._studio.player, self._waiting
        self._waiting = None
        self._show_playing()
        if samples is None:
            return
        if player.problem:
            self._studio.message.emit(player.problem)
            return
        player.play(samples, _RATE, 0.0, len(samples) / _RATE)

    def _show_playing(self) -> None:
        player = self._studio.player
        playing = player.playing and bool(self._playing_clip)
        if not player.playing and self._waiting is None:
            self._playing_clip = ""
        self._studio.theme.set_icon(self.play, "pause" if playing else "play", "text")
        self.play.setToolTip(player.problem or "Play the clip (Ctrl+Space)")


def load_clip(config: RunConfig, clip: str) -> tuple[str, Any]:
    """Return the name of a validation clip of a run and its samples. For worker threads."""
    from core.data.datasets import open_dataset

    data = config.data
    dataset = open_dataset(data.dataset, Path(data.root).expanduser() if data.root else None)
    for found in dataset.clips(dataset.splits[1]):
        if found.id == clip:
            return clip, dataset.load_audio(found, _RATE)
    raise DatasetError(f"The dataset '{data.dataset}' no longer has the clip {clip}.")


def _signed(value: float) -> str:
    """Write a number with a sign at which no line is broken."""
    return f"{value:.2f}".replace("-", "\u2212")


def _small(colour: str) -> str:
    return f"style='color:{colour}; font-size:11px; white-space:nowrap'"
