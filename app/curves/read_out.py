"""The table beside the cursor: what every shown run has there."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from app.palette import Colours
from app.texts import clock_text

_ROW_HEIGHT = 15
# The most signs of a title, and how many of them are its end where it is cut.
_TITLE, _END = 36, 14


@dataclass
class Reading:
    """Values of one run, or of the mean of several seeds, at the cursor; NaN for none."""

    title: str
    colour: str
    dashed: bool
    x: float
    smoothed: float
    raw: float
    validation: float
    spread: float = math.nan
    validation_spread: float = math.nan


class ReadOut(QFrame):
    """A small panel over the plot that keeps out of the cursor's way."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("readOut")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.RichText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.addWidget(self.label)
        self._style = ""
        self.hide()

    def show_readings(
        self,
        readings: list[Reading],
        axis: str,
        colours: Colours,
        cursor: float,
        area: QWidget,
        top: int = 0,
        chosen: int = -1,
    ) -> None:
        """Show the readings in their order, on the side away from the cursor.

        The one of number `chosen` stands out.
        """
        if not readings:
            self.hide()
            return
        style = (
            f"#readOut {{ background: {colours.panel}; border: 1px solid {colours.line_strong};"
            " border-radius: 6px; }"
        )
        if style != self._style:
            self._style = style
            self.setStyleSheet(style)
        most = max(3, (area.height() - top - 60) // _ROW_HEIGHT)
        self.label.setText(_table(readings, axis, colours, most, chosen))
        self.adjustSize()
        left = cursor > area.width() / 2
        x = 74 if left else area.width() - self.width() - 20
        self.move(max(4, x), top + 10)
        self.show()
        self.raise_()


def nearest(readings: list[Reading], height: float, log: bool = False) -> int:
    """Return the number of the reading of which a curve passes nearest to a height; -1 for none."""

    def place(value: float) -> float:
        return math.log(value) if log and value > 0 else math.nan if log else value

    found = [
        (abs(place(value) - place(height)), number)
        for number, item in enumerate(readings)
        for value in (item.smoothed, item.validation)
    ]
    known = [pair for pair in found if not math.isnan(pair[0])]
    return min(known)[1] if known else -1


def _table(
    readings: list[Reading], axis: str, colours: Colours, most: int, chosen: int = -1
) -> str:
    # Only what some run has: charts of validation figures need no columns of training.
    columns = [(axis.capitalize(), [_place(item.x, axis) for item in readings])]
    for title, name, spread in (
        ("Smoothed", "smoothed", "spread"),
        ("Training", "raw", ""),
        ("Validation", "validation", "validation_spread"),
    ):
        values = [getattr(item, name) for item in readings]
        if not all(math.isnan(value) for value in values):
            spreads = [getattr(item, spread) if spread else math.nan for item in readings]
            cells = [_number(*pair) for pair in zip(values, spreads, strict=True)]
            columns.append((title, cells))
    head = "".join(
        f"<td align='right' style='padding:0 0 2px 14px; color:{colours.muted}'>{title}</td>"
        for title, _ in columns
    )
    rows = [f"<tr><td style='color:{colours.muted}'>Run</td>{head}</tr>"]
    count = len(readings) if len(readings) <= most else most - 1
    shown = list(range(count))
    if chosen >= count:
        # The nearest one is seen however many there are.
        shown[-1] = chosen
    for number in shown:
        item = readings[number]
        name = _short(item.title)
        row = "".join(
            f"<td align='right' style='padding-left:14px'>{cells[number]}</td>"
            for _, cells in columns
        )
        line = "╍╍" if item.dashed else "━━"
        ground = f" bgcolor='{colours.selected}'" if number == chosen and len(readings) > 1 else ""
        swatch = f"<b style='color:{item.colour}'>{line}</b>"
        rows.append(f"<tr{ground}><td>{swatch}&nbsp; {html.escape(name)}</td>{row}</tr>")
    if len(shown) < len(readings):
        more = len(readings) - len(shown)
        rows.append(f"<tr><td style='color:{colours.muted}'>and {more} more</td></tr>")
    return f"<table style='font-size:11px' cellspacing='0'>{''.join(rows)}</table>"


def _short(title: str) -> str:
    """Return a title with its middle left out where it is long: seeds are told apart at the end."""
    if len(title) <= _TITLE:
        return title
    return f"{title[: _TITLE - _END - 1].rstrip()}…{title[-_END:].lstrip()}"


def _place(x: float, axis: str) -> str:
    if axis == "step":
        return f"{x:,.0f}"
    return f"{x:.2f}" if axis == "epoch" else clock_text(x)


def _number(value: float, spread: float = math.nan) -> str:
    if math.isnan(value):
        return "–"
    plain = 1e-3 <= abs(value) < 1e4 or value == 0
    text = f"{value:.4f}" if plain else f"{value:.2e}"
    return text if math.isnan(spread) else f"{text} ± {spread:.4f}"
