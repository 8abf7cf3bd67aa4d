"""What to extract: splits, encoder, number type, device."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.pages.library.dataset_records import DatasetRecord
from app.studio import Studio
from core.models.encoders import EncoderInfo, available_encoders

EXPLAINED = (
    "An encoder processes every sound once; training then reads the stored features. What is there "
    "already is kept, and an extraction that is stopped goes on where it was."
)


class ExtractDialog(QDialog):
    """`chosen(splits, encoder, number type, device)` when the user begins."""

    chosen = Signal(list, str, str, str)

    def __init__(self, studio: Studio, record: DatasetRecord, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Extract features of {record.entry.title}")
        self.setMinimumWidth(460)
        about = QLabel(EXPLAINED)
        about.setProperty("role", "muted")
        about.setWordWrap(True)
        self.encoder = QComboBox()
        self.encoder.setAccessibleName("Encoder")
        self.splits: dict[str, QCheckBox] = {}
        chosen = QWidget()
        column = QVBoxLayout(chosen)
        column.setContentsMargins(0, 4, 0, 4)
        for split in record.entry.splits:
            box = QCheckBox(split)
            box.setChecked(True)
            box.toggled.connect(lambda _on: self._validate())
            self.splits[split] = box
            column.addWidget(box)
        self.dtype = QComboBox()
        self.dtype.setAccessibleName("Number type")
        self.dtype.addItem("float32 · exact", "float32")
        self.dtype.addItem("float16 · half the room", "float16")
        self.device = QComboBox()
        self.device.setAccessibleName("Device")
        self.device.addItem("auto · the graphics card where there is one", "auto")
        self.device.addItem("CPU", "cpu")
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for title, widget in (
            ("Encoder", self.encoder),
            ("Splits", chosen),
            ("Number type", self.dtype),
            ("Device", self.device),
        ):
            form.addRow(title, widget)
        buttons = QDialogButtonBox()
        self.begin: QPushButton = buttons.addButton(
            "Extract", QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.begin.setProperty("role", "primary")
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(14)
        layout.addWidget(about)
        layout.addLayout(form)
        layout.addWidget(buttons)
        studio.jobs.run_quick(available_encoders, self._encoders_known, None, self)
        self._validate()

    def accept(self) -> None:
        """Tell what was chosen."""
        splits = [name for name, box in self.splits.items() if box.isChecked()]
        self.chosen.emit(
            splits,
            str(self.encoder.currentData()),
            str(self.dtype.currentData()),
            str(self.device.currentData()),
        )
        super().accept()

    def _encoders_known(self, encoders: tuple[EncoderInfo, ...]) -> None:
        for info in encoders:
            if info.installed:
                self.encoder.addItem(f"{info.title} · {info.name}", info.name)
        self._validate()

    def _validate(self) -> None:
        why = ""
        if not any(box.isChecked() for box in self.splits.values()):
            why = "Choose at least one split."
        elif not self.encoder.count():
            why = "Looking for encoders."
        self.begin.setEnabled(not why)
        self.begin.setToolTip(why)
