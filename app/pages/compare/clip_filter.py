"""The panel that says which clips are shown: tag, differing captions, a range of a metric."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QPushButton, QToolButton, QWidget

from app.pages.compare.rows import LETTERS
from app.pages.compare.sort_and_filter import GAIN, ClipFilter
from app.studio import Studio
from app.widgets.inputs import NumberEdit
from app.widgets.popover import Popover
from core.evaluation.registry import METRICS

ANY = "Any"


class FilterButton(QToolButton):
    """Opens the panel and says how many conditions there are. Signal `changed()`."""

    changed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        studio.theme.set_icon(self, "filter-variant")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setAccessibleName("Filter clips")
        self.differing = QCheckBox("Differing captions only")
        self.tag = QComboBox()
        self.tag.addItem(ANY, "")
        self.figure = QComboBox()
        self.figure.addItem(ANY, None)
        self.low, self.high = NumberEdit(whole=False), NumberEdit(whole=False)
        for field in (self.low, self.high):
            field.setPlaceholderText("no limit")
        self.clear = QPushButton("Show all clips")
        self.panel = Popover(self)
        self.panel.form.addRow(self.differing)
        self.panel.add_row("Tag", self.tag, "Sound classes that the dataset names")
        self.panel.add_row("Figure of", self.figure, "The metric that is drawn as bars")
        self.panel.add_row("At least", self.low)
        self.panel.add_row("At most", self.high)
        self.panel.form.addRow(self.clear)
        self.differing.toggled.connect(lambda _on: self._edited())
        self.tag.activated.connect(lambda _index: self._edited())
        self.figure.activated.connect(lambda _index: self._edited())
        for field in (self.low, self.high):
            field.textEdited.connect(lambda _text: self._edited())
        self.clear.clicked.connect(self.reset)
        self._show()

    def value(self, words: Sequence[str]) -> ClipFilter:
        """Return the conditions, with those words."""
        low, high = self.low.number(), self.high.number()
        figure: int | None = self.figure.currentData()
        if low is None and high is None:
            figure = None
        return ClipFilter(
            tuple(words),
            self.differing.isChecked(),
            str(self.tag.currentData() or ""),
            figure,
            float("-inf") if low is None else float(low),
            float("inf") if high is None else float(high),
        )

    def reset(self) -> None:
        """Take every condition away."""
        self.differing.setChecked(False)
        self.tag.setCurrentIndex(0)
        self.figure.setCurrentIndex(0)
        self.low.clear()
        self.high.clear()
        self._edited()

    def offer(self, tags: Sequence[str], systems: int, metric: str, gain: int) -> None:
        """Offer these tags, and the figures of that many systems in a metric ("" is none)."""
        _fill(self.tag, [(ANY, ""), *((tag, tag) for tag in tags)])
        entries: list[tuple[str, object]] = [(ANY, None)]
        if metric:
            title = METRICS[metric].title
            entries += [(f"{title} of {LETTERS[number]}", number) for number in range(systems)]
            if systems > 1:
                entries.append((f"{title}, {LETTERS[gain]} − A", GAIN))
        _fill(self.figure, entries)
        self.figure.setEnabled(bool(metric))
        reason = "" if metric else "Choose a metric beside the search first."
        for field in (self.figure, self.low, self.high):
            field.setEnabled(bool(metric))
            field.setToolTip(reason)

    def _edited(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        parts = self.value(()).parts
        self.setText(f"Filter ({parts})" if parts else "Filter")
        self.setToolTip("Show only some clips: by tag, by difference, by figure")


def _fill(box: QComboBox, entries: Sequence[tuple[str, object]]) -> None:
    chosen = box.currentData()
    box.clear()
    for text, value in entries:
        box.addItem(text, value)
    place = next((number for number, (_, value) in enumerate(entries) if value == chosen), 0)
    box.setCurrentIndex(place)
