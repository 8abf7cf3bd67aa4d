"""The Library page: its tabs, each filled when first shown."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from app.pages.library.checkpoints_tab import CheckpointsTab
from app.pages.library.datasets_tab import DatasetsTab
from app.pages.library.encoders_tab import EncodersTab
from app.pages.library.features_view import FeaturesView
from app.pages.library.runs_tab import RunsTab
from app.pages.library.storage_tab import StorageTab
from app.studio import Studio

Tab = DatasetsTab | FeaturesView | EncodersTab | CheckpointsTab | RunsTab | StorageTab


class LibraryPage(QWidget):
    """Datasets, features, encoders, checkpoints, runs and storage."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.datasets = DatasetsTab(studio)
        self.features = FeaturesView(studio, self.datasets.works, "all-features")
        self.encoders = EncodersTab(studio)
        self.checkpoints = CheckpointsTab(studio)
        self.runs = RunsTab(studio)
        self.storage = StorageTab(studio)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName("Library")
        self._order: list[Tab] = []
        self._add("Datasets", self.datasets)
        self._add("Features", self.features)
        self._add("Encoders", self.encoders)
        self._add("Checkpoints", self.checkpoints)
        self._add("Runs", self.runs)
        self._add("Storage", self.storage)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)
        self._filled: set[int] = set()
        self.tabs.setCurrentIndex(int(str(studio.settings.value("library/tab", 0))))
        self.tabs.currentChanged.connect(self._tab_changed)

    def showEvent(self, event: QShowEvent) -> None:
        """Fill the tab in front when the page is shown for the first time."""
        super().showEvent(event)
        self._fill(self.tabs.currentIndex())

    def _add(self, title: str, tab: Tab) -> None:
        self._order.append(tab)
        self.tabs.addTab(tab, title)

    def _tab_changed(self, index: int) -> None:
        self.studio.settings.setValue("library/tab", index)
        self._fill(index)

    def _fill(self, index: int) -> None:
        if index not in self._filled:
            self._filled.add(index)
            self._order[index].refresh()
