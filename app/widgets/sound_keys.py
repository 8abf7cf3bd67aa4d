"""A sound looked at by the keyboard: playhead, selection, zoom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeyEvent

from app.widgets.time_plot import SHORTEST_SELECTION

if TYPE_CHECKING:
    from app.widgets.sound_view import SoundView

# What an arrow key moves the playhead by, and with Ctrl, as a share of what is in view.
STEP, LEAP = 0.01, 0.1
_DIRECTIONS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_ZOOMS = {Qt.Key.Key_Plus: 0.5, Qt.Key.Key_Equal: 0.5, Qt.Key.Key_Minus: 2.0}
_PAGES = {Qt.Key.Key_PageUp: -1.0, Qt.Key.Key_PageDown: 1.0}


class SoundKeys(QObject):
    """What the keys do on the plots of a view: the arrow keys, Home and End move the playhead, with
    Shift they select; Page Up and Page Down move the view, plus and minus zoom. `zoom_in` and
    `zoom_out` are for the shortcuts of a page.
    """

    def __init__(self, view: SoundView) -> None:
        super().__init__(view)
        self._view = view
        for plot in (view.waveform, view.spectrogram):
            plot.key_pressed.connect(self._on_key)
        # Both do the same: one of them is enough of a stop for the Tab key.
        view.spectrogram.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def zoom_in(self) -> None:
        """Show half as much, around the playhead where it is in view."""
        self._zoom(_ZOOMS[Qt.Key.Key_Plus])

    def zoom_out(self) -> None:
        """Show twice as much, around the playhead where it is in view."""
        self._zoom(_ZOOMS[Qt.Key.Key_Minus])

    def _zoom(self, factor: float) -> None:
        start, end = self._view.spectrogram.time_range()
        place = self._view.playhead
        inside = place is not None and start <= place <= end
        centre = place if place is not None and inside else (start + end) / 2
        self._view.spectrogram.zoom(factor, centre)

    def _on_key(self, event: QKeyEvent) -> None:
        view, playhead = self._view, self._view.playhead
        if playhead is None:
            return
        key = Qt.Key(event.key())
        if key in _PAGES or key in _ZOOMS:
            event.accept()
            if key in _PAGES:
                view.spectrogram.scroll(_PAGES[key])
            else:
                self._zoom(_ZOOMS[key])
            return
        selects = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        far = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        place = self._place_after(key, playhead, far, selects)
        if place is None:
            return
        event.accept()
        if selects:
            # The end that the playhead is not at stays.
            ends = view.selection or (playhead, playhead)
            view.select(max(ends, key=lambda end: abs(end - playhead)), place)
        else:
            view.clear_selection()
        view.seek(place)
        view.reveal(place)

    def _place_after(self, key: Qt.Key, playhead: float, far: bool, selects: bool) -> float | None:
        """Return where a key moves the playhead; None for keys that do not."""
        duration = self._view.spectrogram.duration
        if key == Qt.Key.Key_Home:
            return 0.0
        if key == Qt.Key.Key_End:
            return duration
        if key not in _DIRECTIONS:
            return None
        start, end = self._view.spectrogram.time_range()
        step = (end - start) * (LEAP if far else STEP)
        if selects and self._view.selection is None:
            step = max(step, 1.01 * SHORTEST_SELECTION)
        return min(max(playhead + _DIRECTIONS[key] * step, 0.0), duration)
