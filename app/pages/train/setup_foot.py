"""Below the settings: what stands in the way, what will run, and the buttons that begin it."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.studio import Studio
from app.widgets.banner import Banner


class SetupFoot(QWidget):
    """Banner of blockers, sentence, Start, New experiment, Copy as command line."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.blockers = Banner(studio.theme)
        self.sentence = QLabel()
        self.sentence.setProperty("role", "muted")
        self.sentence.setWordWrap(True)
        self.start = QPushButton("Start")
        self.start.setProperty("role", "primary")
        self.start.setToolTip("Start this run (Ctrl+Return)")
        self.start.setMinimumHeight(34)
        studio.theme.set_icon(self.start, "play", "on_accent")
        self.experiment = self._small_button(
            "flask-outline", "New experiment: compare several ways of training (Ctrl+E)"
        )
        self.copy_command = self._small_button(
            "console", "Copy as command line, to train in a terminal (Ctrl+Shift+K)"
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.start, 1)
        buttons.addWidget(self.experiment)
        buttons.addWidget(self.copy_command)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 16)
        column.setSpacing(8)
        column.addWidget(self.blockers)
        column.addWidget(self.sentence)
        column.addLayout(buttons)

    def set_queueing(self, running: bool) -> None:
        """Say on the button whether the run starts now or waits for the one that runs."""
        text = "Add to queue" if running else "Start"
        if text == self.start.text():
            return
        self.start.setText(text)
        icon = "playlist-plus" if running else "play"
        self._studio.theme.set_icon(self.start, icon, "on_accent")
        tip = "Start this run when the present one has ended" if running else "Start this run"
        self.start.setToolTip(f"{tip} (Ctrl+Return)")

    def _small_button(self, icon: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setIconSize(QSize(18, 18))
        button.setMinimumSize(34, 34)
        button.setToolTip(tip)
        button.setAccessibleName(tip.split(" (")[0])
        self._studio.theme.set_icon(button, icon, "text")
        return button
