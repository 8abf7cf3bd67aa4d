"""Choosing, saving, importing and exporting presets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.save_place import ask_where_to_save
from app.studio import Studio
from app.texts import count_text
from app.widgets.inputs import QuietComboBox
from core import paths
from core.config import RunConfig, load_config, save_config
from core.errors import StudioError
from core.presets import Preset, list_presets, load_preset, save_preset
from core.runs.transfer import move_to_bin


class PresetBar(QWidget):
    """The list of presets and a menu.

    `chosen` carries the preset's configuration, `failed` why a file gives none.
    """

    chosen = Signal(object)
    failed = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._presets: list[Preset] = []
        self.config_wanted: Callable[[], RunConfig | None] = lambda: None
        self.list = QuietComboBox()
        self.list.setAccessibleName("Preset")
        self.list.activated.connect(self._activated)
        self.menu_button = QToolButton()
        self.menu_button.setToolTip("Save, import, export or reset the settings")
        self.menu_button.setAccessibleName("Preset menu")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setFixedSize(22, 26)
        studio.theme.set_icon(self.menu_button, "dots-vertical", "muted")
        menu = QMenu(self)
        self.save_action = menu.addAction("Save as preset...", self._ask_name)
        self.reset_action = menu.addAction("Reset to the preset", self._reset)
        self.delete_action = menu.addAction("Delete this preset", self._delete)
        menu.addSeparator()
        menu.addAction("Import settings...", self._import)
        menu.addAction("Export settings...", self._export)
        menu.aboutToShow.connect(self._update_menu)
        self.menu_button.setMenu(menu)
        self.note = QLabel()
        self.note.setProperty("role", "hint")
        self.note.setWordWrap(True)
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2)
        line.addWidget(self.list, 1)
        line.addWidget(self.menu_button, 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(line)
        column.addWidget(self.note)
        self._different = 0

    def reload(self, name: str = "") -> None:
        """Read the presets anew and choose one by name, else keep the chosen one."""
        name = name or self.current_name()
        self._presets = list_presets()
        self.list.clear()
        for index, preset in enumerate(self._presets):
            if index and not preset.builtin and self._presets[index - 1].builtin:
                self.list.insertSeparator(self.list.count())
            self.list.addItem(preset.title, preset.name)
            self.list.setItemData(
                self.list.count() - 1, preset.description, Qt.ItemDataRole.ToolTipRole
            )
        self.list.setCurrentIndex(max(0, self.list.findData(name)))
        self._activated()

    def select(self, name: str) -> Preset | None:
        """Mark a preset as the chosen one without filling the form; None when there is none."""
        index = self.list.findData(name)
        if index >= 0:
            self.list.setCurrentIndex(index)
        self._describe()
        return self.current()

    def current(self) -> Preset | None:
        """Return the chosen preset."""
        name = self.current_name()
        return next((preset for preset in self._presets if preset.name == name), None)

    def current_name(self) -> str:
        """Return the chosen preset's name, "" when there is none."""
        return str(self.list.currentData() or "")

    def set_different(self, count: int) -> None:
        """Tell how many settings differ from the preset."""
        if count != self._different:
            self._different = count
            self._describe()

    def _activated(self, _index: int = 0) -> None:
        self._describe()
        preset = self.current()
        if preset is not None:
            self.chosen.emit(preset.config)

    def _describe(self) -> None:
        preset = self.current()
        if self._different:
            differ = count_text(self._different, "setting differs", "settings differ")
            self.note.setText(f"{differ} from this preset.")
        else:
            self.note.setText(preset.description if preset else "")

    def _update_menu(self) -> None:
        preset = self.current()
        self.reset_action.setEnabled(self._different > 0)
        self.delete_action.setEnabled(preset is not None and not preset.builtin)
        self.save_action.setEnabled(self.config_wanted() is not None)

    def _ask_name(self) -> None:
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Save as preset")
        dialog.setLabelText("Name of the preset")
        dialog.textValueSelected.connect(self.save_as)
        dialog.open()

    def save_as(self, title: str) -> None:
        """Save the present settings as a preset of the user's."""
        config = self.config_wanted()
        if config is None:
            return
        try:
            # A preset is for many runs: the name of one run is not part of it.
            preset = save_preset(title.strip(), config.model_copy(update={"name": ""}))
        except (StudioError, OSError) as error:
            self._studio.message.emit(str(error))
            return
        self.reload(preset.name)
        self._studio.message.emit(f"Saved the preset {preset.title}.")

    def _reset(self) -> None:
        self._activated()

    def _delete(self) -> None:
        preset = self.current()
        if preset is None or preset.builtin:
            return
        try:
            move_to_bin(preset.path)
        except StudioError as error:
            self._studio.message.emit(str(error))
            return
        self.reload()
        self._studio.message.emit(f"Moved the preset {preset.title} to the bin.")

    def _import(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Import settings", "", "Settings (*.json)")
        if name:
            self.import_file(Path(name))

    def import_file(self, path: Path) -> None:
        """Fill the form from a preset file or from a run's config.json."""
        try:
            try:
                config = load_preset(str(path)).config
            except StudioError:
                config = load_config(path)
        except StudioError as error:
            self.failed.emit(str(error))
            return
        self.chosen.emit(config)
        self._studio.message.emit(f"Settings read from {path.name}.")

    def _export(self) -> None:
        config = self.config_wanted()
        if config is None:
            self._studio.message.emit("Mend the marked settings before exporting them.")
            return
        start = paths.home() / "settings.json"
        path = ask_where_to_save(self, "Export settings", start, "Settings (*.json)")
        if path is not None:
            save_config(config, path)
            self._studio.message.emit(f"Settings written to {path}.")
