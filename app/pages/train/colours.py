"""Which colour a run has: stable in a session, told apart among the runs that are shown."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QSettings

from app.pages.train.summary import method_title
from app.palette import RUN_COLOURS
from core.config import RunConfig
from core.presets import Preset
from core.runs import RunSummary

_NOT_COMPARED = {"objectives", "preset", "name", "device", "experiment", "arm"}
_NOT_OF_GROUP = {"seed", "preset", "name", "device"}
_SETTING = "train/colours"


class RunColours:
    """Gives each run one of the run colours, or the one that the user chose for it.

    A run with a contrastive term takes the hue of the run that differs from it only in that term,
    so that the two are a pair: one solid, one dashed.
    """

    def __init__(self, settings: QSettings) -> None:
        self._store = settings
        self._colours: dict[str, int] = {}
        # Of runs that are shown while the folders are still being looked through.
        self._passing: dict[str, int] = {}
        self._settings: dict[str, tuple[str, bool]] = {}
        self._groups: dict[str, str] = {}
        self._chosen: dict[str, str] = {}
        try:
            chosen = json.loads(str(settings.value(_SETTING, "{}")))
            self._chosen = {str(name): str(colour) for name, colour in chosen.items()}
        except (ValueError, AttributeError):
            self._chosen = {}

    def add(self, key: str, config: RunConfig | None) -> None:
        """Give a run its colour when it is first seen."""
        if key in self._colours:
            return
        settings = config.model_dump_json(exclude=_NOT_COMPARED) if config else key
        contrast = bool(config and config.objectives)
        self._settings[key] = (settings, contrast)
        # A branch takes up another run's first epochs, which is no other setting.
        self._groups[key] = _group_of(config) if config else key
        partner = self._partner(key)
        self._colours[key] = len(self._colours) if partner is None else self._colours[partner]

    def colour(self, key: str) -> str:
        """Return the colour of a run as "#RRGGBB"."""
        chosen = self._chosen.get(Path(key).name) if self._chosen else None
        place = self._colours.get(key, self._passing.get(key, 0))
        return chosen or RUN_COLOURS[place % len(RUN_COLOURS)]

    def choose(self, key: str, colour: str) -> None:
        """Let a run have this colour from now on; "" gives it back its own."""
        name = Path(key).name
        self._chosen.pop(name, None)
        if colour:
            self._chosen[name] = colour
        self._store.setValue(_SETTING, json.dumps(self._chosen))

    def group(self, key: str) -> str:
        """Return what is the same for all runs that differ in nothing but their seed."""
        return self._groups.get(key, key)

    def separate(self, visible: set[str]) -> None:
        """Give other colours to shown runs that could not be told apart, while there are any.

        More runs than colours, as in an experiment, take one colour for all seeds of a setting.
        """
        unknown = sorted(visible - self._colours.keys())
        self._passing = {key: place for place, key in enumerate(unknown)}
        shown = sorted(visible & self._colours.keys())
        groups = list(dict.fromkeys(self.group(key) for key in shown))
        if len(groups) <= len(RUN_COLOURS) < len(shown):
            self._colours.update((key, groups.index(self.group(key))) for key in shown)
            return
        taken: set[tuple[int, bool]] = set()
        for key in shown:
            contrast = self._settings[key][1]
            look = (self._colours[key] % len(RUN_COLOURS), contrast)
            if look in taken:
                free = [i for i in range(len(RUN_COLOURS)) if (i, contrast) not in taken]
                if free:
                    self._colours[key] = free[0]
                    look = (free[0], contrast)
            taken.add(look)

    def _partner(self, key: str) -> str | None:
        settings, contrast = self._settings[key]
        same = [other for other, (its, _) in self._settings.items() if its == settings]
        if any(self._settings[other][1] == contrast for other in same if other != key):
            return None
        return next((other for other in same if other != key), None)


def group_title(summary: RunSummary) -> str:
    """Name the runs that differ from this one only in their seed."""
    config = summary.config
    if config is None:
        return summary.title
    if config.arm:
        return config.arm
    return config.preset or objective_text(config)


def objective_text(config: RunConfig) -> str:
    """Name the loss in a few letters: "CE" or "CE + caption NT-Xent"."""
    return " + ".join(["CE", *(method_title(item.name) for item in config.objectives)])


def named(config: RunConfig, preset: Preset | None) -> RunConfig:
    """Name a run by its loss where the preset's name would tell another one."""
    if config.name or preset is None:
        return config
    mine, its = ([term.name for term in one.objectives] for one in (config, preset.config))
    return config if mine == its else config.model_copy(update={"name": objective_text(config)})


def _group_of(config: RunConfig) -> str:
    values = config.model_dump(mode="json", exclude=_NOT_OF_GROUP)
    training = values["training"]
    for name in ("branch_from", "keep_states", "initial_checkpoint"):
        training.pop(name, None)
    return json.dumps(values, sort_keys=True)
