"""Which checkpoints caption, how they search, and the button that starts it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QWidget,
)

from app.pages.caption.search_options import AS_TRAINED, SearchChoices, SearchOptions
from app.theme import Theme
from app.widgets.inputs import indent_text
from app.widgets.staying_menu import StayingMenu
from core.config import DecodingConfig, RunConfig

if TYPE_CHECKING:
    from core.models.checkpoint_files import CheckpointFile

CHECKPOINT_KEY = "caption/checkpoint"
BEAM_KEY = "caption/beam_size"
# More checkpoints than this are scrolled through.
MOST_SHOWN = 16
_PATH_ROLE = int(Qt.ItemDataRole.UserRole)


class ModelBar(QWidget):
    """Signals: `caption_clicked()`, `stop_clicked()`, `checkpoint_changed()`."""

    caption_clicked = Signal()
    stop_clicked = Signal()
    checkpoint_changed = Signal()

    def __init__(self, theme: Theme, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._wanted: Path | None = None
        self._has_sound = False
        self._count = 1
        self._configs: dict[Path, RunConfig | None] = {}
        self.checkpoints = QComboBox()
        self.checkpoints.setAccessibleName("Checkpoint")
        self.checkpoints.setPlaceholderText("No checkpoint yet")
        self.checkpoints.setMinimumWidth(160)
        self.checkpoints.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.checkpoints.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.checkpoints.setMaxVisibleItems(MOST_SHOWN)
        self.checkpoints.setStyleSheet("QComboBox { combobox-popup: 0; }")
        self._items = QStandardItemModel(self)
        self.checkpoints.setModel(self._items)
        self.checkpoints.currentIndexChanged.connect(self._on_checkpoint)
        field = DecodingConfig.model_fields["beam_size"]
        self.beam_size = QSpinBox()
        self.beam_size.setRange(0, 64)  # 0 leaves it as the checkpoint was trained
        # A dropped file opens; it does not end up as text in here.
        self.beam_size.lineEdit().setAcceptDrops(False)
        indent_text(self.beam_size)
        self.beam_size.setSpecialValueText(AS_TRAINED)
        self.beam_size.setValue(int(str(settings.value(BEAM_KEY, 0))))
        self.beam_size.setAccessibleName("Beam size")
        self.beam_size.setToolTip(
            f"{field.description}\nThe lowest is the beam size that the checkpoint was trained with"
        )
        self.beam_size.valueChanged.connect(self._on_beam)
        self.also = QToolButton()
        self.also.setAccessibleName("Further checkpoints")
        self.also.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.also.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        theme.set_icon(self.also, "plus", "muted")
        self.also_menu = StayingMenu(self.also)
        self.also_menu.setToolTipsVisible(True)
        self.also.setMenu(self.also_menu)
        self.options = QToolButton()
        self.options.setAccessibleName("Search and timeline options")
        self.options.setToolTip("How captions are searched for, and long recordings are cut")
        theme.set_icon(self.options, "tune-variant", "muted")
        self.form = SearchOptions(self.options, settings)
        label = QLabel("Beam size")
        label.setBuddy(self.beam_size)
        label.setProperty("role", "muted")
        self.button = QPushButton("Caption")
        self.button.setProperty("role", "primary")
        self.button.clicked.connect(self.caption_clicked)
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Stop after the file in hand; the rest stays on the list")
        self.stop.clicked.connect(self._on_stop)
        theme.set_icon(self.stop, "stop")
        self.stop.hide()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.checkpoints, 1)
        layout.addWidget(self.also)
        layout.addWidget(label)
        layout.addWidget(self.beam_size)
        layout.addWidget(self.options)
        layout.addWidget(self.stop)
        layout.addWidget(self.button)
        self._refresh()

    # ---- what is chosen --------------------------------------------------------------------

    def checkpoint(self) -> Path | None:
        """Return the chosen checkpoint, or None when there is no usable one."""
        return self.checkpoints.currentData(_PATH_ROLE)

    def chosen(self) -> list[Path]:
        """Return every checkpoint that shall caption, the main one first."""
        main = self.checkpoint()
        others = [path for path in self._further() if path != main]
        return [] if main is None else [main, *others]

    def choices(self) -> SearchChoices:
        """Return how to search."""
        return self.form.choices(self.beam_size.value())

    def choose(self, checkpoint: Path) -> None:
        """Turn to a checkpoint, now or as soon as it is listed."""
        self._wanted = checkpoint
        for row in range(self.checkpoints.count()):
            if self.checkpoints.itemData(row, _PATH_ROLE) == checkpoint:
                self._wanted = None
                self.checkpoints.setCurrentIndex(row)

    def set_checkpoints(self, files: Sequence[CheckpointFile]) -> None:
        """List `files` as they come; the one chosen before stays, else the shipped one.

        Without those it is the first usable.
        """
        before = self.checkpoint()
        wanted = str(self._wanted or before or self._settings.value(CHECKPOINT_KEY, ""))
        self._configs = {file.path: file.config for file in files}
        blocked = self.checkpoints.blockSignals(True)
        self._items.clear()
        chosen, known = -1, False
        for row, file in enumerate(files):
            item = QStandardItem(describe(file))
            item.setToolTip(file.problem or str(file.path))
            if file.problem:
                item.setEnabled(False)
            else:
                item.setData(file.path, _PATH_ROLE)
                shipped = file.kind == "built-in" and not known
                known = known or str(file.path) == wanted
                if chosen < 0 or shipped or str(file.path) == wanted:
                    chosen = row
            self._items.appendRow(item)
        self.checkpoints.setCurrentIndex(chosen)
        self.checkpoints.blockSignals(blocked)
        self._list_further([file for file in files if not file.problem])
        if self._wanted is not None and self.checkpoint() == self._wanted:
            self._wanted = None
            self._settings.setValue(CHECKPOINT_KEY, wanted)
        self._refresh()
        if self.checkpoint() != before:
            self.checkpoint_changed.emit()

    # ---- what the page tells ---------------------------------------------------------------

    def set_busy(self, busy: bool) -> None:
        """Show the stop button while captioning goes on."""
        self.stop.setVisible(busy)
        self.stop.setEnabled(busy)
        self._refresh()

    def set_targets(self, has_sound: bool, count: int) -> None:
        """Say whether a sound is shown and how many files are selected."""
        self._has_sound, self._count = has_sound, count
        self._refresh()

    def _list_further(self, files: Sequence[CheckpointFile]) -> None:
        ticked = set(self._further())
        self.also_menu.clear()
        for file in files:
            action = self.also_menu.addAction(describe(file).replace("&", "&&"))
            action.setToolTip(str(file.path))
            action.setCheckable(True)
            action.setChecked(file.path in ticked)
            action.setData(file.path)
            action.toggled.connect(self._refresh)

    def _further(self) -> list[Path]:
        return [action.data() for action in self.also_menu.actions() if action.isChecked()]

    def _refresh(self) -> None:
        main, further = self.checkpoint(), self.chosen()[1:]
        for action in self.also_menu.actions():
            action.setEnabled(action.data() != main)
        self.also.setText(str(len(further)) if further else "")
        self.also.setEnabled(len(self.also_menu.actions()) > 1)
        if len(self.also_menu.actions()) < 2:
            tip = "There is no second checkpoint to caption with"
        elif further:
            names = "\n".join(
                action.text().replace("&&", "&")
                for action in self.also_menu.actions()
                if action.data() in further
            )
            tip = f"These caption, too, and their captions stand side by side:\n{names}"
        else:
            tip = "Let further checkpoints caption as well"
        self.also.setToolTip(tip)
        several = self._count > 1
        self.button.setText(f"Caption {self._count} files" if several else "Caption")
        ready = self._has_sound and self.checkpoint() is not None
        self.button.setEnabled(ready)
        if self.checkpoint() is None:
            reason = "There is no checkpoint to caption with"
        elif not self._has_sound:
            reason = "Open a sound first"
        else:
            reason = "Caption the selected files (Ctrl+Return)"
        self.button.setToolTip(reason)
        config = None if main is None else self._configs.get(main)
        self.form.show_trained(config)
        own = "" if config is None else f": {config.decoding.beam_size}"
        self.beam_size.setSpecialValueText(AS_TRAINED + own)
        usable = self.checkpoint() is not None
        self.checkpoints.setEnabled(self._items.rowCount() > 0)
        self.checkpoints.setToolTip(
            f"Checkpoint that captions\n{self.checkpoint()}"
            if usable
            else "No checkpoint yet: train one on the Train page"
        )

    def _on_checkpoint(self) -> None:
        if self.checkpoint() is not None:
            self._settings.setValue(CHECKPOINT_KEY, str(self.checkpoint()))
        self._refresh()
        self.checkpoint_changed.emit()

    def _on_beam(self, value: int) -> None:
        self._settings.setValue(BEAM_KEY, value)

    def _on_stop(self) -> None:
        self.stop.setEnabled(False)
        self.stop_clicked.emit()


def describe(file: CheckpointFile) -> str:
    """Return the line of a checkpoint: run, best or last, encoder."""
    return f"{file.label} · {file.encoder}" if file.encoder else file.label
