"""Leads many files that were opened at once to where they are captioned fastest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.texts import count_text
from app.widgets.banner import Banner

# More sounds than this at once are offered to the queue.
MOST_AT_ONCE = 24


class BatchOffer(QObject):
    """Signal: `accepted(paths)` with the files and folders that were opened."""

    accepted = Signal(list)

    def __init__(self, banner: Banner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._banner = banner
        self._wanted: list[Path] = []
        banner.action_clicked.connect(self._on_accepted)

    def few_of(
        self, good: Sequence[Path], failed: int, wanted: Sequence[Path], shown: Path | None
    ) -> list[Path]:
        """Return which of the `good` files to caption now; many are offered, but for the one shown.

        `failed` is how many others could not be opened, `wanted` what was asked for.
        """
        if len(good) <= MOST_AT_ONCE:
            return list(good)
        self._wanted = list(wanted)
        broken = f" {count_text(failed, 'file')} could not be opened." if failed else ""
        self._banner.show_message(
            f"{count_text(len(good), 'sound')} are listed, and the one shown is captioned. The "
            f"side Batch captions all of them, several at a time, and keeps the results.{broken}",
            tone="warning" if failed else "info",
            action="Caption all in Batch",
        )
        return [path for path in good if path == shown]

    def _on_accepted(self) -> None:
        wanted, self._wanted = self._wanted, []
        self._banner.dismiss()
        if wanted:
            self.accepted.emit(wanted)
