"""The check of a dataset: its last report with date, checking again, and the export."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.pages.library.dataset_records import DatasetRecord
from app.pages.library.dataset_work import DatasetWork
from app.pages.library.file_dialogs import ask_save
from app.pages.library.report_view import ReportView
from app.studio import Studio
from app.texts import date_text
from app.widgets.empty_state import EmptyState
from core.data.check_report import DatasetReport, last_report, save_report

EXPLAINED = (
    "A check reads all tables and listens to every sound: missing, unreadable, silent, clipped "
    "and repeated sounds, captions, words, and what the splits share. Nothing is changed on disk."
)


class CheckView(QWidget):
    """The report of the dataset that is chosen. `failed(sentence, details)`."""

    failed = Signal(str, str)

    def __init__(self, studio: Studio, works: DatasetWork) -> None:
        super().__init__()
        self._studio = studio
        self._works = works
        self._record: DatasetRecord | None = None
        self.empty = EmptyState(
            studio.theme, "clipboard-check-outline", "Not checked yet", EXPLAINED, "Check"
        )
        self.empty.clicked.connect(lambda: self.check(True))
        self.view = ReportView(studio)
        self.when = QLabel()
        self.when.setProperty("role", "muted")
        self.quick = self._button(
            "Quick check", "lightning-bolt-outline", "Read tables and headers without listening"
        )
        self.quick.clicked.connect(lambda: self.check(False))
        self.export = self._button("Export JSON...", "export", "Write the report to a file")
        self.export.clicked.connect(self._export)
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 8, 12, 8)
        bar.setSpacing(8)
        bar.addWidget(self.when)
        bar.addStretch(1)
        for button in (self.quick, self.export):
            bar.addWidget(button)
        with_report = QWidget()
        column = QVBoxLayout(with_report)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.view, 1)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(with_report)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        works.changed.connect(self._work_changed)
        works.ended.connect(self._work_ended)

    def show_record(self, record: DatasetRecord) -> None:
        """Show the last report of a dataset, read in a worker thread."""
        other = self._record is None or record.name != self._record.name
        self._record = record
        if other:
            self.stack.setCurrentWidget(self.empty)
        name = record.name
        self._studio.jobs.run_quick(
            lambda: last_report(name),
            lambda report: self._show_report(name, report),
            self.failed.emit,
            self,
        )
        self._work_changed(name)

    def check(self, listen: bool) -> None:
        """Begin a check."""
        record = self._record
        if record is not None:
            self._works.check(record.name, record.entry.title, listen)

    def _show_report(self, name: str, report: DatasetReport | None) -> None:
        if self._record is None or name != self._record.name:
            return
        if report is not None:
            made = datetime.fromisoformat(report.date).timestamp()
            kind = "" if report.listened else " (quick: tables and headers alone)"
            self.when.setText(f"Checked {date_text(made)}{kind}")
            self.view.show_report(report)
            self.stack.setCurrentIndex(1)

    def _work_changed(self, name: str) -> None:
        if self._record is None or name != self._record.name:
            return
        busy = self._works.find(name, "check") is not None
        usable = self._record.usable
        for button in (self.quick, self.empty.button):
            button.setEnabled(usable and not busy)
            why = "It is being checked." if busy else "" if usable else "It cannot be read."
            button.setToolTip(why or button.text())

    def _work_ended(self, name: str, kind: str) -> None:
        if kind == "check" and self._record is not None and name == self._record.name:
            self.show_record(self._record)

    def _export(self) -> None:
        report = self.view.report
        if report is None:
            return
        name = f"{report.dataset}-check.json"
        path = ask_save(self._studio, self, "Export report", name, "JSON (*.json)")
        if path is not None:
            self._studio.jobs.run_quick(
                lambda: save_report(report, path), self._exported, self.failed.emit, self
            )

    def _exported(self, path: Path) -> None:
        self._studio.message.emit(f"Exported to {path}")

    def _button(self, text: str, icon: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        self._studio.theme.set_icon(button, icon)
        return button
