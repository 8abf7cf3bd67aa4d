"""Figures of a report as SVG text: seeds of each arm, differences, learning curves."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping, Sequence

from core.evaluation.intervals import Interval
from core.wording import minus_text

# Okabe and Ito's colours, told apart by people of every colour vision; in the window's order.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
WIDTH = 640
_ROW, _FOOT, _LEGEND_ROW = 34, 56, 18
_LEFT, _RIGHT = 220, 30
# What fits beside a figure in the widest of the usual fonts, of twelve pixels.
_LETTER, _LONGEST = 7.2, 29

Point = tuple[float, float]


def dots(
    rows: Sequence[tuple[str, Sequence[float], Interval | None]], unit: str, title: str
) -> str:
    """Draw one row an arm: its seeds as dots, mean as a line, interval as a band."""
    values = [value for _, seeds, _ in rows for value in seeds]
    values += [end for _, _, one in rows if one is not None for end in (one.low, one.high)]
    low, high, ticks = _axis(values)
    height = _ROW * len(rows) + _FOOT
    parts = [_open(height, title)]
    scale = _scale(low, high)
    parts += _ticks(ticks, scale, height, unit)
    for number, (name, seeds, interval) in enumerate(rows):
        y, colour = 16 + _ROW * number + _ROW / 2, COLOURS[number % len(COLOURS)]
        parts.append(_text(_LEFT - 12, y + 4, name, "end"))
        if interval is not None:
            left, right = scale(interval.low), scale(interval.high)
            parts.append(
                f'<rect x="{left:.1f}" y="{y - 7:.1f}" width="{max(1.0, right - left):.1f}" '
                f'height="14" rx="3" fill="{colour}" opacity="0.18"/>'
            )
        middle = scale(sum(seeds) / len(seeds))
        parts.append(
            f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{y - 10:.1f}" y2="{y + 10:.1f}" '
            f'stroke="{colour}" stroke-width="2.5"/>'
        )
        parts += [
            f'<circle cx="{scale(value):.1f}" cy="{y:.1f}" r="4" fill="{colour}" '
            'fill-opacity="0.85"/>'
            for value in seeds
        ]
    return "".join([*parts, "</svg>"])


def intervals(rows: Sequence[tuple[tuple[str, str], Interval, bool]], unit: str, title: str) -> str:
    """Draw one row a difference: its interval, and zero as a line through all of them.

    A row is named by two lines: what is compared, and with what.
    """
    ends = [end for _, one, _ in rows for end in (one.low, one.high)]
    low, high, ticks = _axis([*ends, 0.0])
    height = _ROW * len(rows) + _FOOT
    parts = [_open(height, title)]
    scale = _scale(low, high)
    parts += _ticks(ticks, scale, height, unit)
    zero = scale(0.0)
    parts.append(
        f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="8" y2="{height - _FOOT + 16}" class="zero"/>'
    )
    for number, (name, one, shown) in enumerate(rows):
        y = 16 + _ROW * number + _ROW / 2
        colour = COLOURS[0] if shown else "#808080"
        parts += [_text(_LEFT - 12, y - 3 + 14 * line, name[line], "end") for line in (0, 1)]
        parts.append(
            f'<line x1="{scale(one.low):.1f}" x2="{scale(one.high):.1f}" y1="{y:.1f}" '
            f'y2="{y:.1f}" stroke="{colour}" stroke-width="3" stroke-linecap="round"/>'
            f'<circle cx="{scale(one.value):.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>'
        )
    return "".join([*parts, "</svg>"])


def curves(lines: Mapping[str, Sequence[Sequence[Point]]], x_title: str, title: str) -> str:
    """Draw the runs of each arm as thin lines and their mean as a thick one."""
    points = [point for runs in lines.values() for run in runs for point in run]
    left = 60
    legend = _legend(list(lines), left)
    rows = 1 + max((row for _, row in legend), default=0)
    top, bottom = 14, 32 + _LEGEND_ROW * rows
    height = 256 + bottom
    parts = [_open(height, title)]
    if not points:
        return "".join([*parts, "</svg>"])
    low, high, ticks = _axis([y for _, y in points])
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    span = (last - first) or 1.0

    def place(point: Point) -> str:
        x = left + (point[0] - first) / span * (WIDTH - left - _RIGHT)
        y = top + (high - point[1]) / (high - low) * (height - top - bottom)
        return f"{x:.1f},{y:.1f}"

    for tick in ticks:
        y = float(place((first, tick)).split(",")[1])
        parts.append(
            f'<line x1="{left}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
        )
        parts.append(_text(left - 8, y + 4, minus_text(f"{tick:.6g}"), "end"))
    foot = height - bottom + 18
    parts.append(_text(left, foot, f"{first:.6g}", "start"))
    parts.append(_text(WIDTH - _RIGHT, foot, f"{last:.6g}", "end"))
    parts.append(_text((left + WIDTH - _RIGHT) / 2, foot, x_title, "middle"))
    for number, (name, runs) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        parts += [_line(" ".join(map(place, run)), colour, 1.0, 0.35) for run in runs]
        parts.append(_line(" ".join(map(place, mean_curve(runs))), colour, 2.5, 1.0))
        x, row = legend[number]
        y = foot + 12 + _LEGEND_ROW * row
        parts.append(f'<rect x="{x:.1f}" y="{y}" width="10" height="10" fill="{colour}"/>')
        parts.append(_text(x + 14, y + 9, name, "start"))
    return "".join([*parts, "</svg>"])


def mean_curve(runs: Sequence[Sequence[Point]]) -> list[Point]:
    """Return the mean over the runs at every place that all of them have."""
    tables = [dict(run) for run in runs if run]
    if not tables:
        return []
    shared = sorted(set.intersection(*(set(table) for table in tables)))
    return [(x, sum(table[x] for table in tables) / len(tables)) for x in shared]


def _line(points: str, colour: str, width: float, opacity: float) -> str:
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}" '
        f'stroke-opacity="{opacity}" stroke-linejoin="round"/>'
    )


def _legend(names: Sequence[str], left: float) -> list[tuple[float, int]]:
    """Return where each name begins, and in which row, so that none leaves the figure."""
    placed, x, row = [], left, 0
    for name in names:
        width = 14 + _LETTER * min(len(name), _LONGEST)
        if x > left and x + width > WIDTH:
            x, row = left, row + 1
        placed.append((x, row))
        x += width + 20
    return placed


def _open(height: float, title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'aria-label="{html.escape(title, quote=True)}"><title>{html.escape(title)}</title>'
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(shown)}</text>'


def _ticks(
    ticks: Sequence[float], scale: Callable[[float], float], height: float, unit: str
) -> list[str]:
    parts = []
    for tick in ticks:
        x = scale(tick)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="8" y2="{height - _FOOT + 16:.0f}" class="grid"/>'
        )
        parts.append(_text(x, height - 26, minus_text(f"{tick:.6g}"), "middle"))
    parts.append(_text((_LEFT + WIDTH - _RIGHT) / 2, height - 6, unit, "middle"))
    return parts


def _scale(low: float, high: float) -> Callable[[float], float]:
    return lambda value: _LEFT + (value - low) / (high - low) * (WIDTH - _LEFT - _RIGHT)


def _axis(values: Sequence[float]) -> tuple[float, float, list[float]]:
    """Return the ends of an axis and about five round ticks."""
    low, high = min(values), max(values)
    if low == high:
        pad = abs(low) * 0.1 or 1.0
        low, high = low - pad, high + pad
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    margin = (high - low) * 0.05
    low, high = low - margin, high + margin
    first = math.ceil(low / step)
    ticks = [number * step for number in range(first, math.floor(high / step) + 1)]
    return low, high, ticks
