"""The features of a dataset, or all that are stored: extract, go on, see what failed, remove."""

from __future__ import annotations

from app.machine import size_text
from app.pages.library.dataset_records import DatasetRecord
from app.pages.library.dataset_work import DatasetWork
from app.pages.library.extract_dialog import ExtractDialog
from app.pages.library.feature_records import FeatureRecord, features_loader
from app.pages.library.file_dialogs import confirm, show_folder
from app.pages.library.list_tab import ListTab
from app.studio import Studio
from app.texts import NOTHING, count_text, date_text
from app.widgets.empty_state import EmptyState
from app.widgets.record_model import Column
from app.widgets.record_table import RecordTable
from core.data.store_list import remove_store

MOST_FAILED = 200


def _clips(record: FeatureRecord) -> int | None:
    return record.store.clips if record.store is not None else None


def _size(record: FeatureRecord) -> int | None:
    return record.store.size if record.store is not None else None


def _failed(record: FeatureRecord) -> int | None:
    return record.store.failed if record.store is not None else None


def _encoder(record: FeatureRecord) -> str:
    """Name the encoder, and the number type where it is not the usual one."""
    parts = [record.encoder, record.dtype if record.dtype != "float32" else ""]
    return ", ".join(part for part in parts if part) or NOTHING


def _number(value: int | None) -> str:
    return NOTHING if value is None else f"{value:,}"


DATASET: Column[FeatureRecord] = Column("Dataset", lambda r: r.dataset, width=150)
COLUMNS: tuple[Column[FeatureRecord], ...] = (
    Column("Split", lambda r: r.split or NOTHING, width=84),
    Column("Encoder", _encoder, width=160),
    Column("State", lambda r: r.state, width=120),
    Column("Clips", lambda r: _number(_clips(r)), _clips, right=True, width=70),
    Column("Left out", lambda r: _number(_failed(r)), _failed, right=True, width=70),
    Column(
        "Size",
        lambda r: NOTHING if r.store is None else size_text(r.store.size),
        _size,
        right=True,
        width=80,
    ),
)


class FeaturesView(ListTab[FeatureRecord]):
    """A list of feature stores; without a dataset, of all there are, to clear up."""

    def __init__(self, studio: Studio, works: DatasetWork, name: str = "features") -> None:
        columns = (DATASET, *COLUMNS) if name != "features" else COLUMNS
        table: RecordTable[FeatureRecord] = RecordTable(
            columns,
            identity=lambda r: r.key,
            faulty=lambda r: r.stale or (r.store is not None and r.store.state == "damaged"),
            name="Features",
        )
        empty = EmptyState(
            studio.theme,
            "database-outline",
            "No features yet",
            "Features are the frame embeddings of each sound, computed once and stored. "
            "Training makes those it lacks; Extract on the Datasets tab makes them beforehand.",
        )
        super().__init__(studio, name, table, empty, "Select a row to see what is stored.")
        self._works = works
        self.record: DatasetRecord | None = None
        self.extract = self.make_action(
            "Extract this split", "database-arrow-down-outline", self._extract, self._no_extraction
        )
        self.folder = self.make_action("Show in folder", "folder-outline", self._folder, _nothing)
        self.remove = self.make_action(
            "Remove...", "trash-can-outline", self._remove, _nothing, "danger"
        )
        if name == "features":
            self.add_button(self.extract)
        self.add_button(self.remove)
        menu = [self.folder, None, self.remove]
        self.set_menu([self.extract, *menu] if name == "features" else menu)
        self.table.delete_pressed.connect(self.remove.trigger)
        works.ended.connect(self._work_ended)
        works.changed.connect(self._work_changed)

    def refresh(self) -> None:
        """Look for the stores again, in a worker thread."""
        self.load(features_loader(self.record.name if self.record is not None else ""))

    def show_record(self, record: DatasetRecord) -> None:
        """Show the features of a dataset."""
        if self.record is not None and self.record.name != record.name:
            self.set_records([])
        self.record = record
        self.refresh()
        self._work_changed(record.name)

    def count_words(self, number: int) -> str:
        """Count stores."""
        stored = [one.store.size for one in self.table.records() if one.store is not None]
        return f"{count_text(len(stored), 'store')}, {size_text(sum(stored))}"

    def show_details(self, record: FeatureRecord) -> None:
        """Show what is stored, and each sound that was left out with the reason."""
        store, rows = record.store, [("State", record.state)]
        if store is not None:
            rows += [
                ("Clips", f"{store.clips:,}"),
                ("Size", size_text(store.size)),
                ("Written", date_text(store.modified)),
                ("Number type", record.dtype),
            ]
            if store.identity is not None:
                rows += [
                    ("Dimension", str(store.identity.dim)),
                    ("Weights", store.identity.weights_hash),
                ]
        failed = list(record.failed[:MOST_FAILED])
        if len(record.failed) > MOST_FAILED:
            failed.append(("...", f"and {len(record.failed) - MOST_FAILED:,} more"))
        problem = (
            "The sounds have changed since; these features are not used any more."
            if record.stale
            else "These features cannot be read; remove them and extract them again."
            if store is not None and store.state == "damaged"
            else ""
        )
        self.details.show_item(
            f"{record.split} · {record.encoder}" if record.split else record.dataset,
            [
                ("", rows),
                ("Sounds that were left out", failed),
                ("Folder", [("Path", str(store.path))] if store is not None else []),
            ],
            problem=problem,
        )

    def ask(self) -> None:
        """Let the user choose splits and an encoder, and begin."""
        record = self.record
        if record is None:
            return
        dialog = ExtractDialog(self.studio, record, self)
        dialog.chosen.connect(
            lambda splits, encoder, dtype, device: self._works.extract(
                record.name, record.entry.title, splits, encoder, dtype, device
            )
        )
        dialog.open()

    # ---- inside ----------------------------------------------------------------------------

    def _extract(self) -> None:
        one = self.table.current()
        assert one is not None
        if one.split and one.encoder:
            self._works.extract(
                one.dataset, one.dataset, [one.split], one.encoder, one.dtype, "auto"
            )

    def _no_extraction(self, record: FeatureRecord) -> str:
        if self._works.find(record.dataset, "extract") is not None:
            return "Features of this dataset are being extracted."
        if record.store is not None and record.store.state == "complete" and not record.stale:
            return "It is complete." if not record.store.failed else ""
        return "" if self.record is not None and self.record.usable else "It cannot be read."

    def _folder(self) -> None:
        one = self.table.current()
        assert one is not None and one.store is not None
        show_folder(self.studio, one.store.path)

    def _remove(self) -> None:
        one = self.table.current()
        assert one is not None and one.store is not None
        path, size = one.store.path, size_text(one.store.size)
        question = f"Delete the features “{path.name}” ({size})? They can be extracted again."
        if confirm(self, "Remove features", question, "Delete"):
            self.studio.jobs.run_quick(lambda: remove_store(path), self._removed, self.failed, self)

    def _removed(self, _nothing: object) -> None:
        self.studio.datasets_changed.emit()
        self.refresh()

    def _work_changed(self, name: str) -> None:
        if self.record is None or name not in (self.record.name, *self.record.name.split("+")):
            return
        self._update_actions()

    def _work_ended(self, _name: str, kind: str) -> None:
        if kind == "extract" and self.isVisible():
            self.refresh()


def _nothing(record: FeatureRecord) -> str:
    return "" if record.store is not None else "Nothing is stored yet."
