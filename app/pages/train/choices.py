"""What may be chosen on this machine: (value, text, problem) of each. For worker threads."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.config import JOINT
from core.errors import StudioError

Choices = dict[str, list[tuple[str, str, str]]]
_NOT_JOINED = ("folder", "starter-simulated", "starter-mixed")


def data_choices(roots: Mapping[str, Path | None]) -> Choices:
    """Return the datasets, looked for in their `roots`, and the encoders."""
    from core.data.datasets import open_dataset
    from core.models.encoders import available_encoders

    datasets = []
    for name, root in roots.items():
        try:
            open_dataset(name, root)
            datasets.append((name, name, ""))
        except StudioError as error:
            datasets.append((name, name, str(error)))
    found = [name for name, _, problem in datasets if not problem]
    datasets += [(name, name, "") for name in joins(found) if name not in roots]
    encoders = []
    for info in available_encoders():
        missing = "" if info.installed else f"{info.name} is not installed; get it in Library."
        encoders.append((info.name, info.name, missing))
    return {"data.dataset": datasets, "data.encoder": encoders}


def joins(names: Sequence[str]) -> list[str]:
    """Return which of these datasets can be joined: any two, and all of them.

    Of the versions of one dataset, the first stands for all; simulated ones are joined by hand.
    """
    from core.data.datasets import is_known

    parts: dict[str, str] = {}
    for name in names:
        if name not in _NOT_JOINED and JOINT not in name:
            parts.setdefault(name.partition("-")[0] if is_known(name) else name, name)
    every = list(parts.values())
    found = [JOINT.join(pair) for pair in itertools.combinations(every, 2)]
    return [*found, JOINT.join(every)] if len(every) > 2 else found


def device_choices() -> Choices:
    """Return the devices; meant for when the engine is loaded."""
    from core.device import list_devices

    devices = [(item.name, f"{item.name} · {item.label}", "") for item in list_devices()]
    return {"device": [("auto", f"auto · {devices[0][0]}", ""), *devices]}
