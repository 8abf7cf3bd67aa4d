"""Charts as files: the values as CSV, the picture as PNG or SVG with a legend below."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator

from app.curves.chart_pane import ChartPane
from app.runs.history import RunHistory
from app.widgets.curve_plot import pen_of
from core.files import replace_atomic

_FIRST = ("step", "epoch", "elapsed")
_SCALE = 2
_LINE = 20.0


def curves_csv(runs: Sequence[tuple[str, RunHistory]]) -> str:
    """Return every raw value of the runs; "elapsed" is in seconds of training."""
    tables = [
        (title, split, table)
        for title, history in runs
        for split, table in (("training", history.steps), ("validation", history.validations))
    ]
    names = {name for _, _, table in tables for name in table.names} - {*_FIRST, "number"}
    figures = sorted(names)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["run", "split", *_FIRST, *figures])
    for title, split, table in tables:
        columns = [table.column(name) for name in (*_FIRST, *figures)]
        for row in range(table.length):
            writer.writerow([title, split, *(_cell(column[row]) for column in columns)])
    return text.getvalue()


def save_png(pane: ChartPane, path: Path) -> None:
    """Write a chart at twice the screen's size. Raises `OSError`."""
    size = _size(pane)
    image = QImage(size * _SCALE, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.scale(_SCALE, _SCALE)
    _paint(painter, pane, size)
    painter.end()
    with replace_atomic(path) as temporary:
        if not QImageWriter(str(temporary), QByteArray(b"PNG")).write(image):
            raise OSError(f"{path} could not be written")


def save_svg(pane: ChartPane, path: Path) -> None:
    """Write a chart as lines and text. Raises `OSError`."""
    size = _size(pane)
    with replace_atomic(path) as temporary:
        generator = QSvgGenerator()
        generator.setFileName(str(temporary))
        generator.setSize(size)
        generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
        generator.setTitle(f"{pane.view.chart.axis} of {len(pane.runs)} runs")
        painter = QPainter()
        if not painter.begin(generator):
            raise OSError(f"{path} could not be written")
        _paint(painter, pane, size)
        painter.end()


def _paint(painter: QPainter, pane: ChartPane, size: QSize) -> None:
    ground = pane.plot.backgroundBrush().color()
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), ground)
    area = pane.plot.viewport().rect()
    layer = pane.plot.layer
    layer.as_lines = True
    try:
        pane.plot.render(painter, QRectF(area), area)
    finally:
        layer.as_lines = False
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = QFont(pane.font())
    font.setPixelSize(11)
    painter.setFont(font)
    for (title, colour, dashed), place in _legend(pane):
        y = area.height() + place.y() + _LINE / 2
        painter.setPen(pen_of(colour, 2.0, dashed))
        painter.drawLine(round(place.x()), round(y), round(place.x()) + 22, round(y))
        painter.setPen(QColor(pane.palette().text().color()))
        box = QRectF(place.x() + 28, area.height() + place.y(), place.width(), _LINE)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, title)


def _legend(pane: ChartPane) -> list[tuple[tuple[str, str, bool], QRectF]]:
    """Return each entry and its place below the chart, in rows as wide as the chart."""
    entries = [
        (run.title, run.colour, run.dashed)
        for key, run in pane.runs.items()
        if not pane.curves[key].hidden
    ]
    for group, band in pane.bands.items():
        first = next(run for run in pane.runs.values() if run.group == group)
        title = f"{first.group_title}, mean of {len(band.runs)} seeds"
        entries.append((title, first.colour, first.dashed))
    font = QFont(pane.font())
    font.setPixelSize(11)
    metrics = QFontMetricsF(font)
    placed, x, y = [], 16.0, 4.0
    for entry in entries:
        width = metrics.horizontalAdvance(entry[0]) + 4
        if x + width + 28 > pane.plot.viewport().width() and x > 16:
            x, y = 16.0, y + _LINE
        placed.append((entry, QRectF(x, y, width, _LINE)))
        x += width + 28 + 20
    return placed


def _size(pane: ChartPane) -> QSize:
    area = pane.plot.viewport().rect()
    lowest = max((place.bottom() for _, place in _legend(pane)), default=0.0)
    return QSize(area.width(), area.height() + math.ceil(lowest) + 8)


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.8g}"
