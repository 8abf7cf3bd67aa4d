"""The clips of a dataset: captions, what sounds when, and the sound itself."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox

from app.pages.library.dataset_facts import ClipRecord, DatasetFacts, clip_events
from app.pages.library.event_bars import EventBar, EventBars
from app.pages.library.file_dialogs import show_folder
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
    # The folders are in the tooltip; what tells clips apart is the name.
    Column(
        "Clip",
        lambda r: r.clip.id.rpartition("/")[2],
        lambda r: r.clip.id.casefold(),
        lambda r: r.clip.id,
        width=150,
    ),
    Column("Split", lambda r: r.split, width=110),
    Column(
        "Length",
        lambda r: length_text(r.clip.duration) if r.clip.duration else NOTHING,
        lambda r: r.clip.duration,
        right=True,
        width=70,
    ),
    Column("Sound classes", _tags, width=190),
    Column(
        "First caption",
        lambda r: r.clip.captions[0] if r.clip.captions else NOTHING,
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
            search_text=lambda r: r.text,
            faulty=lambda r: not r.clip.duration,
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
        self.caption = self.make_action("Open in Caption", "waveform", self._caption, _no_file)
        self.folder = self.make_action("Show in folder", "folder-outline", self._folder, _no_file)
        self.copy = self.make_action("Copy captions", "content-copy", self._copy)
        self.add_button(self.caption)
        self.set_menu([self.caption, self.copy, None, self.folder])
        self.table.activated_record.connect(lambda _record: self.play.click())

    def show_facts(self, facts: DatasetFacts) -> None:
        """Show the clips of a dataset."""
        chosen = self.split.currentText() or ALL
        self.split.clear()
        self.split.addItems([ALL, *(split.name for split in facts.splits)])
        self.split.setCurrentText(chosen)
        # Most datasets name no classes: the captions have better use for the room.
        titles = [column.title for column in COLUMNS]
        self.table.setColumnHidden(titles.index("Sound classes"), not facts.classes)
        self.set_records(list(facts.clips))
        self._split_changed()

    def count_words(self, number: int) -> str:
        """Count clips."""
        return count_text(number, "clip")

    def show_details(self, record: ClipRecord) -> None:
        """Show captions and classes; the events follow from a worker thread."""
        clip = record.clip
        extras = [(key.replace("_", " "), text) for key, text in clip.extras.items()]
        captions = [(str(number), text) for number, text in enumerate(clip.captions, 1)]
        self.details.show_item(
            clip.id,
            [
                ("Captions" if len(captions) > 1 else "Caption", captions),
                (
                    "About",
                    [
                        ("Split", record.split),
                        ("Length", length_text(clip.duration) if clip.duration else ""),
                        ("Classes", ", ".join(clip.tags)),
                        ("File", str(clip.source or "")),
                    ],
                ),
                ("From the tables", extras),
            ],
            problem="" if clip.duration else "This file cannot be read; press Play to hear why.",
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

    def show_clip(self, split: str, clip_id: str, text: str = "") -> bool:
        """Bring a clip to the front, or what contains a text; say whether it is there."""
        self.split.setCurrentText(ALL)
        self.search.setText(text)
        self._split_changed()
        if clip_id:
            return self.table.select((split, clip_id))
        self.table.select_first()
        return self.table.current() is not None

    def clear(self) -> None:
        """Show nothing until other clips come."""
        self.empty.set_texts("Reading the dataset", "")
        self.set_records([])

    def _caption(self) -> None:
        record = self.table.current()
        if record is not None and record.clip.source is not None:
            self.studio.open_in_caption.emit([str(record.clip.source)])

    def _folder(self) -> None:
        record = self.table.current()
        if record is not None and record.clip.source is not None:
            show_folder(self.studio, record.clip.source)

    def _copy(self) -> None:
        record = self.table.current()
        if record is not None:
            QApplication.clipboard().setText("\n".join(record.clip.captions))
            self.studio.message.emit("Copied the captions")

    def _show_events(self, record: ClipRecord, events: list[EventBar]) -> None:
        if record is self._events_wanted and self.table.current() is record:
            self.bars.set_events(events, record.clip.duration)
            self.bars.setVisible(bool(events))

    def _split_changed(self) -> None:
        name = self.split.currentText()
        chosen = None if name == ALL else name
        self.table.set_condition((lambda record: record.split == chosen) if chosen else None)
        self._update_count()


def _no_file(record: ClipRecord) -> str:
    return (
        "" if record.clip.source is not None else "It is synthesised, and has no file of its own."
    )
