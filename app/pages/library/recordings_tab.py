"""The recordings that built-in scenes are made of: whom to thank, and under which licence."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.pages.library.dataset_facts import DatasetFacts, Recording
from app.pages.library.list_tab import ListTab
from app.studio import Studio
from app.texts import count_text, length_text
from app.widgets.empty_state import EmptyState
from app.widgets.play_button import PlayButton
from app.widgets.record_model import Column
from app.widgets.record_table import RecordTable

COLUMNS: tuple[Column[Recording], ...] = (
    Column("Recording", lambda r: r.name, width=130),
    Column("Sound class", lambda r: r.sound_class, width=170),
    Column("Length", lambda r: length_text(r.seconds), lambda r: r.seconds, right=True, width=80),
    Column("Author", lambda r: r.author, width=260),
    Column("Licence", lambda r: r.licence, width=150),
)


KINDS = {
    "once": "one discrete sound",
    "bout": "a series of sounds",
    "steady": "lasts, and may be cut",
    "background": "an even texture, may be looped",
}


class RecordingsTab(ListTab[Recording]):
    """A list of recordings that can be heard."""

    def __init__(self, studio: Studio) -> None:
        table: RecordTable[Recording] = RecordTable(
            COLUMNS, identity=lambda r: r.name, search_text=_search_text, name="Recordings"
        )
        # Names and licences that begin alike differ at their ends.
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        empty = EmptyState(
            studio.theme,
            "music-note-outline",
            "No list of recordings",
            "Only built-in scenes are made of single recordings. "
            "The clips of this dataset are recordings themselves.",
        )
        hint = "Select a recording to listen and to see whom to thank for it."
        super().__init__(studio, "recordings", table, empty, hint)
        self.play = PlayButton(studio)
        self.play.failed.connect(self.failed)
        self.details.extra.addWidget(self.play, 0, Qt.AlignmentFlag.AlignLeft)

    def show_facts(self, facts: DatasetFacts) -> None:
        """Show the recordings of a dataset."""
        self.set_records(list(facts.recordings))

    def count_words(self, number: int) -> str:
        """Count recordings."""
        return count_text(number, "recording")

    def show_details(self, record: Recording) -> None:
        """Show the credits of a recording."""
        self.details.show_item(
            record.name,
            [
                (
                    "",
                    [
                        ("Class", record.sound_class),
                        ("Kind", KINDS.get(record.kind, record.kind)),
                        ("Length", length_text(record.seconds)),
                        ("Author", record.author),
                        ("Licence", record.licence),
                        ("Source", record.source),
                        ("File", str(record.path)),
                    ],
                )
            ],
        )
        self.play.set_sound(record.sound)


def _search_text(record: Recording) -> str:
    # Where a recording comes from is too long for a column, and yet what one looks for.
    return "\n".join([*(column.text(record) for column in COLUMNS), record.source])
