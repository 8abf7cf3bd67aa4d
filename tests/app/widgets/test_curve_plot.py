"""What a plot of curves sees of them, and how its axes are labelled."""

from __future__ import annotations

import math
from itertools import pairwise

from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from app import theme
from app.widgets.curve_plot import CurvePlot


def plot_of(qtbot: QtBot) -> CurvePlot:
    plot = CurvePlot(theme.current())
    plot.resize(600, 300)
    qtbot.addWidget(plot)
    plot.show()
    return plot


def test_what_is_followed_never_touches_the_edge(qtbot: QtBot) -> None:
    plot = plot_of(qtbot)
    moved = 0
    for step in range(2, 600):
        low = 1.5 + 5.0 / step
        before = plot.item.vb.viewRange()
        plot.show_range((1.0, float(step)), (low, 7.0))
        (left, right), (bottom, top) = plot.item.vb.viewRange()
        length = 7.0 - low
        assert left <= 1.0 and right >= step + 0.01 * (step - 1)
        assert bottom <= low - 0.02 * length and top >= 7.0 + 0.02 * length
        moved += before != [[left, right], [bottom, top]]
    # Each time it moves, all curves are drawn anew.
    assert moved < 120


def test_steps_have_no_halves(qtbot: QtBot) -> None:
    plot = plot_of(qtbot)
    axis = plot.item.getAxis("bottom")
    plot.set_labels("Step", "loss", whole=True)
    assert all(spacing >= 1 for spacing, _ in axis.tickSpacing(1.0, 5.0, 600.0))
    assert axis.tickSpacing(1.0, 1.2, 600.0) == [(1.0, 0.0)]
    assert axis.tickSpacing(0.0, 6000.0, 600.0)[0][0] >= 500
    plot.set_labels("First component", "Second component")
    assert min(spacing for spacing, _ in axis.tickSpacing(0.0, 1.0, 600.0)) < 1


def test_a_marker_at_the_end_is_seen_whole(qtbot: QtBot) -> None:
    plot = plot_of(qtbot)
    plot.resize(200, 130)
    box = plot.item.vb
    qtbot.waitUntil(lambda: 0 < box.height() < 100)
    for exact in (False, True):
        plot.show_range((1.0, 600.0), (1.5, 7.0), exact, marked_left=True)
        (left, right), (bottom, top) = box.viewRange()
        across, up = box.width() / (right - left), box.height() / (top - bottom)
        assert min((1.0 - left) * across, (right - 600.0) * across) >= 5.5
        assert min((1.5 - bottom) * up, (top - 7.0) * up) >= 5.5


def test_labels_of_a_log_axis_stand_apart(qtbot: QtBot) -> None:
    plot = plot_of(qtbot)
    plot.set_log(True)
    axis = plot.item.getAxis("left")
    for low, high in ((0.07, 0.9), (0.5, 0.9), (1.0, 1e5), (1.3, 6.0)):
        plot.show_range((1.0, 10.0), (low, high), exact=True)
        (_, _), (bottom, top) = plot.item.vb.viewRange()
        axis.setRange(bottom, top)
        values = [
            math.log10(digit * 10.0**power) for power in range(-3, 6) for digit in range(1, 10)
        ]
        seen = [value for value in values if bottom <= value <= top]
        labels = axis.tickStrings(seen, 1.0, 1.0)
        places = [value for value, label in zip(seen, labels, strict=True) if label]
        pixels = axis.size().height() / (top - bottom)
        assert places
        assert all((b - a) * pixels >= 12 for a, b in pairwise(places))


def test_the_last_step_is_labelled_though_it_stands_at_the_edge(qtbot: QtBot) -> None:
    plot = plot_of(qtbot)
    plot.set_labels("Step", "loss", whole=True)
    plot.show_range((1.0, 600.0), (1.0, 7.0), exact=True)
    plot.grab()
    image = QImage(10, 10, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    _, _, texts = plot.item.getAxis("bottom").generateDrawSpecs(painter)
    painter.end()
    assert "600" in [text for _, _, text in texts]
