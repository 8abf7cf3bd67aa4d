"""What a report reads beside the evaluations, and how it looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.config import RunConfig
from core.events import ValidationEnded
from core.experiments.figures import Point
from core.experiments.plan import NAMES
from core.runs import RunFolder, effective

STYLE = """
:root{color-scheme:light dark;--ink:#1d2129;--soft:#5b6472;--line:#d8dce3;--paper:#fff;
--wash:#f5f6f8}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ec;--soft:#9aa3b2;--line:#363c47;--paper:#16181d;
--wash:#1f2229}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:920px;
margin:2rem auto;padding:0 1.2rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .6rem}
p.soft,td.soft,caption{color:var(--soft)}p.result{font-size:1.1rem;padding:.8rem 1rem;
background:var(--wash);border-radius:8px;margin:.6rem 0}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
td.number{white-space:nowrap}
svg{width:100%;height:auto;margin:.4rem 0}svg text{font:12px system-ui,sans-serif;fill:var(--soft)}
svg .grid{stroke:var(--line)}svg .zero{stroke:var(--ink);stroke-dasharray:4 3}
"""


def validation_curve(run: RunFolder) -> list[Point]:
    """Return (epoch, cross-entropy) of a run's validations; empty when they cannot be read."""
    try:
        events = effective(run.events.read_all())
    except (OSError, ValueError):
        return []
    return [
        (event.epoch + 1, event.losses["ce"])
        for _, event in events
        if isinstance(event, ValidationEnded) and "ce" in event.losses
    ]


def flat_settings(config: RunConfig) -> dict[str, str]:
    """Return every setting by its dotted path as text; names and the seed are left out."""
    found: dict[str, str] = {}

    def walk(value: Any, path: str) -> None:
        if isinstance(value, Mapping):
            for key, item in value.items():
                walk(item, f"{path}.{key}" if path else str(key))
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for item in value:
                walk(
                    {key: inner for key, inner in item.items() if key != "name"} or "on",
                    f"{path}.{item.get('name', '')}",
                )
        elif path not in (*NAMES, "seed", "schema_version"):
            found[path] = str(value)

    walk(config.model_dump(mode="json"), "")
    return found
