"""The list of datasets: read in worker threads, as often as something has changed."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QBrush, QColor

from app.machine import size_text
from app.pages.library.dataset_records import DatasetRecord, load_records, measured
from app.studio import Studio
from app.texts import NOTHING
from app.widgets.record_model import Column
from app.widgets.record_table import RecordTable

COLUMNS: tuple[Column[DatasetRecord], ...] = (
    Column("Dataset", lambda r: r.entry.title, width=120),
    Column("State", lambda r: r.state, tooltip=lambda r: "\n".join(r.entry.unread), width=135),
    Column(
        "Size",
        lambda r: NOTHING if r.size is None else size_text(r.size),
        lambda r: r.size,
        right=True,
        width=76,
    ),
)


class DatasetList(RecordTable[DatasetRecord]):
    """All datasets with their states and sizes. Signals:

    `entries_changed(names)` before datasets are shown that were not as now; `measured()` once the
    sizes are known; `failed(sentence, details)`.
    """

    entries_changed = Signal(set)
    measured = Signal()
    failed = Signal(str, str)

    def __init__(self, studio: Studio) -> None:
        super().__init__(
            COLUMNS,
            identity=lambda r: r.name,
            faulty=lambda r: r.entry.state == "broken",
            name="Datasets",
        )
        # Names that begin alike differ at their ends.
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._studio = studio
        self._loading = self._load_again = False
        self._wanted = ""
        studio.datasets_changed.connect(self.refresh)
        studio.theme.changed.connect(self._theme_changed)
        self._theme_changed()

    def refresh(self) -> None:
        """Look for datasets, stores and reports again, in a worker thread."""
        if self._loading:
            self._load_again = True
            return
        self._loading = True
        self._studio.jobs.run_quick(load_records, self._loaded, self._not_loaded, self)

    def choose(self, name: str) -> None:
        """Select a dataset once the list shows it."""
        self._wanted = name
        self.select(name)

    def _loaded(self, records: list[DatasetRecord]) -> None:
        self._loading = False
        known = {record.name: record for record in self.records()}
        before = {name: record.entry for name, record in known.items()}
        now = {record.name: record.entry for record in records}
        self.entries_changed.emit(
            {name for name in {**before, **now} if before.get(name) != now.get(name)}
        )
        self.set_records(
            [
                replace(one, size=known[one.name].size if one.name in known else None)
                for one in records
            ]
        )
        if not self._wanted or not self.select(self._wanted):
            self.select_first()
        if not self._load_again:
            # What is wanted may only be there once the list is read again.
            self._wanted = ""
        folders = {one.name: one.entry.folder for one in records if one.entry.folder is not None}
        if folders:
            self._studio.jobs.run_quick(lambda: measured(folders), self._measured, None, self)
        if self._load_again:
            self._load_again = False
            self.refresh()

    def _not_loaded(self, sentence: str, details: str) -> None:
        self._loading = False
        self.failed.emit(sentence, details)

    def _measured(self, sizes: dict[str, int]) -> None:
        model = self.records_model
        model.records = [replace(one, size=sizes.get(one.name)) for one in model.records]
        self.update_rows()
        self.fit_columns()
        self.measured.emit()

    def _theme_changed(self) -> None:
        self.records_model.fault_brush = QBrush(QColor(self._studio.theme.colours.danger))
        self.viewport().update()
