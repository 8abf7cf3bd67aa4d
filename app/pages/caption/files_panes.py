"""How the side for files is laid out: the list, the sound, and what is said of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.pages.caption.detail import Hear
from app.pages.caption.file_list import FileList
from app.pages.caption.model_bar import ModelBar
from app.pages.caption.result_view import ResultView
from app.pages.caption.sound_files import SoundFiles
from app.pages.caption.stage import Stage
from app.studio import Studio


class FilesPanes(QSplitter):
    """The list on the left, the sound above its captions on the right; all of it adjustable."""

    def __init__(self, studio: Studio, files: SoundFiles, hear: Hear) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        theme = studio.theme
        self.list = FileList(theme, files)
        self.list.setMinimumWidth(180)
        self.stage = Stage(studio, hear)
        self.stage.setMinimumHeight(300)
        self.model_bar = ModelBar(theme, studio.settings)
        self.result = ResultView(theme)
        words = QWidget()
        words.setProperty("role", "panel")
        words.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        words.setMinimumHeight(150)
        column = QVBoxLayout(words)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.model_bar)
        column.addWidget(self.result, 1)
        upright = QSplitter(Qt.Orientation.Vertical)
        upright.addWidget(self.stage)
        upright.addWidget(words)
        upright.setStretchFactor(0, 3)
        upright.setStretchFactor(1, 1)
        upright.setChildrenCollapsible(False)
        self.addWidget(self.list)
        self.addWidget(upright)
        self.setStretchFactor(1, 1)
        self.setChildrenCollapsible(False)
        studio.remember_splitter(upright, "caption/upright", [420, 240])
        studio.remember_splitter(self, "caption/files", [250, 950])
