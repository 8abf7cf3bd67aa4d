"""Which colour a run has: stable in a session, told apart among the runs that are shown."""

from __future__ import annotations

from app.theme import RUN_COLOURS
from core.config import RunConfig

_NOT_COMPARED = {"objectives", "preset", "name", "device"}


class RunColours:
    """Gives each run one of the run colours.

    A run with a contrastive term takes the hue of the run that differs from it only in that term,
    so that the two are a pair: one solid, one dashed.
    """

    def __init__(self) -> None:
        self._colours: dict[str, int] = {}
        self._settings: dict[str, tuple[str, bool]] = {}

    def add(self, key: str, config: RunConfig | None) -> None:
        """Give a run its colour when it is first seen."""
        if key in self._colours:
            return
        settings = config.model_dump_json(exclude=_NOT_COMPARED) if config else key
        contrast = bool(config and config.objectives)
        self._settings[key] = (settings, contrast)
        partner = self._partner(key)
        self._colours[key] = len(self._colours) if partner is None else self._colours[partner]

    def colour(self, key: str) -> str:
        """Return the colour of a run as "#RRGGBB"."""
        return RUN_COLOURS[self._colours.get(key, 0) % len(RUN_COLOURS)]

    def separate(self, visible: set[str]) -> None:
        """Give other colours to shown runs that could not be told apart, while there are any."""
        taken: set[tuple[int, bool]] = set()
        for key in sorted(visible & self._colours.keys()):
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
