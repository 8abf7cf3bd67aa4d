"""What a dataset is, where it lies, whose it is, and how to get it."""

from __future__ import annotations

from datetime import datetime

from app.machine import size_text
from app.pages.library.dataset_records import DatasetRecord
from app.pages.library.details import DetailsPane
from app.texts import NOTHING, date_text
from core.config import JOINT

VERDICTS = {
    "good": "nothing is wrong",
    "note": "nothing is wrong",
    "warning": "with warnings",
    "error": "with errors",
}


class AboutView(DetailsPane):
    """A readable page on one dataset."""

    def __init__(self) -> None:
        super().__init__("Select a dataset.")

    def show_record(self, record: DatasetRecord) -> None:
        """Show another dataset."""
        entry = record.entry
        facts = [
            ("State", record.state),
            ("Name", entry.name),
            ("Folder", str(entry.folder) if entry.folder is not None else ""),
            ("Size", "" if record.size is None else size_text(record.size)),
            ("Splits here", ", ".join(entry.splits)),
            ("Not read", "\n".join(entry.unread)),
            ("Features", "" if record.features == NOTHING else record.features),
            ("Checked", checked_text(record)),
        ]
        origin, get = [], []
        published = entry.published
        if published is not None:
            origin = [
                ("Licence", published.licence),
                ("Cite", published.citation),
                ("Web page", published.homepage),
            ]
            if not record.usable:
                get = [("How", self._how(record))]
        parts = [("Parts", entry.name.replace(JOINT, ", "))] if record.joined else []
        self.show_item(
            "",
            [("", [*parts, *facts]), ("How to get it", get), ("Origin", origin)],
            problem=entry.problem
            if entry.state == "broken" or record.joined or entry.folder is not None
            else "",
            text=entry.summary,
        )

    def _how(self, record: DatasetRecord) -> str:
        published = record.entry.published
        assert published is not None
        if published.parts and not published.remedy:
            return "Download it, or use a copy that you have."
        return published.remedy


def checked_text(record: DatasetRecord) -> str:
    """Say when the dataset was checked and what came of it."""
    if not record.checked:
        return ""
    when = date_text(datetime.fromisoformat(record.checked).timestamp())
    return f"{when}, {VERDICTS[record.verdict]}"
