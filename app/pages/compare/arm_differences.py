"""Differences between two arms of an experiment, in every metric."""

from __future__ import annotations

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from app.pages.compare.chosen_table import ChosenTable
from app.pages.compare.experiment_tables import difference_rows
from app.texts import minus_text
from app.theme import Theme
from core.experiments import Analysis
from core.experiments.analysis import ArmDifference


class ArmDifferences(ChosenTable):
    """One row for each metric; what is not shown to differ is muted."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            "Differences over seeds and clips", "Arms compared", "Differences between arms", parent
        )
        self._theme = theme
        self._analysis: Analysis | None = None
        self.chosen.connect(self.refresh)

    def take(self, analysis: Analysis) -> None:
        """Offer the pairs of arms of an analysis."""
        self._analysis = analysis
        pairs = dict.fromkeys((item.first, item.second) for item in analysis.differences)
        self.offer((f"{second} − {first}", (first, second)) for first, second in pairs)

    def refresh(self) -> None:
        """Show the differences of the chosen pair."""
        analysis, pair = self._analysis, self.choices.currentData()
        items: list[ArmDifference] = []
        if analysis is not None and pair is not None:
            items = [
                item for item in analysis.differences if (item.first, item.second) == tuple(pair)
            ]
            heads, rows = difference_rows(items)
            self.table.begin(heads, [""] * len(heads), len(rows))
            colours = self._theme.colours
            for number, (cells, item) in enumerate(zip(rows, items, strict=True)):
                sentence = minus_text(item.sentence)
                for column, text in enumerate(cells):
                    cell = self.table.put(number, column, text)
                    cell.setToolTip(sentence)
                    if not item.result.shown:
                        cell.setForeground(QColor(colours.muted if column > 1 else colours.text))
            self.table.settle()
        self.set_filled(bool(items))
