"""Which colour a run has: it keeps it while it is shown, told apart from the others shown."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings

from app.pages.train.summary import method_title
from app.palette import RUN_COLOURS
from core.config import RunConfig
from core.presets import Preset
from core.runs import RunSummary

_NOT_COMPARED = {"objectives", "preset", "name", "device", "experiment", "arm"}
_NOT_OF_GROUP = {"seed", "preset", "name", "device"}
_SETTING = "train/colours"
_PLACES = "train/places"


class RunColours:
    """Gives each run one of the run colours, or the one that the user chose for it.

    A run that is shown keeps its colour, whatever else is shown or hidden, and has it again in the
    next session. A run with a contrastive term takes the hue of the run that differs from it only
    in that term, so that the two are a pair: one solid, one dashed.
    """

    def __init__(self, settings: QSettings) -> None:
        self._store = settings
        # The place of a run among the run colours before it was ever shown, and since.
        self._first: dict[str, int] = {}
        self._held: dict[str, int] = {
            key: place for key, place in _read(settings, _PLACES).items() if isinstance(place, int)
        }
        # Of runs that are shown while the folders are still being looked through.
        self._passing: dict[str, int] = {}
        # In the order in which they came into sight.
        self._shown: dict[str, None] = {}
        self._settings: dict[str, tuple[str, bool]] = {}
        self._groups: dict[str, str] = {}
        self._chosen = {key: str(colour) for key, colour in _read(settings, _SETTING).items()}

    def add(self, key: str, config: RunConfig | None) -> None:
        """Give a run its colour when it is first seen."""
        if key in self._first:
            return
        settings = config.model_dump_json(exclude=_NOT_COMPARED) if config else key
        contrast = bool(config and config.objectives)
        self._settings[key] = (settings, contrast)
        # A branch takes up another run's first epochs, which is no other setting.
        self._groups[key] = _group_of(config) if config else key
        partner = self._partner(key)
        self._first[key] = len(self._first) if partner is None else self._place(partner)

    def colour(self, key: str) -> str:
        """Return the colour of a run as "#RRGGBB"."""
        chosen = self._chosen.get(Path(key).name) if self._chosen else None
        return chosen or RUN_COLOURS[self._place(key) % len(RUN_COLOURS)]

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
        """Give each run that comes into sight a colour that tells it from those in sight.

        More runs than colours, as in an experiment, take one colour for all seeds of a setting.
        """
        if visible == self._shown.keys() and not self._passing:
            return
        kept = {
            key for key in visible & self._shown.keys() if key in self._first and key in self._held
        }
        before = dict(self._held)
        for key in sorted((visible & self._first.keys()) - kept):
            self._held[key] = self._place_among(key, kept, len(visible))
            kept.add(key)
        self._shown = {key: None for key in self._shown if key in visible}
        self._shown.update(dict.fromkeys(sorted(visible)))
        if len(visible) <= len(RUN_COLOURS):
            self._part([key for key in self._shown if key in kept])
        taken = {self._place(key) for key in visible & self._held.keys()}
        free = [place for place in range(len(RUN_COLOURS)) if place not in taken] or [0]
        unknown = sorted(visible - self._first.keys() - self._held.keys())
        self._passing = {key: free[n % len(free)] for n, key in enumerate(unknown)}
        if self._held != before:
            self._keep()

    def of_means(self, visible: set[str]) -> dict[str, str]:
        """Return the one colour of all seeds of a setting, for runs that are drawn as their mean.

        Two means never share a hue while there are enough, for their bands overlap.
        """
        seeds: dict[str, list[str]] = {}
        for key in self._shown:
            if key in visible:
                seeds.setdefault(self.group(key), []).append(key)
        taken = {self.colour(keys[0]) for keys in seeds.values() if len(keys) == 1}
        found: dict[str, str] = {}
        for keys in seeds.values():
            if len(keys) == 1:
                continue
            own = next((self.colour(key) for key in keys if Path(key).name in self._chosen), "")
            order = [self.colour(keys[0]), *RUN_COLOURS]
            colour = own or next((one for one in order if one not in taken), order[0])
            taken.add(colour)
            found |= dict.fromkeys(keys, colour)
        return found

    def forget_others(self, keys: Iterable[str]) -> None:
        """Remember the colours of these runs alone; the others are no more."""
        kept = set(keys)
        if not self._held.keys() <= kept:
            self._held = {key: place for key, place in self._held.items() if key in kept}
            self._keep()

    def _keep(self) -> None:
        self._store.setValue(_PLACES, json.dumps(self._held))

    def _place(self, key: str) -> int:
        known = self._held.get(key, self._first.get(key))
        return self._passing.get(key, 0) if known is None else known

    def _part(self, keys: Sequence[str]) -> None:
        """Tell few runs apart that took one colour when there were too many for the colours."""
        taken: set[tuple[str, bool]] = set()
        for number, key in enumerate(keys):
            look = (self.colour(key), self._settings[key][1])
            if look in taken and Path(key).name not in self._chosen:
                others = {*keys[:number], *keys[number + 1 :]}
                self._held[key] = self._place_among(key, others, len(keys))
                look = (self.colour(key), look[1])
            taken.add(look)

    def _place_among(self, key: str, others: set[str], shown: int) -> int:
        """Return the place for a run that comes beside these others, `shown` runs in all."""
        settings, contrast = self._settings[key]
        wanted = self._place(key) % len(RUN_COLOURS)
        hues, looks, mates = Counter[int](), Counter[int](), Counter[int]()
        pair = True
        for other in others:
            place = self._seen_place(other)
            its_settings, its_contrast = self._settings[other]
            hues[place] += 1
            looks[place] += its_contrast == contrast
            mates[place] += self.group(other) == self.group(key)
            pair = pair and (place != wanted or its_settings == settings)
        if shown > len(RUN_COLOURS):
            seeds = max(range(len(RUN_COLOURS)), key=lambda place: mates[place])
            if mates[seeds]:
                return seeds
        if not looks[wanted] and pair:
            return wanted
        # A hue that nobody has, else one whose line is of the other kind.
        places = sorted(range(len(RUN_COLOURS)), key=lambda place: place != wanted)
        return min(places, key=lambda place: (looks[place], hues[place]))

    def _seen_place(self, key: str) -> int:
        """Return the place of the colour that is seen, the user's choice included."""
        colour = self.colour(key)
        return RUN_COLOURS.index(colour) if colour in RUN_COLOURS else -1

    def _partner(self, key: str) -> str | None:
        settings, contrast = self._settings[key]
        same = [other for other, (its, _) in self._settings.items() if its == settings]
        if any(self._settings[other][1] == contrast for other in same if other != key):
            return None
        return next((other for other in same if other != key), None)


def _read(settings: QSettings, name: str) -> dict[str, Any]:
    """Return a table that was kept as JSON; none where it cannot be read."""
    try:
        found = json.loads(str(settings.value(name, "{}")))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


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
