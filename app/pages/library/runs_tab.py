"""The runs: what was trained, how far, how well; rename, export, import, delete."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QLineEdit

from app.machine import size_text
from app.pages.library.file_dialogs import ask_open, ask_save, confirm, show_folder
from app.pages.library.list_tab import ListTab
from app.pages.library.notes_dialog import NotesDialog
from app.pages.library.run_records import (
    COLUMNS,
    RunRecord,
    best_figure,
    epochs_words,
    load_runs,
    no_checkpoint,
    running,
    searched,
    unreadable,
)
from app.save_place import file_name
from app.studio import Studio
from app.texts import (
    count_text,
    date_text,
    figure_text,
    metric_title,
)
from app.widgets.empty_state import EmptyState
from app.widgets.record_table import RecordTable
from core.models.checkpoint_files import objective_of
from core.notes import Notes, write_notes
from core.runs import RunFolder
from core.runs.transfer import delete_run, export_run, import_run

RUN_ARCHIVE = "Exported run (*.zip)"
LONGEST_TITLE = 80


class RunsTab(ListTab[RunRecord]):
    """All run folders, broken ones with their problem."""

    def __init__(self, studio: Studio) -> None:
        table: RecordTable[RunRecord] = RecordTable(
            COLUMNS,
            identity=lambda r: r.summary.run.path,
            faulty=lambda r: bool(r.summary.problem),
            name="Runs",
            search_text=searched,
        )
        empty = EmptyState(
            studio.theme,
            "chart-line",
            "No run yet",
            "A run is one training with its curves, checkpoints and captions. "
            "Train one, or import a run that was exported elsewhere.",
            "Go to Train",
        )
        empty.clicked.connect(lambda: studio.show_page.emit("train"))
        # Runs of an experiment differ in how their titles end.
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        super().__init__(studio, "runs", table, empty, "Select a run to see what is known of it.")
        self.show_run = self.make_action("Show on Train page", "chart-line", self._show, unreadable)
        self.rename = self.make_action("Rename...", "pencil-outline", self._rename, unreadable)
        self.notes = self.make_action("Tags and note...", "tag-outline", self._notes)
        self.compare = self.make_action(
            "Open in Compare", "compare-horizontal", self._compare, no_checkpoint
        )
        self.folder = self.make_action("Show in folder", "folder-outline", self._folder)
        self.export = self.make_action("Export...", "export", self._export)
        self.delete = self.make_action(
            "Delete...", "trash-can-outline", self._delete, running, "danger"
        )
        self.import_button = self.add_plain_button("Import run...", "import", self._import)
        for action in (self.show_run, self.export, self.delete):
            self.add_button(action)
        self.set_menu(
            [
                self.show_run,
                self.compare,
                None,
                self.rename,
                self.notes,
                self.folder,
                self.export,
                None,
                self.delete,
            ]
        )
        self.table.activated_record.connect(lambda _record: self.show_run.trigger())
        self.table.delete_pressed.connect(self.delete.trigger)
        studio.runs_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Read the run folders again, in a worker thread."""
        self.load(load_runs)

    def count_words(self, number: int) -> str:
        """Count runs."""
        return count_text(number, "run")

    def show_details(self, record: RunRecord) -> None:
        """Show state, figures and settings of a run."""
        summary, config = record.summary, record.summary.config
        figures = [
            (metric_title(key), figure_text(key, value)) for key, value in summary.metrics.items()
        ]
        settings = []
        if config is not None:
            settings = [
                ("Objective", objective_of(config)),
                ("Preset", config.preset),
                ("Dataset", config.data.dataset),
                ("Encoder", config.data.encoder),
                ("Seed", str(config.seed)),
                ("Epochs", str(config.training.epochs)),
                ("Batch size", str(config.training.batch_size)),
                ("Learning rate", f"{config.optimizer.learning_rate:g}"),
                ("Device", config.device),
            ]
            for term in config.objectives:
                settings.append((f"Weight of {term.name}", f"{term.weight:g}"))
                temperature = getattr(term, "temperature", None)
                if temperature is not None:
                    settings.append(("Temperature", f"{temperature:g}"))
        self.details.show_item(
            summary.title,
            [
                (
                    "",
                    [
                        ("State", summary.state),
                        ("Epochs", epochs_words(record) if summary.epochs else ""),
                        ("Steps", f"{summary.step:,}" if summary.step else ""),
                        ("Best", best_figure(record) if summary.best is not None else ""),
                        ("Started", date_text(summary.started) if summary.started else ""),
                        ("Updated", date_text(summary.updated) if summary.updated else ""),
                        ("Size", size_text(record.size)),
                        ("Tags", ", ".join(record.notes.tags)),
                        ("Note", record.notes.note),
                    ],
                ),
                ("Last validation", figures),
                ("Settings", settings),
                ("Folder", [("Path", str(summary.run.path))]),
            ],
            problem=summary.problem,
        )

    # ---- actions ---------------------------------------------------------------------------

    def _run(self) -> RunFolder:
        record = self.table.current()
        assert record is not None
        return record.summary.run

    def _show(self) -> None:
        self.studio.show_run.emit(str(self._run().path))

    def _compare(self) -> None:
        run = self._run()
        path = run.best if run.best.is_file() else run.last
        self.studio.open_in_compare.emit([str(path)])

    def _rename(self) -> None:
        run = self._run()
        title, agreed = QInputDialog.getText(
            self, "Rename run", "Name", QLineEdit.EchoMode.Normal, run.title()
        )
        title = title.strip()[:LONGEST_TITLE]
        if agreed and title:
            self.studio.jobs.run_quick(lambda: run.rename(title), self._changed, self.failed, self)

    def _notes(self) -> None:
        record = self.table.current()
        assert record is not None
        run = record.summary.run
        before = replace(record.notes, title=record.summary.title)
        dialog = NotesDialog("Run", before, run.name, self)
        dialog.saved.connect(
            lambda notes: self.studio.jobs.run_quick(
                lambda: _keep(run, notes), self._changed, self.failed, self
            )
        )
        dialog.open()

    def _folder(self) -> None:
        show_folder(self.studio, self._run().path)

    def _export(self) -> None:
        run = self._run()
        name = file_name(run.title(), ".zip")
        target = ask_save(self.studio, self, "Export run", name, RUN_ARCHIVE)
        if target is not None:
            self.studio.message.emit(f"Exporting {run.name} ...")
            self.studio.jobs.run_quick(
                lambda: export_run(run, target), self._exported, self.failed, self
            )

    def _exported(self, archive: Path) -> None:
        self.studio.message.emit(f"Exported to {archive}")

    def _import(self) -> None:
        archive = ask_open(self.studio, self, "Import run", RUN_ARCHIVE)
        if archive is not None:
            self.studio.message.emit(f"Importing {archive.name} ...")
            self.studio.jobs.run_quick(
                lambda: import_run(archive), self._imported, self.failed, self
            )

    def _imported(self, run: RunFolder) -> None:
        self.studio.message.emit(f"Imported {run.title()}")
        self.search.clear()
        self.select_when_listed(run.path)
        self._changed()

    def _delete(self) -> None:
        record = self.table.current()
        assert record is not None
        question = (
            f"Move “{record.summary.title}” with its checkpoints and curves "
            f"({size_text(record.size)}) to the bin?"
        )
        run = record.summary.run
        if confirm(self, "Delete run", question, "Move to bin"):
            self.studio.jobs.run_quick(
                lambda: delete_run(run), lambda _none: self._deleted(run), self.failed, self
            )

    def _deleted(self, run: RunFolder) -> None:
        self.studio.message.emit(f"Moved {run.name} to the bin.")
        self._changed()

    def _changed(self, _result: object = None) -> None:
        self.studio.runs_changed.emit()
        self.studio.checkpoints_changed.emit()


def _keep(run: RunFolder, notes: Notes) -> None:
    if notes.title and notes.title != run.title():
        run.rename(notes.title)
    write_notes(run.path, replace(notes, title=""))
