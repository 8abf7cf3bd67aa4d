"""Where the selected run stands: state, epoch, time, last and best validation, what to press."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.studio import Studio
from app.texts import count_text
from app.widgets.elided_label import ElidedLabel


@dataclass(frozen=True)
class RunStatus:
    """What the line shows. `state` is a job's or a folder's state; `can` lists the buttons."""

    title: str = ""
    state: str = ""
    phase: str = ""
    facts: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()
    fraction: float | None = None
    can: frozenset[str] = field(default_factory=frozenset)
    loads: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


STATE_WORDS = {
    "queued": "Waiting in the queue",
    "running": "Training",
    "paused": "Paused",
    "stopping": "Saving...",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
    "interrupted": "Interrupted",
    "unreadable": "Unreadable",
    "not started": "Not started",
    "elsewhere": "Training in another process",
    "paused elsewhere": "Paused in another process",
}


class StateLine(QWidget):
    """Two or three lines of text, a thin progress bar, Pause, Resume, Stop, a menu of the rest."""

    pause_clicked = Signal()
    resume_clicked = Signal()
    stop_clicked = Signal()
    discard_clicked = Signal()
    warnings_clicked = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._shown: RunStatus | None = None
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.state = QLabel()
        self.state.setProperty("role", "title")
        self.title = ElidedLabel()
        self.title.setProperty("role", "muted")
        self.facts = ElidedLabel()
        self.scores = ElidedLabel()
        self.scores.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.scores.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setProperty("role", "thin")
        self.pause = self._button("Pause", "pause", "Hold the run until it is resumed (Ctrl+P)")
        self.resume = self._button("Resume", "play", "Go on from where the run stands (Ctrl+P)")
        self.stop = QToolButton()
        self.stop.setText("Stop")
        self.stop.setAccessibleName("Stop and keep")
        self.stop.setToolTip("Save a checkpoint and stop; the run can be resumed (Ctrl+.)")
        self.stop.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.stop.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.stop.setProperty("role", "split")
        self.stop.setIconSize(QSize(16, 16))
        studio.theme.set_icon(self.stop, "stop", "text")
        menu = QMenu(self)
        menu.addAction("Stop and keep", self.stop_clicked.emit)
        menu.addAction("Stop and move to the bin", self.discard_clicked.emit)
        self.stop.setMenu(menu)
        self.more = QToolButton()
        self.more.setAccessibleName("More actions")
        self.more.setToolTip("Save, preview or validate now, continue with contrast, duplicate ...")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setIconSize(QSize(18, 18))
        studio.theme.set_icon(self.more, "dots-vertical", "text")
        self.more_menu = QMenu(self)
        self.more.setMenu(self.more_menu)
        self.loads = QLabel()
        self.loads.setProperty("role", "muted")
        self.loads.setToolTip("Clips trained on per second; load and memory of the device")
        self.warnings = QToolButton()
        self.warnings.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.warnings.setAutoRaise(True)
        self.warnings.setIconSize(QSize(16, 16))
        studio.theme.set_icon(self.warnings, "alert-outline", "warning")
        self.warnings.clicked.connect(self.warnings_clicked)
        self.pause.clicked.connect(self.pause_clicked)
        self.resume.clicked.connect(self.resume_clicked)
        self.stop.clicked.connect(self.stop_clicked)

        first = QHBoxLayout()
        first.setSpacing(12)
        first.addWidget(self.state)
        first.addWidget(self.title, 1)
        first.addWidget(self.scores)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addLayout(first)
        texts.addWidget(self.facts)
        # Only while there is something to say: it costs the curves a line.
        self.third = QWidget()
        third = QHBoxLayout(self.third)
        third.setContentsMargins(0, 0, 0, 0)
        third.setSpacing(12)
        third.addWidget(self.loads)
        third.addWidget(self.warnings)
        third.addStretch()
        texts.addWidget(self.third)
        row = QHBoxLayout()
        row.setContentsMargins(16, 8, 12, 8)
        row.setSpacing(8)
        row.addLayout(texts, 1)
        for button in (self.pause, self.resume, self.stop, self.more):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(self.bar)
        self.show_status(RunStatus())

    def show_status(self, status: RunStatus) -> None:
        """Show where a run stands."""
        if status == self._shown:
            return
        self._shown = status
        self.state.setText(status.phase or STATE_WORDS.get(status.state, status.state))
        self.title.setText(status.title)
        self.facts.setText(" · ".join(status.facts))
        self.loads.setText(" · ".join(status.loads))
        self.loads.setVisible(bool(status.loads))
        count = len(status.warnings)
        self.warnings.setVisible(count > 0)
        self.third.setVisible(bool(status.loads) or count > 0)
        self.warnings.setText(count_text(count, "warning"))
        self.warnings.setToolTip("\n".join(status.warnings[-8:]))
        share = round(1000 * (status.fraction or 0.0))
        if share != self.bar.value():
            # It repaints at once even when nothing changes.
            self.bar.setValue(share)
        self.pause.setVisible("pause" in status.can)
        self.resume.setVisible("resume" in status.can)
        self.resume.setText("Start" if status.state == "not started" else "Resume")
        self.stop.setVisible("stop" in status.can)
        self.stop.setEnabled(status.state != "stopping")
        # Last: the room depends on the buttons.
        self._show_scores()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many scores as there is room for."""
        super().resizeEvent(event)
        self._show_scores()

    def _show_scores(self) -> None:
        """Leave out scores, the first ones first, before the title is cut; the tooltip has all."""
        scores = self._shown.scores if self._shown else ()
        buttons = (self.pause, self.resume, self.stop, self.more)
        taken = sum(one.sizeHint().width() + 8 for one in buttons if not one.isHidden())
        room = self.width() - taken - 28 - self.state.sizeHint().width() - 24
        room -= self.title.fontMetrics().horizontalAdvance(self.title.text())
        wide = self.scores.fontMetrics().horizontalAdvance
        shown = scores
        while len(shown) > 1 and wide(" · ".join(shown)) > room:
            shown = shown[1:]
        self.scores.setText(" · ".join(shown))
        self.scores.set_more(" · ".join(scores) if shown != scores else "")

    def _button(self, text: str, icon: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._studio.theme.set_icon(button, icon, "text")
        return button
