"""Charts as files: the values as CSV, the picture as PNG or SVG with a legend below."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QImageWriter,
    QPainter,
    QPicture,
)
from PySide6.QtSvg import QSvgGenerator

from app.curves.chart_pane import ChartPane
from app.runs.history import RunHistory
from app.texts import count_text
from app.theme import current
from app.widgets.curve_plot import pen_of
from core.files import replace_atomic

_FIRST = ("step", "epoch", "elapsed")
_SCALE = 2
_LINE = 20.0
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


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
        # The axes come as recorded pictures, which would be scaled to any other resolution.
        generator.setResolution(QPicture().logicalDpiX())
        generator.setSize(size)
        generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
        of = count_text(len(pane.runs), "run")
        generator.setTitle(f"{pane.view.chart.axis} of {of}")
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
    # The cursor belongs to who looks, not to the picture.
    pane.plot.show_cursor(math.nan)
    try:
        pane.plot.render(painter, QRectF(area), area)
    finally:
        layer.as_lines = False
        pane.plot.show_cursor(pane.at_x)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(_font(pane))
    for (title, colour, dashed), place in _legend(pane):
        y = area.height() + place.y() + _LINE / 2
        painter.setPen(pen_of(colour, 2.0, dashed))
        painter.drawLine(round(place.x()), round(y), round(place.x()) + 22, round(y))
        painter.setPen(QColor(pane.palette().text().color()))
        box = QRectF(place.x() + 28, area.height() + place.y(), place.width(), _LINE)
        painter.drawText(box, _LEFT, title)
    painter.setPen(QColor(current().muted))
    below = QRectF(16.0, area.height() + _legend_height(pane), size.width() - 24.0, _LINE)
    painter.drawText(below, _LEFT, reading_of(pane))


def _legend(pane: ChartPane) -> list[tuple[tuple[str, str, bool], QRectF]]:
    """Return each entry and its place below the chart, in rows as wide as the chart."""
    entries = [
        (run.title, run.colour, run.dashed)
        for key, run in pane.runs.items()
        if not pane.curves[key].hidden
    ]
    for group, band in pane.bands.items():
        first = next(run for run in pane.runs.values() if run.group == group)
        title = f"{first.group_title}, mean of {count_text(band.count, 'seed')}"
        entries.append((title, first.colour, first.dashed))
    metrics = QFontMetricsF(_font(pane))
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
    below = _legend_height(pane) + (_LINE if reading_of(pane) else 0.0)
    return QSize(area.width(), area.height() + math.ceil(below) + 8)


def reading_of(pane: ChartPane) -> str:
    """Say what the kinds of lines on a chart mean, as far as they occur."""
    curves = pane.curves.values()
    words = []
    if any(not series.is_empty for one in curves for series in one.training):
        smoothed = pane.view.chart.smoothed and pane.view.weight > 0
        words.append(f"thin: training{f', smoothed {pane.view.weight:.3f}' if smoothed else ''}")
    if any(not series.is_empty for one in curves for series in one.checked):
        words.append("thick: validation")
        if any(not one.hidden and one.best() is not None for one in curves):
            words.append("ring: best checkpoint")
    if pane.bands:
        words.append("bands: one standard deviation over seeds")
    text = "; ".join(words)
    return text[:1].upper() + text[1:]


def _legend_height(pane: ChartPane) -> float:
    return max((place.bottom() for _, place in _legend(pane)), default=0.0)


def _font(pane: ChartPane) -> QFont:
    font = QFont(pane.font())
    font.setPixelSize(11)
    return font


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.8g}"
