"""Numbers as options take them: whatever else is typed is told with what is allowed."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any


def number(
    least: float = -math.inf, most: float = math.inf, unit: str = ""
) -> Callable[[str], float]:
    """Return what reads a number within bounds, both allowed; `unit` such as "seconds"."""
    wanted = f"a number{f' of {unit}' if unit else ''}{_range(least, most)}"

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        # Written so that no-numbers are refused as well.
        if not (math.isfinite(value) and least <= value <= most):
            raise _refused(text, wanted)
        return value

    return read


def whole(least: int | None = None, most: int | None = None) -> Callable[[str], int]:
    """Return what reads a whole number within bounds, both allowed."""
    low, high = (-math.inf if least is None else least), (math.inf if most is None else most)
    wanted = f"a whole number{_range(low, high)}"

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise _refused(text, wanted) from None
        if not low <= value <= high:
            raise _refused(text, wanted)
        return value

    return read


def whole_setting(path: str) -> Callable[[str], int]:
    """Return what reads a setting that is a whole number, such as "training.epochs"."""
    from core.config.parsing import field_info

    bounds: dict[str, Any] = {}
    for item in field_info(path).metadata:
        for key in ("ge", "gt", "le", "lt"):
            if (value := getattr(item, key, None)) is not None:
                bounds[key] = value
    least = bounds["gt"] + 1 if "gt" in bounds else bounds.get("ge")
    most = bounds["lt"] - 1 if "lt" in bounds else bounds.get("le")
    return whole(least, most)


def _refused(text: str, wanted: str) -> argparse.ArgumentTypeError:
    # A digit too many may make a number of thousands of them.
    shown = text if len(text) <= 40 else f"{text[:30]}…"
    return argparse.ArgumentTypeError(f"is '{shown}' but must be {wanted}")


def _range(least: float, most: float) -> str:
    if math.isinf(least) and math.isinf(most):
        return ""
    if math.isinf(most):
        return f", {_figure(least)} or more"
    return f" from {_figure(least)} to {_figure(most)}"


def _figure(value: float) -> str:
    return f"{value:,.10g}"
