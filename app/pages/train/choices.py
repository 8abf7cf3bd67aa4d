"""What may be chosen on this machine: (value, text, problem) of each. For worker threads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.errors import StudioError

Choices = dict[str, list[tuple[str, str, str]]]


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
    encoders = []
    for info in available_encoders():
        missing = "" if info.installed else f"{info.name} is not installed; get it in Library."
        encoders.append((info.name, info.name, missing))
    return {"data.dataset": datasets, "data.encoder": encoders}


def device_choices() -> Choices:
    """Return the devices; meant for when the engine is loaded."""
    from core.training.device import list_devices

    devices = [(item.name, f"{item.name} · {item.label}", "") for item in list_devices()]
    return {"device": [("auto", f"auto · {devices[0][0]}", ""), *devices]}
