"""How captions are searched for, and when a sound becomes a timeline: a form under a button."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from PySide6.QtCore import QLocale, QSettings, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox, QToolButton

from app.widgets.inputs import QuietComboBox, indent_text
from app.widgets.popover import Popover
from core.config import DecodingConfig, RunConfig
from core.errors import ConfigError
from core.timeline import TimelineSettings

Strategy = Literal["", "beam", "rerank"]
STRATEGIES: dict[str, str] = {"": "As trained", "beam": "Beam search", "rerank": "Reranked"}
AS_TRAINED = "as trained"
_RERANK = list(STRATEGIES).index("rerank")
_RANKS_TAGS_ALONE = (
    "This checkpoint was taught sounds of your own. Reranking goes by the sound classes of the "
    "encoder, which has no names for them, so their captions would come last."
)
LONG_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class SearchChoices:
    """What differs from the search of the checkpoint's own run; empty and 0 leave that as it is."""

    beam_size: int = 0
    strategy: Strategy = ""
    min_tokens: int = 0
    max_tokens: int = 0

    def apply(self, own: DecodingConfig) -> DecodingConfig:
        """Return the settings of a search; the longest caption wins over the shortest."""
        changes: dict[str, object] = {}
        if self.beam_size:
            changes["beam_size"] = self.beam_size
        if self.strategy:
            changes["strategy"] = self.strategy
        longest = self.max_tokens or own.max_tokens
        changes["max_tokens"] = longest
        changes["min_tokens"] = min(self.min_tokens or own.min_tokens, longest - 1)
        return own.model_copy(update=changes)


class SearchOptions(Popover):
    """Signal: `changed()`; the choices are remembered."""

    changed = Signal()

    def __init__(self, button: QToolButton, settings: QSettings) -> None:
        super().__init__(button)
        self._settings = settings
        fields = DecodingConfig.model_fields
        self.strategy = QuietComboBox()
        self._items = QStandardItemModel(self)
        self.strategy.setModel(self._items)
        for value, text in STRATEGIES.items():
            self.strategy.addItem(text, value)
        saved = self.strategy.findData(str(settings.value("caption/strategy", "")))
        self.strategy.setCurrentIndex(max(saved, 0))
        self.strategy.setMinimumContentsLength(len("As trained: beam search"))
        self.min_tokens = self._count("min_tokens", 100)
        self.max_tokens = self._count("max_tokens", 200)
        self.long = self._seconds("long", LONG_SECONDS, 1.0, 86_400.0)
        self.window_length = self._seconds("window", TimelineSettings().window, 0.5, 600.0)
        self.hop = self._seconds("hop", TimelineSettings().hop, 0.1, 600.0)
        self.add_title("Search")
        self.add_row("Search", self.strategy, fields["strategy"].description or "")
        self.add_row("Shortest caption", self.min_tokens, fields["min_tokens"].description or "")
        self.add_row("Longest caption", self.max_tokens, fields["max_tokens"].description or "")
        self.add_title("Long recordings")
        self.add_row("Timeline from", self.long, "Longer sounds are captioned piece by piece")
        self.add_row("Window", self.window_length, "What the model hears at a time")
        self.add_row("Hop", self.hop, "From one window to the next; less than the window overlaps")
        self.strategy.currentIndexChanged.connect(self._on_changed)
        for box in (self.min_tokens, self.max_tokens, self.long, self.window_length, self.hop):
            box.valueChanged.connect(self._on_changed)
        self._limit_hop()

    def choices(self, beam_size: int) -> SearchChoices:
        """Return how to search."""
        usable = self.strategy.currentIndex() != _RERANK or self._may_rerank()
        chosen = str(self.strategy.currentData()) if usable else ""
        strategy: Strategy = next((item for item in get_args(Strategy) if item == chosen), "")
        return SearchChoices(beam_size, strategy, self.min_tokens.value(), self.max_tokens.value())

    def timeline(self, duration: float | None) -> TimelineSettings | None:
        """Return how a sound of so many seconds is cut, or None for one that is not."""
        if duration is None or duration <= self.long.value():
            return None
        try:
            return TimelineSettings(self.window_length.value(), self.hop.value())
        except ConfigError:  # the fields keep each other in order, but for the moment of a change
            return TimelineSettings()

    def show_trained(self, config: RunConfig | None) -> None:
        """Say how the chosen checkpoint's run searched, and what cannot be chosen for it."""
        own = None if config is None else config.decoding
        search = "" if own is None else f": {STRATEGIES[own.strategy].lower()}"
        self.strategy.setItemText(0, STRATEGIES[""] + search)
        taught = config is not None and config.training.new_words
        item = self._items.item(_RERANK)
        item.setEnabled(not taught)
        item.setToolTip(_RANKS_TAGS_ALONE if taught else "")
        hint = DecodingConfig.model_fields["strategy"].description or ""
        self.strategy.setToolTip(f"{hint}\n{_RANKS_TAGS_ALONE}" if taught else hint)
        for box, value in (
            (self.min_tokens, own and own.min_tokens),
            (self.max_tokens, own and own.max_tokens),
        ):
            box.setSpecialValueText(f"{AS_TRAINED}: {value}" if value is not None else AS_TRAINED)

    def _may_rerank(self) -> bool:
        return self._items.item(_RERANK).isEnabled()

    def _count(self, name: str, most: int) -> QSpinBox:
        box = QSpinBox()
        box.setRange(0, most)
        box.setSpecialValueText(AS_TRAINED)
        box.setSuffix(" tokens")
        indent_text(box)
        box.setValue(int(str(self._settings.value(f"caption/{name}", 0))))
        return box

    def _seconds(self, name: str, default: float, least: float, most: float) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setLocale(QLocale.c())
        box.setRange(least, most)
        box.setDecimals(1)
        box.setSuffix(" s")
        indent_text(box)
        box.setValue(float(str(self._settings.value(f"caption/timeline_{name}", default))))
        return box

    def _limit_hop(self) -> None:
        # A longer hop would leave out what lies between two windows.
        self.hop.setMaximum(self.window_length.value())

    def _on_changed(self) -> None:
        self._limit_hop()
        values = {
            "strategy": str(self.strategy.currentData()),
            "min_tokens": self.min_tokens.value(),
            "max_tokens": self.max_tokens.value(),
            "timeline_long": self.long.value(),
            "timeline_window": self.window_length.value(),
            "timeline_hop": self.hop.value(),
        }
        for name, value in values.items():
            self._settings.setValue(f"caption/{name}", value)
        self.changed.emit()
