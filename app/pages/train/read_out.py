"""The table beside the cursor: what every shown run has there."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from app.pages.train.estimate import duration_text
from app.theme import Colours


@dataclass(frozen=True)
class Reading:
    """Values of one run at the cursor; NaN where there is none."""

    title: str
    colour: str
    dashed: bool
    x: float
    smoothed: float
    raw: float
    validation: float


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
        self.hide()

    def show_readings(
        self, readings: list[Reading], axis: str, colours: Colours, cursor: float, area: QWidget
    ) -> None:
        """Show the readings, the closest to the cursor's x first, on the side away from it."""
        if not readings:
            self.hide()
            return
        self.setStyleSheet(
            f"#readOut {{ background: {colours.panel}; border: 1px solid {colours.line_strong};"
            " border-radius: 6px; }"
        )
        self.label.setText(_table(readings, axis, colours))
        self.adjustSize()
        left = cursor > area.width() / 2
        x = 74 if left else area.width() - self.width() - 20
        self.move(max(4, x), 14)
        self.show()
        self.raise_()


def _table(readings: list[Reading], axis: str, colours: Colours) -> str:
    head = "".join(
        f"<td align='{align}' style='padding:0 0 2px 14px; color:{colours.muted}'>{text}</td>"
        for text, align in (
            (axis.capitalize(), "right"),
            ("Smoothed", "right"),
            ("Training", "right"),
            ("Validation", "right"),
        )
    )
    rows = [f"<tr><td style='color:{colours.muted}'>Run</td>{head}</tr>"]
    for item in readings[:8]:
        name = item.title if len(item.title) <= 28 else item.title[:27] + "…"
        cells = "".join(
            f"<td align='right' style='padding-left:14px'>{text}</td>"
            for text in (
                _place(item.x, axis),
                _number(item.smoothed),
                _number(item.raw),
                f"<b>{_number(item.validation)}</b>",
            )
        )
        line = "╍╍" if item.dashed else "━━"
        rows.append(
            f"<tr><td><b style='color:{item.colour}'>{line}</b>&nbsp; {html.escape(name)}</td>"
            f"{cells}</tr>"
        )
    if len(readings) > 8:
        rows.append(f"<tr><td style='color:{colours.muted}'>+{len(readings) - 8} more</td></tr>")
    return f"<table style='font-size:11px' cellspacing='0'>{''.join(rows)}</table>"


def _place(x: float, axis: str) -> str:
    if axis == "step":
        return f"{x:,.0f}"
    return f"{x:.2f}" if axis == "epoch" else duration_text(x)


def _number(value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.2e}"
