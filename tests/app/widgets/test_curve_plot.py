"""What a plot of curves sees of them, and how its axes are labelled."""

from __future__ import annotations

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
