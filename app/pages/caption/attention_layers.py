"""Which decoder layer's attention is looked at."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from app.widgets.inputs import QuietComboBox


class LayerChoice(QWidget):
    """All layers together or one of them; hidden where there is no choice. Signal: `changed()`."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        label = QLabel("Attention")
        label.setProperty("role", "hint")
        self.box = QuietComboBox()
        self.box.setAccessibleName("Attention layer")
        self.box.setToolTip("Decoder layer whose attention lights up and is played")
        self.box.setMinimumContentsLength(9)
        self.box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.box.currentIndexChanged.connect(self.changed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label)
        row.addWidget(self.box)

    @property
    def layer(self) -> int | None:
        """The chosen layer, counted from 0; None is their average."""
        return self.box.currentData()

    def list_layers(self, count: int) -> None:
        """Offer `count` layers; the one chosen before stays."""
        blocked = self.box.blockSignals(True)
        before = self.box.currentData()
        self.box.clear()
        self.box.addItem("All layers", None)
        for layer in range(count):
            self.box.addItem(f"Layer {layer + 1}", layer)
        self.box.setCurrentIndex(max(self.box.findData(before), 0))
        self.box.blockSignals(blocked)
        self.setVisible(count > 1)
