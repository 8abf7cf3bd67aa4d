"""The datasets: which there are, in what state, and everything that is done with one."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.pages.library.about_view import AboutView
from app.pages.library.check_view import CheckView
from app.pages.library.clips_tab import ClipsTab
from app.pages.library.dataset_actions import DatasetActions
from app.pages.library.dataset_facts import DatasetFacts, gather_facts
from app.pages.library.dataset_list import DatasetList
from app.pages.library.dataset_records import DatasetRecord
from app.pages.library.dataset_work import DatasetWork
from app.pages.library.features_view import FeaturesView
from app.pages.library.job_lines import JobLines
from app.pages.library.recordings_tab import RecordingsTab
from app.studio import Studio
from app.widgets.banner import Banner
from app.widgets.elided_label import ElidedLabel
from app.widgets.empty_state import EmptyState
from app.widgets.segments import Segments

ABOUT, CLIPS, RECORDINGS, CHECK, FEATURES = "about", "clips", "recordings", "check", "features"
VIEWS = (
    (ABOUT, "About", "State, licence, and how to get it"),
    (CLIPS, "Clips", "Clips with their captions"),
    (RECORDINGS, "Recordings", "What built-in scenes are made of, with credits"),
    (CHECK, "Check", "Whether everything is there, readable and kept apart"),
    (FEATURES, "Features", "Stored features of the encoders, by split"),
)


class DatasetsTab(QWidget):
    """A list of datasets on the left; on the right, views of the chosen one and its work."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self.facts: DatasetFacts | None = None
        self._asked = 0
        self._failed_work = ""
        self._wanted_clip: tuple[str, str, str] | None = None
        self.works = DatasetWork(studio, self)
        self.banner = Banner(studio.theme)
        self.table = DatasetList(studio)
        self.actions_ = DatasetActions(self)
        self.title = QLabel()
        self.title.setProperty("role", "title")
        self.figures = ElidedLabel()
        self.figures.setProperty("role", "muted")
        self.view = Segments(VIEWS)
        self.about = AboutView()
        self.clips = ClipsTab(studio)
        self.recordings = RecordingsTab(studio)
        self.check = CheckView(studio, self.works)
        self.features = FeaturesView(studio, self.works)
        self.missing = EmptyState(studio.theme, "folder-question-outline", "Not here yet", "")
        self.lines = JobLines(studio, self.works)
        self.stack = QStackedWidget()
        for widget in self._pages().values():
            self.stack.addWidget(widget)
        self.stack.addWidget(self.missing)
        self._arrange()
        self._connect()

    @property
    def name(self) -> str:
        """The chosen dataset, "" while there is none."""
        record = self.table.current()
        return record.name if record is not None else ""

    def refresh(self) -> None:
        """Look for datasets, stores and reports again, in a worker thread."""
        self.table.refresh()

    def choose(self, name: str) -> None:
        """Select a dataset once the list shows it."""
        self.table.choose(name)

    def failed(self, sentence: str, details: str) -> None:
        """Show what went wrong."""
        self._failed_work = ""
        self.banner.show_message(sentence, "danger", details)

    def show_view(self, view: str) -> None:
        """Show one of the views of the chosen dataset."""
        self.view.set_value(view)
        self._show_view()

    def show_clip(self, split: str, clip_id: str, text: str) -> None:
        """Look at a clip, or at what contains a text, once the clips are known."""
        self._wanted_clip = (split, clip_id, text)
        self.show_view(CLIPS)
        self._show_wanted_clip()

    # ---- arrangement -----------------------------------------------------------------------

    def _pages(self) -> dict[str, QWidget]:
        return {
            ABOUT: self.about,
            CLIPS: self.clips,
            RECORDINGS: self.recordings,
            CHECK: self.check,
            FEATURES: self.features,
        }

    def _arrange(self) -> None:
        left = QWidget()
        buttons = QHBoxLayout()
        buttons.setContentsMargins(12, 8, 12, 8)
        buttons.setSpacing(8)
        for button in self.actions_.list_buttons():
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(buttons)
        column.addWidget(self.table, 1)
        right = QWidget()
        names = QHBoxLayout()
        names.setContentsMargins(16, 8, 12, 0)
        names.setSpacing(12)
        names.addWidget(self.title)
        names.addWidget(self.figures, 1)
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 8, 12, 8)
        bar.setSpacing(8)
        bar.addWidget(self.view)
        bar.addStretch(1)
        for action_button in self.actions_.buttons():
            bar.addWidget(action_button)
        side = QVBoxLayout(right)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(0)
        side.addLayout(names)
        side.addLayout(bar)
        side.addWidget(self.lines)
        side.addWidget(self.stack, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(left)
        self.splitter.addWidget(right)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setChildrenCollapsible(False)
        self.studio.remember_splitter(self.splitter, "library/datasets", [400, 800])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.banner)
        layout.addWidget(self.splitter, 1)

    def _connect(self) -> None:
        self.table.entries_changed.connect(self._entries_changed)
        self.table.current_changed.connect(self._current_changed)
        self.table.measured.connect(self._measured)
        self.table.failed.connect(self.failed)
        self.table.set_menu(self.actions_.menu_actions())
        self.table.delete_pressed.connect(self.actions_.remove.trigger)
        self.view.changed.connect(lambda _view: self._show_view())
        self.missing.clicked.connect(self.actions_.begin)
        self.check.failed.connect(self.failed)
        self.check.view.clip_wanted.connect(self.show_clip)
        self.works.begun.connect(self._work_begun)
        self.works.failed.connect(self._work_failed)
        self.works.ended.connect(self._work_ended)
        self.works.changed.connect(lambda _name: self.actions_.update_record(self.table.current()))

    # ---- the list --------------------------------------------------------------------------

    def _entries_changed(self, names: set[str]) -> None:
        if self.facts is not None and self.facts.name in names:
            # The folder may be another one now: what is in front is read again.
            self.facts = None

    def _measured(self) -> None:
        record = self.table.current()
        if record is not None:
            self.about.show_record(record)

    def _current_changed(self, record: DatasetRecord | None) -> None:
        self.actions_.update_record(record)
        self.lines.show_dataset(record.name if record is not None else "")
        if record is None:
            return
        self.title.setText(record.entry.title)
        self.about.show_record(record)
        self.check.show_record(record)
        if self.facts is None or self.facts.name != record.name:
            self.facts = None
            self._asked += 1
            self.clips.clear()
            self.recordings.set_records([])
            self.figures.setText("")
            self.view.buttons[RECORDINGS].hide()
            if self.view.value == RECORDINGS:
                self.view.set_value(CLIPS)
        self._show_view()

    def _show_view(self) -> None:
        record = self.table.current()
        if record is None:
            return
        view = self.view.value
        if not record.usable and view != ABOUT:
            self.missing.set_texts(*self.actions_.how_to_begin(record))
            self.stack.setCurrentWidget(self.missing)
            return
        self.stack.setCurrentWidget(self._pages()[view])
        if view == FEATURES:
            self.features.show_record(record)
        reads = view in (CLIPS, RECORDINGS) or record.entry.state == "built-in"
        if reads and record.usable and self.facts is None:
            self._read(record.name)

    # ---- the clips -------------------------------------------------------------------------

    def _read(self, name: str) -> None:
        self._asked += 1
        number = self._asked
        self.figures.setText("Reading ...")
        self.studio.jobs.run_quick(
            lambda: gather_facts(name),
            lambda facts: self._found(number, facts),
            lambda sentence, details: self._not_found(number, sentence, details),
            self,
        )

    def _found(self, number: int, facts: DatasetFacts) -> None:
        if number != self._asked:
            return
        self.facts = facts
        self.figures.setText(facts.sentence())
        self.clips.show_facts(facts)
        self.recordings.show_facts(facts)
        self.view.buttons[RECORDINGS].setVisible(bool(facts.recordings))
        self._show_wanted_clip()

    def _not_found(self, number: int, sentence: str, details: str) -> None:
        if number == self._asked:
            self.figures.setText("")
            self.clips.empty.set_texts("This dataset cannot be read", sentence)
            self.failed(sentence, details)

    def _show_wanted_clip(self) -> None:
        if self._wanted_clip is None or self.facts is None:
            return
        split, clip_id, text = self._wanted_clip
        self._wanted_clip = None
        if not self.clips.show_clip(split, clip_id, text):
            what = clip_id or text
            self.studio.message.emit(f"{what} is not among the clips: there is no such file")

    # ---- work ------------------------------------------------------------------------------

    def _work_begun(self, name: str) -> None:
        if name == self._failed_work:
            # What went wrong is being tried again.
            self._failed_work = ""
            self.banner.dismiss()

    def _work_failed(self, name: str, sentence: str, details: str) -> None:
        self.failed(sentence, details)
        self._failed_work = name

    def _work_ended(self, name: str, kind: str) -> None:
        self.actions_.update_record(self.table.current())
        if kind == "download":
            self.choose(name)
            self.studio.datasets_changed.emit()
        else:
            self.refresh()
