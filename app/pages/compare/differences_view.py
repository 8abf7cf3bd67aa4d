"""Differences between pairs of systems: all pairs in a metric, or one pair in every metric."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget

from app.pages.compare.chosen_table import ChosenTable
from app.pages.compare.figure_table import figure_font
from app.pages.compare.score_export import difference_cells
from app.pages.compare.score_tables import Pair, differences, judged_by, pairs_of
from app.pages.compare.scoring import SystemsScored
from core.evaluation.registry import METRICS

_HEADS = ("Pair", "Metric", "Difference", "95 % interval", "p bootstrap", "p random.", "Reading")
_HELP = (
    "",
    "",
    "The second system's figure minus the first's, over the same clips",
    "Percentiles of 10,000 paired resamples of the clips; it says nothing about other seeds",
    "Two-sided, from the same resamples",
    "Approximate randomisation: how often dealing the captions at random does as well",
    "",
)
CHANCE = (
    "Where there is no difference, one in twenty looks shown by chance; other seeds vary too, "
    "which the Experiments tab takes into account."
)
TOO_FEW = "Two scored systems and two clips with references are needed for differences."


class DifferencesView(ChosenTable):
    """Every pair of systems in a metric, or a pair in every metric, and how to read them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Differences over the same clips", "Differences shown", "Differences", parent
        )
        self._found: SystemsScored | None = None
        self.chosen.connect(self._show)
        self.note = QLabel()
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self.note.setContentsMargins(12, 0, 12, 0)
        self.column.addWidget(self.note)

    def take(self, found: SystemsScored) -> None:
        """Show the differences of these systems."""
        self._found = found
        self._fill(found)
        self._show()

    def _fill(self, found: SystemsScored) -> None:
        if found.comparison is None:
            self.offer(())
            return
        pairs, main = pairs_of(found), judged_by(found)
        names = [name for name in (main, *found.comparison.metrics) if name]
        by_metric: list[tuple[str, object]] = [
            (f"every pair in {METRICS[name].title}", name) for name in dict.fromkeys(names)
        ]
        by_pair: list[tuple[str, object]] = [
            (f"{pair.names} in every metric", pair) for pair in pairs
        ]
        self.offer(by_pair + by_metric if len(pairs) == 1 else by_metric + by_pair)

    def _show(self) -> None:
        found, chosen = self._found, self.choices.currentData()
        items = []
        if found is not None and chosen is not None:
            one = chosen if isinstance(chosen, Pair) else None
            items = differences(found, "" if one else str(chosen), one)
            self.table.begin(_HEADS, _HELP, len(items))
            for number, (pair, item) in enumerate(items):
                for column, text in enumerate(difference_cells(found, pair, item)):
                    cell = self.table.put(number, column, text)
                    if item.shown and column in (2, 3, 6):
                        cell.setFont(figure_font(strong=True))
            self.table.settle()
        self.set_filled(bool(items))
        self.note.setText(CHANCE if items else TOO_FEW)
