"""The datasets: which there are, how large, and what is in them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.dataset_roots import BUILT_IN, dataset_root, set_dataset_root
from app.pages.library.clips_tab import ClipsTab
from app.pages.library.dataset_facts import DatasetFacts, gather_facts
from app.pages.library.recordings_tab import RecordingsTab
from app.studio import Studio
from app.widgets.elided_label import ElidedLabel
from app.widgets.empty_state import EmptyState
from app.widgets.segments import Segments
from core.data.datasets import dataset_names

CLIPS, RECORDINGS = "clips", "recordings"


class DatasetsTab(QWidget):
    """One dataset at a time: its figures, clips and recordings."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self.facts: DatasetFacts | None = None
        self._asked = 0
        self.dataset = QComboBox()
        self.dataset.setAccessibleName("Dataset")
        self.dataset.setMinimumWidth(150)
        for name in dataset_names():
            self.dataset.addItem(f"{name} (built-in)" if name in BUILT_IN else name, name)
        self.view = Segments(
            [
                (CLIPS, "Clips", "Clips with their captions"),
                (RECORDINGS, "Recordings", "What built-in scenes are made of, with credits"),
            ]
        )
        self.folder = QPushButton("Choose folder...")
        studio.theme.set_icon(self.folder, "folder-open-outline")
        self.figures = ElidedLabel()
        self.figures.setProperty("role", "muted")
        self.clips = ClipsTab(studio)
        self.recordings = RecordingsTab(studio)
        self.missing = EmptyState(studio.theme, "folder-question-outline", "Not found", "")
        self.stack = QStackedWidget()
        for widget in (self.clips, self.recordings, self.missing):
            self.stack.addWidget(widget)
        top = QHBoxLayout()
        top.setContentsMargins(12, 8, 12, 8)
        top.setSpacing(12)
        top.addWidget(self.dataset)
        top.addWidget(self.view)
        top.addWidget(self.folder)
        top.addWidget(self.figures, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.stack, 1)
        self.dataset.activated.connect(lambda _index: self.refresh())
        self.view.changed.connect(lambda _view: self._show_view())
        self.folder.clicked.connect(self._choose_folder)
        self.missing.clicked.connect(self._choose_folder)
        studio.datasets_changed.connect(self.refresh)

    @property
    def name(self) -> str:
        """The chosen dataset."""
        return str(self.dataset.currentData())

    def refresh(self) -> None:
        """Read the chosen dataset, in a worker thread."""
        self._asked += 1
        number, name = self._asked, self.name
        root = dataset_root(self.studio.settings, name)
        self.folder.setVisible(name not in BUILT_IN)
        self.figures.setText("Reading ...")
        self.studio.jobs.run_quick(
            lambda: gather_facts(name, root),
            lambda facts: self._found(number, facts),
            lambda sentence, _details: self._not_found(number, sentence),
            self,
        )

    # ---- inside ----------------------------------------------------------------------------

    def _found(self, number: int, facts: DatasetFacts) -> None:
        if number != self._asked:
            return
        self.facts = facts
        self.figures.setText(facts.sentence())
        self.clips.show_facts(facts)
        self.recordings.show_facts(facts)
        self.view.show()
        self.view.buttons[RECORDINGS].setVisible(bool(facts.recordings))
        if not facts.recordings:
            self.view.set_value(CLIPS)
        self._show_view()

    def _not_found(self, number: int, sentence: str) -> None:
        if number != self._asked:
            return
        self.facts = None
        self.figures.setText("")
        self.view.hide()
        built_in = self.name in BUILT_IN
        self.missing.set_texts(
            "This dataset cannot be read" if built_in else f"{self.name} is not set up",
            sentence,
            "" if built_in else "Choose folder...",
        )
        self.stack.setCurrentWidget(self.missing)

    def _show_view(self) -> None:
        if self.facts is not None:
            recordings = self.view.value == RECORDINGS
            self.stack.setCurrentWidget(self.recordings if recordings else self.clips)

    def _choose_folder(self) -> None:
        name = self.name
        start = str(dataset_root(self.studio.settings, name) or Path.home())
        folder = QFileDialog.getExistingDirectory(self, f"Folder of {name}", start)
        if folder:
            set_dataset_root(self.studio.settings, name, Path(folder))
            self.studio.datasets_changed.emit()
