"""The loss curves of the systems' runs, one over the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.pages.compare.rows import LETTERS
from app.pages.compare.systems import SystemFile
from app.palette import run_colour
from app.studio import Studio
from app.widgets.empty_state import EmptyState

if TYPE_CHECKING:
    from app.curves.curves_view import CurvesView
    from app.runs.run_collection import RunCollection

NO_RUNS = (
    "None of these systems was trained here: curves belong to runs, and captions or checkpoints "
    "from elsewhere bring none."
)


class CurvesTab(QWidget):
    """Each run in the colour of its system; with a contrastive term its line is dashed."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._systems: list[SystemFile] = []
        # Made when the tab is first seen: charts take long to build.
        self.collection: RunCollection | None = None
        self.view: CurvesView | None = None
        self.missing = QLabel()
        self.missing.setProperty("role", "muted")
        self.missing.setContentsMargins(12, 4, 12, 4)
        self.missing.setWordWrap(True)
        self.empty = EmptyState(studio.theme, "chart-line", "No curves", NO_RUNS)
        body = QWidget()
        self._layout = QVBoxLayout(body)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.missing)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(body)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)

    def set_systems(self, systems: Sequence[SystemFile]) -> None:
        """Show the runs of these systems."""
        self._systems = list(systems)
        if self.isVisible():
            self._load()

    def showEvent(self, event: QShowEvent) -> None:
        """Read the runs when first seen, and follow those that train."""
        super().showEvent(event)
        self._make().set_active(True)
        self._load()

    def hideEvent(self, event: QHideEvent) -> None:
        """Read nothing while nobody looks."""
        super().hideEvent(event)
        if self.collection is not None:
            self.collection.set_active(False)

    def _make(self) -> RunCollection:
        if self.collection is None:
            from app.curves.curves_view import CurvesView
            from app.runs.run_collection import RunCollection

            self.collection = RunCollection(self._studio, self)
            self.collection.updated.connect(lambda _key: self._show())
            self.view = CurvesView(self._studio)
            self._layout.insertWidget(0, self.view, 1)
        return self.collection

    def _keys(self) -> dict[str, list[int]]:
        """Return the systems' numbers by run; two checkpoints of one run share its curves."""
        found: dict[str, list[int]] = {}
        for number, system in enumerate(self._systems):
            if system.checkpoint is not None and system.checkpoint.run:
                found.setdefault(str(system.path.parent.parent), []).append(number)
        return found

    def _load(self) -> None:
        keys = self._keys()
        self._make().watch(keys)
        shown = {number for numbers in keys.values() for number in numbers}
        without = [LETTERS[n] for n in range(len(self._systems)) if n not in shown]
        self.missing.setText(f"Without curves: {', '.join(without)}, not trained here.")
        self.missing.setVisible(bool(without))
        self.stack.setCurrentIndex(1 if keys else 0)
        self._show()

    def _show(self) -> None:
        from app.curves.chart_pane import Shown

        if self.collection is None or self.view is None:
            return
        runs = {}
        for key, numbers in self._keys().items():
            history = self.collection.history(key)
            if history is None:
                continue
            system = self._systems[numbers[0]]
            checkpoint = system.checkpoint
            letters = ", ".join(LETTERS[number] for number in numbers)
            config = system.config
            runs[key] = Shown(
                f"{letters}  {(checkpoint.run_title if checkpoint else '') or system.title}",
                run_colour(numbers[0]),
                bool(config and config.objectives),
                history,
                self.collection.is_alive(key),
            )
        self.view.show_runs(runs)
        self.view.refresh()
