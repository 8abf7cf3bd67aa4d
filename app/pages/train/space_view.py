"""Where the decoder puts the captions of a few clips, validation after validation.

Contrast is meant to pull the captions of one clip together; here one sees whether it does.
Imports pyqtgraph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from app.palette import run_colour
from app.studio import Studio
from core.events import CaptionsMapped

if TYPE_CHECKING:
    from app.runs.history import RunHistory

# With six colours and four shapes, two dozen clips can be told apart.
_SHAPES = ("o", "s", "t", "d")


class SpaceView(QWidget):
    """A map of captions, one colour and shape a clip, with a slider over the validations."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._maps: list[CaptionsMapped] = []
        self._history: RunHistory | None = None
        self._drawn: tuple[object, ...] = ()
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Validation")
        self.slider.setToolTip("Validation whose map is shown; the latest is at the right")
        self.slider.valueChanged.connect(self._draw)
        self.epoch = QLabel()
        self.epoch.setProperty("role", "hint")
        self.hint = QLabel()
        self.hint.setProperty("role", "hint")
        self.hint.setWordWrap(True)
        self.plot = pg.PlotWidget()
        item: Any = self.plot.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setAspectLocked(True)
        for side in ("left", "bottom"):
            item.hideAxis(side)
        self._scatter = pg.ScatterPlotItem(size=8, pxMode=True)
        self._scatter.sigHovered.connect(self._hovered)
        self._scatter.setAcceptHoverEvents(True)
        item.addItem(self._scatter)
        self.bar = QWidget()
        line = QHBoxLayout(self.bar)
        line.setContentsMargins(12, 6, 12, 0)
        line.addWidget(self.slider, 1)
        line.addWidget(self.epoch)
        self.hint.setContentsMargins(12, 6, 12, 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self.hint)
        layout.addWidget(self.plot, 1)
        studio.theme.changed.connect(self._recolour)
        self._recolour()

    def show_history(self, history: RunHistory | None) -> None:
        """Show the maps of a run; the latest one unless an earlier one was chosen."""
        maps = list(history.maps.values()) if history else []
        same = history is self._history and len(maps) == len(self._maps)
        if same and self._drawn:
            return
        at_end = history is not self._history or self.slider.value() >= len(self._maps) - 1
        self._history, self._maps = history, maps
        blocked = self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, len(maps) - 1))
        if at_end:
            self.slider.setValue(self.slider.maximum())
        self.slider.blockSignals(blocked)
        self._draw()

    def _recolour(self) -> None:
        self.plot.setBackground(self._studio.theme.colours.panel)
        self._drawn = ()
        self._draw()

    def _draw(self, *_: object) -> None:
        self.bar.setVisible(bool(self._maps))
        self.plot.setVisible(bool(self._maps))
        self._drawn = (id(self._history), len(self._maps), self.slider.value())
        if not self._maps:
            self.hint.setText(
                "After each validation a map of a few clips' captions appears here: contrast "
                "should draw the captions of one clip together."
            )
            return
        shown = self._maps[min(self.slider.value(), len(self._maps) - 1)]
        clips = list(dict.fromkeys(shown.clips))
        number = {clip: index for index, clip in enumerate(clips)}
        ground = self._studio.theme.colours.panel
        self._scatter.setData(
            [
                {
                    "pos": point,
                    "brush": run_colour(number[clip]),
                    "pen": ground,
                    "symbol": _SHAPES[number[clip] // 6 % len(_SHAPES)],
                    "data": f"{clip}: {caption}",
                }
                for clip, caption, point in zip(
                    shown.clips, shown.captions, shown.points, strict=True
                )
            ]
        )
        when = "before training" if shown.step == 0 else f"epoch {shown.epoch + 1}"
        self.epoch.setText(when)
        self.hint.setText(
            f"Captions of {len(clips)} validation clips, a colour and shape each; the plane shows "
            f"{shown.explained:.0%} of their variance."
        )
        self.plot.getPlotItem().enableAutoRange()

    def _hovered(self, _item: Any, points: Any, _event: Any) -> None:
        self._scatter.setToolTip("\n".join(str(point.data()) for point in points[:5]))
