"""The checkpoints that can caption, listed anew whenever they may have changed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.studio import Studio


class CheckpointFeed(QObject):
    """Looks for checkpoints in a worker thread while a pane is on screen.

    Signal: `listed(files)`. The pane calls `refresh` when it is shown.

    Parameters
    ----------
    pane
        The pane that the list is for.
    may_look
        Says whether now is a time to look; by default it always is.
    """

    listed = Signal(list)

    def __init__(
        self, studio: Studio, pane: QWidget, may_look: Callable[[], bool] = lambda: True
    ) -> None:
        super().__init__(pane)
        self._studio, self._pane, self._may_look = studio, pane, may_look
        studio.checkpoints_changed.connect(self.refresh)
        studio.runs_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Look again; a pane that is not on screen does so when it is shown."""
        from core.models.checkpoint_files import list_checkpoints

        if self._pane.isVisible() and self._may_look():
            self._studio.jobs.run_quick(list_checkpoints, self.listed.emit, owner=self)
