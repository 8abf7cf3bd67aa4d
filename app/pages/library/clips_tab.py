"""The clips of a dataset: captions, what sounds when, and the sound itself."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox

from app.pages.library.dataset_facts import ClipRecord, DatasetFacts, clip_events
from app.pages.library.event_bars import EventBar, EventBars
from app.pages.library.list_tab import ListTab
from app.studio import Studio
from app.texts import NOTHING, count_text, length_text
from app.widgets.empty_state import EmptyState
from app.widgets.play_button import PlayButton
from app.widgets.record_model import Column
from app.widgets.record_table import RecordTable

ALL = "all splits"


def _tags(record: ClipRecord) -> str:
    return ", ".join(record.clip.tags) or NOTHING


COLUMNS: tuple[Column[ClipRecord], ...] = (
    Column("Clip", lambda r: r.clip.id, width=110),
    Column("Split", lambda r: r.split, width=110),
    Column(
        "Length",
        lambda r: length_text(r.clip.duration),
        lambda r: r.clip.duration,
        right=True,
        width=70,
    ),
    Column("Sound classes", _tags, width=190),
    Column(
        "First caption",
        lambda r: r.clip.captions[0],
        tooltip=lambda r: "\n".join(r.clip.captions),
        width=2000,
    ),
)


class ClipsTab(ListTab[ClipRecord]):
    """A browser of clips."""

    def __init__(self, studio: Studio) -> None:
        table: RecordTable[ClipRecord] = RecordTable(
            COLUMNS,
            identity=lambda r: (r.split, r.clip.id),
            name="Clips",
            search_text=lambda r: " ".join((r.clip.id, r.split, *r.clip.tags, *r.clip.captions)),
        )
        empty = EmptyState(studio.theme, "music-box-multiple-outline", "Reading the dataset", "")
        hint = "Select a clip to read its captions, see what sounds when, and listen."
        super().__init__(studio, "clips", table, empty, hint)
        self.search.setPlaceholderText("Search captions and classes")
        self.split = QComboBox()
        self.split.setAccessibleName("Split")
        self.split.addItem(ALL)
        self.split.activated.connect(lambda _index: self._split_changed())
        self.toolbar.insertWidget(0, self.split)
        self.play = PlayButton(studio)
        self.play.failed.connect(self.failed)
        self.bars = EventBars(studio.theme)
        self.play.position_changed.connect(self.bars.set_playhead)
        self.play.ended.connect(lambda: self.bars.set_playhead(None))
        self.details.extra.addWidget(self.play, 0, Qt.AlignmentFlag.AlignLeft)
        self.details.extra.addWidget(self.bars)
        self._events_wanted: ClipRecord | None = None

    def show_facts(self, facts: DatasetFacts) -> None:
        """Show the clips of a dataset."""
        chosen = self.split.currentText()
        self.split.clear()
        self.split.addItems([ALL, *(split.name for split in facts.splits)])
        self.split.setCurrentText(chosen)
        self.set_records(list(facts.clips))
        self._split_changed()

    def count_words(self, number: int) -> str:
        """Count clips."""
        return count_text(number, "clip")

    def show_details(self, record: ClipRecord) -> None:
        """Show captions and classes; the events follow from a worker thread."""
        clip = record.clip
        captions = [(str(number), text) for number, text in enumerate(clip.captions, 1)]
        self.details.show_item(
            clip.id,
            [
                ("Captions" if len(captions) > 1 else "Caption", captions),
                (
                    "About",
                    [
                        ("Split", record.split),
                        ("Length", length_text(clip.duration)),
                        ("Classes", ", ".join(clip.tags)),
                        ("File", str(clip.source or "")),
                    ],
                ),
            ],
        )
        self.play.set_sound(record.sound)
        self.bars.hide()
        self._events_wanted = record
        self.studio.jobs.run_quick(
            lambda: clip_events(record),
            lambda events: self._show_events(record, events),
            self.failed,
            self,
        )

    def _show_events(self, record: ClipRecord, events: list[EventBar]) -> None:
        if record is self._events_wanted and self.table.current() is record:
            self.bars.set_events(events, record.clip.duration)
            self.bars.setVisible(bool(events))

    def _split_changed(self) -> None:
        name = self.split.currentText()
        chosen = None if name == ALL else name
        self.table.filter_model.set_condition(
            (lambda record: record.split == chosen) if chosen else None
        )
        self._update_count()
