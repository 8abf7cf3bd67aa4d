"""The audio encoders and other published weights: what they are, here or not, get them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices

from app.pages.library.file_dialogs import ask_open, confirm, show_folder
from app.pages.library.list_tab import ListTab
from app.pages.library.weights_downloads import DownloadLine, WeightsDownloads
from app.pages.library.weights_records import WeightsRecord, load_weights_records
from app.pages.library.weights_words import (
    dim_words,
    frame_words,
    known_size,
    no_page,
    no_path,
    rate_words,
    size_words,
)
from app.studio import Studio
from app.texts import NOTHING, count_text
from app.widgets.empty_state import EmptyState
from app.widgets.record_model import Column
from app.widgets.record_table import RecordTable
from core.models.checkpoint_transfer import convert_reference
from core.models.weights import remove_weights, use_local_file

WEIGHTS_FILES = "Weights (*.pth *.ckpt *.json *.pt);;All files (*)"
BASELINE, BASELINE_TOKENIZER = "dcase2024-baseline", "dcase2024-baseline-tokenizer"


class EncodersTab(ListTab[WeightsRecord]):
    """All encoders and published weights; downloads run as jobs and go on where they stopped."""

    def __init__(self, studio: Studio) -> None:
        columns: tuple[Column[WeightsRecord], ...] = (
            Column("Name", lambda r: r.title, width=220),
            Column("For", lambda r: r.kind, width=130),
            Column("State", self._state, width=170),
            Column(
                "Dimension", dim_words, lambda r: r.encoder and r.encoder.dim, right=True, width=100
            ),
            Column(
                "Sample rate",
                rate_words,
                lambda r: r.encoder and r.encoder.sample_rate,
                right=True,
                width=110,
            ),
            Column("Frame", frame_words, right=True, width=80),
            Column("Size", size_words, known_size, right=True, width=130),
        )
        table: RecordTable[WeightsRecord] = RecordTable(
            columns,
            identity=lambda r: r.name,
            faulty=lambda r: r.status is not None and r.status.state == "corrupt",
            name="Encoders",
        )
        # Names that begin alike differ at their ends.
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        empty = EmptyState(studio.theme, "waveform", "Looking for encoders", "")
        hint = "Select an encoder to see what it is and how to get it."
        super().__init__(studio, "encoders", table, empty, hint)
        self._downloads = WeightsDownloads(studio, self)
        self._downloads.changed.connect(self._changed)
        self._downloads.ended.connect(self.refresh)
        self._downloads.failed.connect(self.failed)
        self.progress = DownloadLine(studio)
        self.progress.stop_clicked.connect(self._stop)
        self.details.extra.addWidget(self.progress)
        self.download = self.make_action("Download", "download", self._download, self._no_download)
        self.use_file = self.make_action(
            "Use a file I have...", "file-check-outline", self._use_file, self._no_download
        )
        self.page_link = self.make_action("Open web page", "open-in-new", self._web, no_page)
        self.folder = self.make_action("Show in folder", "folder-outline", self._folder, no_path)
        self.convert = self.make_action(
            "Add to checkpoints", "cube-outline", self._convert, self._no_conversion
        )
        self.remove = self.make_action(
            "Remove...", "trash-can-outline", self._remove, self._no_removal, "danger"
        )
        for action in (self.download, self.use_file, self.remove):
            self.add_button(action)
        self.convert_button = self.add_button(self.convert)
        self.convert_button.hide()
        self.set_menu(
            [
                self.download,
                self.use_file,
                self.convert,
                None,
                self.page_link,
                self.folder,
                None,
                self.remove,
            ]
        )

    def refresh(self) -> None:
        """Look again, in a worker thread."""
        self.load(load_weights_records)

    def count_words(self, number: int) -> str:
        """Count the ready encoders."""
        ready = sum(r.installed and r.encoder is not None for r in self.table.records())
        return f"{count_text(ready, 'encoder')} ready"

    def show_details(self, record: WeightsRecord) -> None:
        """Show what it is, where it comes from and how far its download is."""
        encoder, weights, status = record.encoder, record.weights, record.status
        facts = [("State", self._state(record)), ("Size", size_words(record).replace(NOTHING, ""))]
        if encoder is not None:
            facts += [
                ("Name", encoder.name),
                ("Sample rate", f"{encoder.sample_rate:,} Hz"),
                ("Frame", f"{encoder.frame_seconds:g} s"),
                ("Dimension", str(encoder.dim)),
            ]
        origin = []
        if weights is not None:
            origin = [
                ("Licence", weights.licence),
                ("Cite", weights.citation),
                ("Address", weights.url.split("?")[0]),
                ("MD5", weights.md5),
            ]
        elif encoder is not None:
            origin = [("Source", encoder.source)]
        path = str(status.path) if status is not None and status.path is not None else ""
        about = encoder.summary if encoder is not None else weights.purpose if weights else ""
        problem = (
            "The file is not the published one; remove it and download it again."
            if status is not None and status.state == "corrupt"
            else ""
        )
        self.details.show_item(
            record.title,
            [("", facts), ("Origin", origin), ("File", [("Path", path)])],
            problem=problem,
            text=about,
        )
        self.convert_button.setVisible(record.name == BASELINE)
        self._show_progress()

    # ---- downloads -------------------------------------------------------------------------

    def _state(self, record: WeightsRecord) -> str:
        progress = self._downloads.progress(record.name)
        if progress is None:
            return record.state
        share = "" if progress.fraction is None else f" {progress.fraction:.0%}"
        verb = "checking" if progress.phase.startswith("Checking") else "downloading"
        return f"{verb}{share}"

    def _download(self) -> None:
        record = self.table.current()
        assert record is not None
        self.banner.dismiss()
        self._downloads.start(record.name, record.title)

    def _stop(self) -> None:
        record = self.table.current()
        if record is not None:
            self._downloads.stop(record.name)

    def _changed(self, name: str) -> None:
        self.table.update_rows()
        record = self.table.current()
        if record is not None and record.name == name:
            self._show_progress()
            self._update_actions()

    def _show_progress(self) -> None:
        record = self.table.current()
        self.progress.show_progress(self._downloads.progress(record.name) if record else None)

    # ---- other actions ---------------------------------------------------------------------

    def _use_file(self) -> None:
        record = self.table.current()
        assert record is not None
        title = f"The published {record.weights.file if record.weights else ''}"
        path = ask_open(self.studio, self, title, WEIGHTS_FILES)
        if path is not None:
            name = record.name
            self.studio.message.emit(f"Checking {path.name} ...")
            self.studio.jobs.run_quick(
                lambda: use_local_file(name, path), self._file_taken, self.failed, self
            )

    def _file_taken(self, path: Path) -> None:
        self.studio.message.emit(f"Using {path}")
        self.refresh()

    def _web(self) -> None:
        record = self.table.current()
        if record is not None and record.weights is not None:
            address = record.weights.url.split("/files/")[0]
            if not QDesktopServices.openUrl(QUrl(address)):
                self.studio.message.emit(f"No browser answered; the address is {address}")

    def _folder(self) -> None:
        record = self.table.current()
        if record is not None and record.status is not None and record.status.path is not None:
            show_folder(self.studio, record.status.path)

    def _convert(self) -> None:
        files = {record.name: record.status for record in self.table.records()}
        source, tokenizer = files[BASELINE], files[BASELINE_TOKENIZER]
        assert source is not None and source.path is not None
        assert tokenizer is not None and tokenizer.path is not None
        paths = source.path, tokenizer.path
        self.studio.message.emit("Converting the baseline ...")
        self.studio.jobs.run_quick(
            lambda: convert_reference(*paths), self._converted, self.failed, self
        )

    def _converted(self, path: Path) -> None:
        self.studio.message.emit(f"Added {path.name} to the checkpoints")
        self.studio.checkpoints_changed.emit()

    def _no_conversion(self, record: WeightsRecord) -> str:
        if record.name != BASELINE:
            return "Only a caption model becomes a checkpoint."
        ready = {one.name for one in self.table.records() if one.installed}
        both = {BASELINE, BASELINE_TOKENIZER} <= ready
        return "" if both else "Install the decoder and its tokenizer first."

    def _remove(self) -> None:
        record = self.table.current()
        assert record is not None
        name = record.name
        question = f"Delete the downloaded weights of “{record.title}”?"
        if confirm(self, "Remove weights", question, "Delete"):
            self.studio.jobs.run_quick(
                lambda: remove_weights(name), lambda _none: self.refresh(), self.failed, self
            )

    def _no_download(self, record: WeightsRecord) -> str:
        if self._downloads.progress(record.name) is not None:
            return "It is being downloaded."
        if record.installed:
            return "It is installed."
        return "" if record.weights is not None else "It comes with the installation."

    def _no_removal(self, record: WeightsRecord) -> str:
        if self._downloads.progress(record.name) is not None:
            return "It is being downloaded."
        if record.weights is None:
            return "It belongs to the installation."
        missing = record.status is None or record.status.state == "missing"
        return "There is nothing to remove." if missing else ""
