"""Several datasets as one, to train on together."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.pages.library.dataset_records import DatasetRecord

EXPLAINED = (
    "Their training splits become one. The first one that has a validation split validates: drag "
    "the dataset that you aim at to the top."
)


class JoinDialog(QDialog):
    """`chosen(names)` in the order of the list."""

    chosen = Signal(list)

    def __init__(self, records: Sequence[DatasetRecord], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Join datasets")
        self.setMinimumSize(440, 380)
        about = QLabel(EXPLAINED)
        about.setProperty("role", "muted")
        about.setWordWrap(True)
        self.list = QListWidget()
        self.list.setAccessibleName("Datasets to join")
        self.list.setSpacing(2)
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        for record in records:
            item = QListWidgetItem(f"{record.entry.title} · {record.state}")
            item.setData(Qt.ItemDataRole.UserRole, record.name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Unchecked)
            self.list.addItem(item)
        self.list.itemChanged.connect(lambda _item: self._validate())
        self.list.model().rowsMoved.connect(lambda *_: self._validate())
        self.outcome = QLabel()
        self.outcome.setWordWrap(True)
        buttons = QDialogButtonBox()
        self.join: QPushButton = buttons.addButton("Join", QDialogButtonBox.ButtonRole.AcceptRole)
        self.join.setProperty("role", "primary")
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(about)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.outcome)
        layout.addWidget(buttons)
        self._validate()

    def names(self) -> list[str]:
        """Return the chosen datasets in their order."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return [
            str(item.data(Qt.ItemDataRole.UserRole))
            for item in items
            if item.checkState() == Qt.CheckState.Checked
        ]

    def accept(self) -> None:
        """Tell what was chosen."""
        self.chosen.emit(self.names())
        super().accept()

    def _validate(self) -> None:
        names = self.names()
        enough = len(names) > 1
        self.outcome.setText(f"Named {'+'.join(names)} on the Train page." if enough else "")
        self.join.setEnabled(enough)
        self.join.setToolTip("" if enough else "Choose at least two datasets.")
