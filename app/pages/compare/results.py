"""The results of a comparison: one row a clip, one cell a system, in any order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.pages.compare.rows import LETTERS, CaptionCell, GainCell, ResultRow, figure_text
from app.pages.compare.sort_and_filter import ClipFilter, Order, arrange
from core.evaluation.registry import METRICS

if TYPE_CHECKING:
    from app.pages.compare.work import Answers, ComparedClip, SystemId, Told

Index = QModelIndex | QPersistentModelIndex
Array = NDArray[np.float64]
ROW_ROLE = Qt.ItemDataRole.UserRole
CELL_ROLE = Qt.ItemDataRole.UserRole + 1
GAIN_ROLE = Qt.ItemDataRole.UserRole + 2


class ResultsModel(QAbstractTableModel):
    """First column the clip, then one a system, and with two or more the gain over the first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[ResultRow] = []
        self.systems: tuple[SystemId, ...] = ()
        self.titles: tuple[str, ...] = ()
        self.metric = ""
        self.gain_system = 1
        self.order = Order()
        self.filter = ClipFilter()
        # By system: figures of the metric shown, one a row, NaN where there is none.
        self.figures: dict[int, Array] = {}
        self.scores: Mapping[int, Mapping[str, Mapping[str, float]]] = {}
        self._shown: list[int] = []
        self._place: dict[str, int] = {}
        self._most = 1.0
        self._widest = 1.0

    def show_rows(
        self,
        systems: Sequence[SystemId],
        titles: Sequence[str],
        clips: Sequence[ComparedClip],
        answers: Answers,
    ) -> None:
        """Show these clips and systems with the captions that are there already."""
        self.beginResetModel()
        self.systems, self.titles = tuple(systems), tuple(titles)
        self.rows = [
            ResultRow(
                clip,
                [answers.caption(system, clip.key) for system in systems],
                [answers.problem(system, clip.key) for system in systems],
            )
            for clip in clips
        ]
        self._place = {row.clip.key: number for number, row in enumerate(self.rows)}
        self.scores = {}
        self.gain_system = min(self.gain_system, max(1, len(systems) - 1))
        self._compute_figures()
        self._shown = arrange(self)
        self.endResetModel()

    def update_rows(self, keys: Collection[str], answers: Answers) -> None:
        """Show what is new about these clips; keys that are not shown are ignored."""
        touched = {self._place[key] for key in keys if key in self._place}
        for number in touched:
            row = self.rows[number]
            for column, system in enumerate(self.systems):
                row.captions[column] = answers.caption(system, row.clip.key)
                row.problems[column] = answers.problem(system, row.clip.key)
            row.mark()
        if touched and self._shown:
            places = [place for place, number in enumerate(self._shown) if number in touched]
            if places:
                last = self.columnCount() - 1
                self.dataChanged.emit(self.index(places[0], 0), self.index(places[-1], last))

    def set_scores(self, scores: Mapping[int, Mapping[str, Mapping[str, float]]]) -> None:
        """Take figures by system, metric and clip key."""
        self.scores = scores
        self.rearrange()

    def set_metric(self, metric: str) -> None:
        """Choose the metric that is drawn as bars; "" is none."""
        self.metric = metric
        self.rearrange()

    def rearrange(self) -> None:
        """Filter and sort anew."""
        self.beginResetModel()
        self._compute_figures()
        self._shown = arrange(self)
        self.endResetModel()

    def metrics(self) -> list[str]:
        """Return the metrics that clips have, in the usual order."""
        present = {name for one in self.scores.values() for name in one}
        return [name for name in METRICS if name in present]

    def captioned(self) -> int:
        """Count the rows that every system has captioned."""
        return sum(all(row.captions) for row in self.rows)

    def row_at(self, place: int) -> ResultRow:
        """Return the row at a place of the table."""
        return self.rows[self._shown[place]]

    def place_of(self, key: str) -> int | None:
        """Return where a clip stands in the table, None where it is filtered out."""
        number = self._place.get(key, -1)
        return self._shown.index(number) if number in self._shown else None

    @property
    def has_gain(self) -> bool:
        """Whether there is a column of gains."""
        return len(self.systems) > 1

    def gains(self) -> Array | None:
        """Return by how much the chosen system is above the first, one a row."""
        first, second = self.figures.get(0), self.figures.get(self.gain_system)
        return None if first is None or second is None else second - first

    # ---- Qt --------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Count the clips that pass the filter."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """One column for the clip, one for each system, one for the gain."""
        return 0 if parent.isValid() else 1 + len(self.systems) + self.has_gain

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 is the order of the source."""
        descending = order == Qt.SortOrder.DescendingOrder
        if column < 0:
            self.order = Order()
        elif column == 0:
            self.order = Order("clip", descending)
        elif column <= len(self.systems):
            self.order = Order("system", descending, column - 1)
        else:
            self.order = Order("gain", descending)
        self.rearrange()

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Name the clip column, the systems and the gain."""
        if orientation != Qt.Orientation.Horizontal or section >= self.columnCount():
            return None
        gain = section > len(self.systems)
        if role == Qt.ItemDataRole.DisplayRole:
            if gain:
                return f"{LETTERS[self.gain_system]} − A"
            return f"{LETTERS[section - 1]}  {self.titles[section - 1]}" if section else "Clip"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole and gain:
            name = METRICS[self.metric].title if self.metric else "A metric"
            return f"{name} of {LETTERS[self.gain_system]} minus that of A; click to sort"
        if role == Qt.ItemDataRole.ToolTipRole and section:
            return f"{self.titles[section - 1]}\n{self.systems[section - 1].path}"
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give what a cell shows."""
        if not index.isValid():
            return None
        number = self._shown[index.row()]
        row = self.rows[number]
        if role == ROW_ROLE:
            return row
        if index.column() == 0:
            return _clip_data(row.clip, role)
        if index.column() > len(self.systems):
            return self._gain_data(number, role)
        return self._caption_data(number, index.column() - 1, role)

    def _caption_data(self, number: int, system: int, role: int) -> Any:
        row = self.rows[number]
        told, problem = row.captions[system], row.problems[system]
        if role == CELL_ROLE:
            if told is None:
                return CaptionCell(system, problem=problem)
            figure, share = self._figure(number, system, told)
            return CaptionCell(system, tuple(row.words[system]), figure, share)
        if role == Qt.ItemDataRole.DisplayRole:
            return told.text if told else problem
        if role == Qt.ItemDataRole.ToolTipRole and (told or problem):
            about = told.text if told else problem
            if told is not None and told.log_prob is not None:
                about += f"\nmean log-probability {told.log_prob:.3f}"
            if row.clip.references:
                about += "\n\nReferences\n" + "\n".join(f"  {text}" for text in row.clip.references)
            return about
        return None

    def _figure(self, number: int, system: int, told: Told) -> tuple[str, float | None]:
        values = self.figures.get(system)
        if values is not None and np.isfinite(values[number]):
            value = float(values[number])
            return figure_text(self.metric, value), min(1.0, max(0.0, value / self._most))
        if self.metric or told.log_prob is None:
            return "", None
        return f"{told.log_prob:.2f}".replace("-", "−"), None

    def _gain_data(self, number: int, role: int) -> Any:
        gains = self.gains()
        if gains is None or not np.isfinite(gains[number]):
            return None
        value = float(gains[number])
        text = figure_text(self.metric, value, sign=True)
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        if role == GAIN_ROLE:
            return GainCell(text, value / self._widest, self.gain_system)
        return None

    def _compute_figures(self) -> None:
        present = self.metrics()
        if self.metric not in present:
            self.metric = ""
        self.figures = {}
        for system, scores in self.scores.items():
            values = scores.get(self.metric)
            if values:
                nothing = float("nan")
                column = [values.get(row.clip.key, nothing) for row in self.rows]
                self.figures[system] = np.array(column, dtype=float)
        self._most = _highest(self.figures.values())
        gains = self.gains()
        self._widest = 1.0 if gains is None else _highest([np.abs(gains)])


def _highest(columns: Collection[Array]) -> float:
    known = [float(np.nanmax(one)) for one in columns if np.isfinite(one).any()]
    return max([*known, 0.0]) or 1.0


def _clip_data(clip: ComparedClip, role: int) -> Any:
    if role == Qt.ItemDataRole.DisplayRole:
        return clip.title
    if role == Qt.ItemDataRole.ToolTipRole:
        where = str(clip.path) if clip.path else ""
        return "\n".join(part for part in (clip.title, ", ".join(clip.tags), where) if part)
    return None
