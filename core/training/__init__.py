"""Training: a run is a generator of events, started or resumed from its folder.

Importing this loads no torch; the first use of what it offers does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.training.launch import resume_run, train_run

__all__ = ["resume_run", "train_run"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from core.training import launch

    return getattr(launch, name)
