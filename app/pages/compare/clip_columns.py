"""How wide the columns of the clips' table are: the captions share what there is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QHeaderView, QTableView

CLIP_WIDTH, GAIN_WIDTH = 130, 80
# Below the first a caption is no longer read; with the second the table goes on to the right.
LEAST_CAPTION, CAPTION = 150, 180


class ClipColumns(QObject):
    """Keeps the columns of `table` in order: the clip, one a system, perhaps the gain."""

    def __init__(self, table: QTableView) -> None:
        super().__init__(table)
        self._table = table
        self._systems, self._shared = 0, False
        table.viewport().installEventFilter(self)

    def lay_out(self, systems: int, gain: bool) -> None:
        """Begin anew with so many systems."""
        header = self._table.horizontalHeader()
        self._systems, self._shared = systems, False
        for column in range(1, systems + 1):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            self._table.setColumnWidth(column, CAPTION)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self._table.setColumnWidth(0, CLIP_WIDTH)
        if gain:
            header.setSectionResizeMode(systems + 1, QHeaderView.ResizeMode.Interactive)
            self._table.setColumnWidth(systems + 1, GAIN_WIDTH)
        self._share()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Share the room anew where the table gets wider or narrower."""
        if event.type() == QEvent.Type.Resize:
            self._share()
        return False

    def _share(self) -> None:
        """Let the captions fill the table where each then has enough room."""
        header = self._table.horizontalHeader()
        others = [column for column in range(header.count()) if not 0 < column <= self._systems]
        taken = sum(header.sectionSize(column) for column in others)
        room = self._table.viewport().width() - taken
        shared = room >= self._systems * LEAST_CAPTION
        if shared == self._shared:
            return
        self._shared = shared
        modes = QHeaderView.ResizeMode
        for column in range(1, self._systems + 1):
            header.setSectionResizeMode(column, modes.Stretch if shared else modes.Interactive)
            if not shared:
                self._table.setColumnWidth(column, CAPTION)
