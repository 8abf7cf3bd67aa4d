"""The results of a comparison: one row a clip, one cell a system."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)

from app.pages.compare.word_diff import Word, mark_differences

if TYPE_CHECKING:
    from app.pages.compare.work import Answers, ComparedClip, SystemId
    from core.captions import Caption

Index = QModelIndex | QPersistentModelIndex
LETTERS = "ABCD"

ROW_ROLE = Qt.ItemDataRole.UserRole
CELL_ROLE = Qt.ItemDataRole.UserRole + 1
SORT_ROLE = Qt.ItemDataRole.UserRole + 2


@dataclass
class ResultRow:
    """One clip, its captions by system (None: not yet) and what went wrong, if anything."""

    clip: ComparedClip
    captions: list[Caption | None]
    problems: list[str]
    words: list[list[Word]] = field(default_factory=list)

    def mark(self) -> None:
        """Mark the differing words anew after a caption came in."""
        self.words = mark_differences([one.text if one else None for one in self.captions])

    @property
    def differs(self) -> bool:
        """Whether the captions that are there are not all the same."""
        return len({caption.text for caption in self.captions if caption}) > 1


@dataclass(frozen=True)
class CaptionCell:
    """What the delegate draws: words, score and number of the system; or a problem."""

    system: int
    words: tuple[Word, ...] = ()
    log_prob: float | None = None
    problem: str = ""


class ResultsModel(QAbstractTableModel):
    """First column the clip, then one column a system."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[ResultRow] = []
        self.systems: tuple[SystemId, ...] = ()
        self.titles: tuple[str, ...] = ()
        self._place: dict[str, int] = {}

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
        for row in self.rows:
            row.mark()
        self._place = {row.clip.key: number for number, row in enumerate(self.rows)}
        self.endResetModel()

    def update_rows(self, keys: Collection[str], answers: Answers) -> None:
        """Show what is new about these clips; keys that are not shown are ignored."""
        numbers = sorted(self._place[key] for key in keys if key in self._place)
        for number in numbers:
            row = self.rows[number]
            for column, system in enumerate(self.systems):
                row.captions[column] = answers.caption(system, row.clip.key)
                row.problems[column] = answers.problem(system, row.clip.key)
            row.mark()
        if numbers:
            self.dataChanged.emit(
                self.index(numbers[0], 0), self.index(numbers[-1], len(self.systems))
            )

    def captioned(self) -> int:
        """Count the rows that every system has captioned."""
        return sum(all(row.captions) for row in self.rows)

    # ---- Qt --------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Count the clips."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """One column for the clip and one for each system."""
        return 0 if parent.isValid() else 1 + len(self.systems)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Name the clip column and the systems."""
        if orientation != Qt.Orientation.Horizontal or section > len(self.systems):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{LETTERS[section - 1]}  {self.titles[section - 1]}" if section else "Clip"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole and section:
            return f"{self.titles[section - 1]}\n{self.systems[section - 1].path}"
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give what a cell shows."""
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == ROW_ROLE:
            return row
        if index.column() == 0:
            return _clip_data(row.clip, role)
        return _caption_data(row, index.column() - 1, role)


def _clip_data(clip: ComparedClip, role: int) -> Any:
    if role in (Qt.ItemDataRole.DisplayRole, SORT_ROLE):
        return clip.title
    if role == Qt.ItemDataRole.ToolTipRole:
        where = str(clip.path) if clip.path else ""
        return "\n".join(part for part in (clip.title, ", ".join(clip.tags), where) if part)
    return None


def _caption_data(row: ResultRow, system: int, role: int) -> Any:
    caption, problem = row.captions[system], row.problems[system]
    if role == CELL_ROLE:
        score = caption.log_prob if caption else None
        return CaptionCell(system, tuple(row.words[system]), score, problem)
    if role == Qt.ItemDataRole.DisplayRole:
        return caption.text if caption else problem
    if role == SORT_ROLE:
        return caption.log_prob if caption else float("-inf")
    if role == Qt.ItemDataRole.ToolTipRole and (caption or problem):
        about = (
            f"{caption.text}\nmean log-probability {caption.log_prob:.3f}" if caption else problem
        )
        if row.clip.references:
            about += "\n\nReferences\n" + "\n".join(f"  {text}" for text in row.clip.references)
        return about
    return None


class ResultsFilter(QSortFilterProxyModel):
    """The rows that contain the search words, and only differing ones where asked."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: list[str] = []
        self._differing = False
        self.setSortRole(SORT_ROLE)

    def set_search(self, text: str) -> None:
        """Keep the rows in which each of these words occurs."""
        self.beginFilterChange()
        self._words = text.casefold().split()
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def set_differing(self, only: bool) -> None:
        """Keep only rows whose captions differ."""
        self.beginFilterChange()
        self._differing = only
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        """Say whether a row is shown."""
        model = self.sourceModel()
        if not isinstance(model, ResultsModel):
            return True
        row = model.rows[source_row]
        if self._differing and not row.differs:
            return False
        captions = [caption.text for caption in row.captions if caption]
        parts = [row.clip.title, *row.clip.tags, *row.clip.references, *captions]
        text = " ".join(parts).casefold()
        return all(word in text for word in self._words)
