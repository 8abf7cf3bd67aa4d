"""The two lines on top: systems and source, and the button that starts."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.pages.compare.source_bar import FILES, SourceBar
from app.pages.compare.systems_bar import SystemsBar
from app.studio import Studio
from app.texts import count_text


class TopBar(QWidget):
    """Signals: `caption_clicked()`, `evaluate_clicked()` and `stop_clicked()`."""

    caption_clicked = Signal()
    evaluate_clicked = Signal()
    stop_clicked = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "toolbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.systems = SystemsBar(studio)
        self.source = SourceBar(studio)
        self.button = QPushButton("Caption")
        self.button.setProperty("role", "primary")
        self.button.clicked.connect(self.caption_clicked)
        self.evaluate = QPushButton("Evaluate split")
        self.evaluate.clicked.connect(self.evaluate_clicked)
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Stop after the clip in hand; what is captioned stays")
        studio.theme.set_icon(self.stop, "stop")
        self.stop.clicked.connect(self._stop)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setFixedWidth(110)
        self.bar.setAccessibleName("Progress")
        row = QHBoxLayout()
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        row.addWidget(self.source, 1)
        row.addWidget(self.bar)
        row.addWidget(self.stop)
        row.addWidget(self.evaluate)
        row.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.systems)
        layout.addLayout(row)
        self.show_state(False, 0, False, 0)

    def show_state(self, busy: bool, left: int, has_clips: bool, unevaluated: int) -> None:
        """Say whether work goes on, how many clips are left to caption, and how many checkpoints
        have not been evaluated on the whole split.
        """
        on_split = self.source.kind.value != FILES
        self.evaluate.setVisible(on_split and not busy)
        self.evaluate.setEnabled(bool(unevaluated) and has_clips)
        self.evaluate.setToolTip(
            f"Caption the whole split with {count_text(unevaluated, 'checkpoint')}, score it by "
            "every metric, and keep both with the run; what is stopped goes on next time"
            if unevaluated
            else "Every checkpoint was evaluated on this split."
        )
        self.button.setText(f"Caption {count_text(left, 'clip')}" if left else "Caption")
        self.button.setEnabled(bool(left) and not busy)
        if left:
            reason = "Let every system caption the clips it has not captioned yet (Ctrl+Return)"
        elif has_clips:
            reason = "Every clip is captioned."
        elif self.source.kind.value == FILES:
            reason = "Choose sound files first."
        else:
            reason = "Choose a split first."
        self.button.setToolTip(reason)
        self.button.setVisible(not busy)
        self.stop.setVisible(busy)
        self.bar.setVisible(busy)
        if not busy:
            self.stop.setEnabled(True)

    def show_progress(self, share: float | None, sentence: str) -> None:
        """Show how far captioning is; None is not known, and leaves the bar empty."""
        self.bar.setValue(round(1000 * (share or 0.0)))
        self.bar.setToolTip(sentence)

    def _stop(self) -> None:
        self.stop.setEnabled(False)
        self.stop_clicked.emit()
