"""The checkpoints: of the runs, imported and shipped; use, export, import, delete."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt

from app.machine import size_text
from app.pages.library.file_dialogs import ask_open, ask_save, confirm, show_folder
from app.pages.library.list_tab import ListTab
from app.pages.library.notes_dialog import NotesDialog
from app.save_place import file_name
from app.studio import Studio
from app.texts import (
    NOTHING,
    best_text,
    count_text,
    date_text,
    figure_text,
    metric_title,
    short_date_text,
)
from app.widgets.empty_state import EmptyState
from app.widgets.record_model import Column
from app.widgets.record_table import RecordTable
from core.models.checkpoint_files import SUFFIX, CheckpointFile, list_checkpoints
from core.models.checkpoint_transfer import (
    convert_reference,
    export_checkpoint,
    import_checkpoint,
    tokenizer_beside,
)
from core.notes import Notes, write_notes
from core.runs.transfer import move_to_bin

OUR_FILES = f"Checkpoint (*{SUFFIX})"
IMPORTED_FILES = f"Checkpoints (*{SUFFIX} *.ckpt *.pt);;All files (*)"
TOKENIZER_FILES = "Tokenizer (tokenizer.json *.json)"


def _best(item: CheckpointFile) -> str:
    return best_text(item.best_value, item.monitor)


def _best_tip(item: CheckpointFile) -> str:
    if item.best_value is None:
        return "Its validation figures are not known."
    return f"Validation {metric_title(item.monitor)} when it was saved: {item.best_value:.4f}"


COLUMNS: tuple[Column[CheckpointFile], ...] = (
    Column("Checkpoint", lambda c: c.title, width=170),
    Column("Kind", lambda c: c.kind, width=76),
    Column("Objective", lambda c: c.objective or NOTHING, width=240),
    Column("Encoder", lambda c: c.encoder or NOTHING, width=130),
    Column("Dataset", lambda c: c.dataset or NOTHING, width=150),
    Column("Epoch", lambda c: str(c.epoch or NOTHING), lambda c: c.epoch, right=True, width=58),
    Column("Value", _best, lambda c: c.best_value, _best_tip, right=True, width=140),
    Column("Size", lambda c: size_text(c.size), lambda c: c.size, right=True, width=76),
    Column("Date", lambda c: short_date_text(c.modified), lambda c: c.modified, width=150),
)


def _searched(item: CheckpointFile) -> str:
    cells = [column.text(item) for column in COLUMNS]
    return " ".join((*cells, *item.own.tags, item.own.note, item.path.name))


class CheckpointsTab(ListTab[CheckpointFile]):
    """Every checkpoint on this machine; broken files carry their problem."""

    def __init__(self, studio: Studio) -> None:
        table: RecordTable[CheckpointFile] = RecordTable(
            COLUMNS,
            identity=lambda c: c.path,
            faulty=lambda c: bool(c.problem),
            name="Checkpoints",
            search_text=_searched,
        )
        empty = EmptyState(
            studio.theme,
            "cube-outline",
            "No checkpoint yet",
            "A checkpoint is a trained caption model in one file. "
            "Every run keeps its best and its last; files from elsewhere can be imported.",
            "Go to Train",
        )
        empty.clicked.connect(lambda: studio.show_page.emit("train"))
        # Runs of an experiment differ in how their titles end.
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        hint = "Select a checkpoint to see where it comes from."
        super().__init__(studio, "checkpoints", table, empty, hint)
        self.caption = self.make_action("Open in Caption", "waveform", self._caption, _unusable)
        self.compare = self.make_action(
            "Open in Compare", "compare-horizontal", self._compare, _unusable
        )
        self.export = self.make_action("Export copy...", "export", self._export, _unusable)
        self.notes = self.make_action("Name, tags and note...", "tag-outline", self._notes)
        self.folder = self.make_action("Show in folder", "folder-outline", self._folder)
        self.delete = self.make_action(
            "Delete...", "trash-can-outline", self._delete, _shipped, "danger"
        )
        self.import_button = self.add_plain_button("Import...", "import", self._import)
        for action in (self.caption, self.compare, self.delete):
            self.add_button(action)
        self.set_menu(
            [
                self.caption,
                self.compare,
                None,
                self.notes,
                self.export,
                self.folder,
                None,
                self.delete,
            ]
        )
        self.table.activated_record.connect(lambda _record: self.caption.trigger())
        self.table.delete_pressed.connect(self.delete.trigger)
        studio.checkpoints_changed.connect(self.refresh)
        studio.runs_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Read the headers of all checkpoints again, in a worker thread."""
        self.load(list_checkpoints)

    def count_words(self, number: int) -> str:
        """Count checkpoints."""
        return count_text(number, "checkpoint")

    def show_details(self, record: CheckpointFile) -> None:
        """Show where a checkpoint comes from and what it is."""
        figures = [
            (metric_title(key), figure_text(key, value)) for key, value in record.metrics.items()
        ]
        config = record.config
        model = []
        if config is not None:
            model = [
                ("Parameters", f"{record.parameters:,}"),
                ("Number type", record.dtype),
                ("Vocabulary", count_text(record.vocabulary_size, "token")),
                ("Model width", str(config.model.d_model)),
                ("Layers", str(config.model.layers)),
                ("Attention heads", str(config.model.heads)),
                ("Beam size", str(config.decoding.beam_size)),
            ]
        self.details.show_item(
            record.title,
            [
                (
                    "",
                    [
                        ("Kind", record.kind),
                        ("Run", record.run_title),
                        ("Objective", record.objective),
                        ("Encoder", record.encoder),
                        ("Dataset", record.dataset),
                        ("Epoch", str(record.epoch or "")),
                        ("Step", f"{record.step:,}" if record.step else ""),
                        ("Origin", record.origin),
                        ("Notes", record.notes),
                        ("Tags", ", ".join(record.own.tags)),
                        ("Note", record.own.note),
                        ("Saved", date_text(record.modified)),
                        ("Size", size_text(record.size)),
                    ],
                ),
                ("Validation at that moment", figures),
                ("Model", model),
                ("File", [("Path", str(record.path))]),
            ],
            problem=record.problem,
        )

    # ---- actions ---------------------------------------------------------------------------

    def _path(self) -> Path:
        record = self.table.current()
        assert record is not None
        return record.path

    def _caption(self) -> None:
        self.studio.open_in_caption.emit([str(self._path())])

    def _compare(self) -> None:
        self.studio.open_in_compare.emit([str(self._path())])

    def _notes(self) -> None:
        record = self.table.current()
        assert record is not None
        path = record.path
        dialog = NotesDialog("Checkpoint", record.own, record.title, self)
        dialog.saved.connect(
            lambda notes: self.studio.jobs.run_quick(
                lambda: write_notes(path, notes), self._changed, self.failed, self
            )
        )
        dialog.open()

    def _folder(self) -> None:
        show_folder(self.studio, self._path())

    def _export(self) -> None:
        record = self.table.current()
        assert record is not None
        name = file_name(record.title if record.run else record.path.stem, SUFFIX)
        target = ask_save(self.studio, self, "Export checkpoint", name, OUR_FILES)
        if target is not None:
            self.studio.jobs.run_quick(
                lambda: export_checkpoint(record.path, target), self._exported, self.failed, self
            )

    def _exported(self, path: Path) -> None:
        self.studio.message.emit(f"Exported to {path}")

    def _import(self) -> None:
        source = ask_open(self.studio, self, "Import checkpoint", IMPORTED_FILES)
        if source is None:
            return
        if source.suffix == SUFFIX:
            self.studio.jobs.run_quick(
                lambda: import_checkpoint(source), self._imported, self.failed, self
            )
            return
        title = f"Tokenizer that belongs to {source.name}"
        tokenizer = tokenizer_beside(source) or ask_open(self.studio, self, title, TOKENIZER_FILES)
        if tokenizer is not None:
            self.studio.message.emit(f"Converting {source.name} ...")
            self.studio.jobs.run_quick(
                lambda: convert_reference(source, tokenizer), self._imported, self.failed, self
            )

    def _imported(self, path: Path) -> None:
        self.studio.message.emit(f"Imported {path.name}")
        self.search.clear()
        self.select_when_listed(path)
        self.studio.checkpoints_changed.emit()

    def _delete(self) -> None:
        record = self.table.current()
        assert record is not None
        question = f"Move the checkpoint “{record.title}” ({size_text(record.size)}) to the bin?"
        if record.kind == "last":
            question += "\nWithout its last checkpoint the run cannot be resumed."
        path = record.path
        if confirm(self, "Delete checkpoint", question, "Move to bin"):
            self.studio.jobs.run_quick(lambda: _take_away(path), self._deleted, self.failed, self)

    def _deleted(self, path: Path) -> None:
        self.studio.message.emit(f"Moved {path.name} to the bin.")
        self.studio.checkpoints_changed.emit()

    def _changed(self, _nothing: object) -> None:
        self.studio.checkpoints_changed.emit()


def _take_away(path: Path) -> Path:
    move_to_bin(path)
    write_notes(path, Notes())
    return path


def _unusable(record: CheckpointFile) -> str:
    return "This file cannot be loaded." if record.problem else ""


def _shipped(record: CheckpointFile) -> str:
    return "It belongs to the installation." if record.kind == "built-in" else ""
