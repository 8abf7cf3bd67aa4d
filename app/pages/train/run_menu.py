"""The menu of a run, in the list and beside the state line."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QMenu

from app.pages.train.run_actions import RunActions, checkpoint_words, checkpoints_of
from app.pages.train.swatch import swatch
from app.palette import RUN_COLOURS

if TYPE_CHECKING:
    from app.pages.train.page import TrainPage

_COLOUR_NAMES = ("Blue", "Orange", "Green", "Pink", "Sky blue", "Vermilion")
_ORDER = (
    ("resume", "pause", "stop", "discard"),
    ("save", "preview", "validate"),
    ("", "duplicate", "compare"),
    ("rename", "folder", "export"),
    ("delete",),
)


class RunMenu(QObject):
    """Builds menus from the page's actions."""

    def __init__(self, page: TrainPage, actions: RunActions) -> None:
        super().__init__(page)
        self._page, self._actions = page, actions

    def build(self, key: str) -> QMenu:
        """Return the menu of the selected run; what is not possible is disabled and says why."""
        self._actions.update(key)
        menu = QMenu(self._page)
        self.fill(menu, key)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def fill(self, menu: QMenu, key: str) -> None:
        """Put the actions of a run into a menu."""
        menu.clear()
        menu.setToolTipsVisible(True)
        for group in _ORDER:
            for name in group:
                if name:
                    menu.addAction(self._actions.actions[name])
                else:
                    self._add_checkpoints(menu, key)
            if group == _ORDER[2]:
                only = menu.addAction("Show only this run", partial(self._show_only, key))
                only.setToolTip("Tick this run and untick all others")
                self._page.studio.theme.set_icon(only, "eye-outline", "muted")
                self._add_colours(menu, key)
            if group != _ORDER[-1]:
                menu.addSeparator()

    def open(self, key: str, place: QPoint) -> None:
        """Open the menu at a place on the screen."""
        self.build(key).popup(place)

    def _show_only(self, key: str) -> None:
        self._page.runs.set_visible({key})

    def _add_checkpoints(self, menu: QMenu, key: str) -> None:
        action = self._actions.actions["contrast"]
        inner = menu.addMenu(action.text() + " from")
        inner.menuAction().setToolTip(action.toolTip())
        for path in checkpoints_of(key):
            act = partial(self._actions.continue_with_contrast, key, path)
            inner.addAction(checkpoint_words(path), act)
        inner.setEnabled(action.isEnabled())

    def _add_colours(self, menu: QMenu, key: str) -> None:
        page = self._page
        inner = menu.addMenu("Colour")
        for name, colour in zip(_COLOUR_NAMES, RUN_COLOURS, strict=True):
            act = inner.addAction(name, partial(page.board.choose_colour, key, colour))
            act.setIcon(swatch(colour, False, page.devicePixelRatioF()))
        inner.addSeparator()
        inner.addAction("Another...", partial(self._ask_colour, key))
        inner.addAction("Automatic", partial(page.board.choose_colour, key, ""))

    def _ask_colour(self, key: str) -> None:
        page = self._page
        dialog = QColorDialog(QColor(page.colours.colour(key)), page)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(
            lambda colour: page.board.choose_colour(key, colour.name().upper())
        )
        dialog.open()
