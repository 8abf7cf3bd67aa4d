"""Fills the form's choices with what there is on this machine."""

from __future__ import annotations

import importlib
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.dataset_roots import dataset_root
from app.pages.train.choices import Choices, data_choices, device_choices
from app.pages.train.setup_pane import SetupPane
from app.studio import Studio


class ChoiceFeed(QObject):
    """Asks in worker threads; `known` tells that there were answers, `failed` a sentence."""

    known = Signal()
    failed = Signal(str, str)

    def __init__(self, studio: Studio, setup: SetupPane, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._setup = studio, setup
        self._begun = False

    def ask(self) -> None:
        """Look for datasets, encoders and, once the engine is loaded, devices."""
        if not self._begun:
            self._begun = True
            self._studio.engine_ready.connect(self._ask_devices)
            self._studio.datasets_changed.connect(self.ask)
        # The datasets' module needs numpy, which is there by now but not when the window opens.
        names = importlib.import_module("core.data.saved_joins").choosable_names()
        roots = {name: dataset_root(self._studio.settings, name) for name in names}
        self._setup.set_dataset_roots(roots)
        ask = partial(data_choices, roots)
        self._studio.jobs.run_quick(ask, self._answered, self.failed.emit, self)

    def _ask_devices(self) -> None:
        self._studio.jobs.run_quick(device_choices, self._answered, self.failed.emit, self)

    def _answered(self, choices: Choices) -> None:
        for path, entries in choices.items():
            self._setup.set_choices(path, entries)
        self.known.emit()
