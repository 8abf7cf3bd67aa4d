"""What the charts draw, without a window's timing: series, bands, pictures, ranges."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.curves.chart_pane import Shown
from app.curves.charts import CHARTS
from app.curves.curves_view import CurvesView
from app.curves.export import reading_of, save_svg
from app.curves.read_out import Reading, nearest
from app.curves.seed_band import mean_line
from app.curves.series import Series
from app.runs.history import RunHistory, Table
from app.studio import Studio
from app.widgets.curve_layer import Frame
from core.events import RunStarted


def table_of(values: np.ndarray, first: int = 1) -> Table:
    table = Table()
    steps = np.arange(first, first + values.size, dtype=float)
    table.extend({"step": steps, "epoch": steps / 10, "elapsed": steps / 2, "ce": values})
    return table


def history_of(values: np.ndarray) -> RunHistory:
    history = RunHistory(steps=table_of(values), version=1)
    history.started = RunStarted(
        epochs=10,
        steps_per_epoch=10,
        device="cpu",
        parameters=1,
        vocabulary_size=1,
        train_clips=1,
        validation_clips=1,
    )
    return history


def grow(history: RunHistory, values: np.ndarray) -> None:
    first = history.steps.length + 1
    steps = np.arange(first, first + values.size, dtype=float)
    columns = {"step": steps, "epoch": steps / 10, "elapsed": steps / 2, "ce": values}
    history.steps.extend(columns)
    history.version += 1


@pytest.fixture
def view(studio: Studio, qtbot: QtBot) -> CurvesView:
    view = CurvesView(studio)
    view.bar.show_chart(CHARTS[1])
    view.resize(800, 400)
    qtbot.addWidget(view)
    view.show()
    return view


@pytest.fixture
def show(view: CurvesView) -> Callable[..., None]:
    def put(histories: dict[str, RunHistory], live: str = "") -> None:
        view.show_runs(
            {
                key: Shown(key, "#0072B2", False, history, key == live, "all", "CE")
                for key, history in histories.items()
            }
        )

    return put


def test_a_series_in_portions_is_the_series_at_once() -> None:
    values = np.random.default_rng(0).normal(3, 1, 5000)
    whole = Series(table_of(values), "ce", 0.9)
    whole.update()
    table = table_of(values[:7])
    parts = Series(table, "ce", 0.9)
    while table.length < values.size:
        parts.update()
        fresh = values[table.length : table.length + 613]
        steps = np.arange(table.length + 1, table.length + 1 + fresh.size, dtype=float)
        table.extend({"step": steps, "ce": fresh})
    parts.update()
    np.testing.assert_allclose(parts.smoothed.values, whole.smoothed.values, rtol=1e-9)
    assert parts.raw.values.tolist() == values.tolist()


def test_a_long_line_is_drawn_from_few_points_that_reach_its_extremes() -> None:
    values = np.full(100_000, 5.0)
    values[::2] = 4.0
    values[77_777] = 9.5
    series = Series(table_of(values), "ce", 0.0)
    series.update()
    frame = Frame(0.0, 100_000.0, 0.0, 10.0, 500.0, 200.0)
    x, y, _ = series.line(series.raw, frame, "step")
    assert x.size < 2500
    assert y.min() == pytest.approx(frame.up(np.array([9.5]))[0])
    near = Frame(77_700.0, 77_850.0, 0.0, 10.0, 500.0, 200.0)
    x, y, _ = series.line(series.raw, near, "step")
    assert x.size == 153 and y.min() == pytest.approx(near.up(np.array([9.5]))[0])


def test_a_log_axis_shows_only_what_is_above_zero() -> None:
    values = np.array([0.0, -1.0, 0.1, 10.0])
    series = Series(table_of(values), "ce", 0.0)
    series.update()
    extent = series.extent("step", log=True, ignore_outliers=False)
    assert extent is not None and (extent.low, extent.high) == (0.1, 10.0)
    pixels = Frame(0, 5, -1, 1, 100, 100, log=True).up(values)
    assert np.isnan(pixels[:2]).all() and pixels[2:].tolist() == [100.0, 0.0]


def test_outliers_can_be_left_out_of_the_view() -> None:
    values = np.concatenate([[1000.0], np.linspace(1, 2, 99)])
    series = Series(table_of(values), "ce", 0.0)
    series.update()
    plain = series.extent("step", log=False, ignore_outliers=False)
    trimmed = series.extent("step", log=False, ignore_outliers=True)
    assert plain is not None and plain.high == 1000.0
    assert trimmed is not None and trimmed.high < 2.1


def test_a_mean_counts_the_seeds_that_have_come_so_far() -> None:
    series = []
    for length, value in ((10, 1.0), (10, 3.0), (5, 5.0)):
        one = Series(table_of(np.full(length, value)), "ce", 0.0)
        one.update()
        series.append(one)
    found = mean_line(series, "step", np.array([3.0, 8.0, 11.0]))
    assert found is not None
    _, mean, spread = found
    assert mean[:2].tolist() == [3.0, 2.0] and math.isnan(mean[2])
    assert spread[:2].tolist() == pytest.approx([2.0, math.sqrt(2.0)])
    assert mean_line([], "step", np.array([1.0])) is None


def test_runs_that_stand_still_are_drawn_once(
    view: CurvesView, show: Callable[..., None], qtbot: QtBot
) -> None:
    still, live = history_of(np.linspace(5, 2, 500)), history_of(np.linspace(5, 3, 100))
    show({"still": still, "live": live}, live="live")
    layer = view.plot.layer
    view.grab()
    before = {kind: key for kind, (key, _) in layer._pictures.items()}
    grow(live, np.full(50, 3.0))
    view.refresh()
    view.grab()
    after = {kind: key for kind, (key, _) in layer._pictures.items()}
    assert after[False] == before[False] and after[True] != before[True]


def test_the_view_follows_until_the_user_zooms(view: CurvesView, show: Callable[..., None]) -> None:
    history = history_of(np.linspace(5, 2, 100))
    show({"a": history}, live="a")
    box = view.plot.item.vb
    assert box.viewRange()[0][1] >= 100
    grow(history, np.full(200, 2.0))
    view.refresh()
    assert box.viewRange()[0][1] >= 300
    box.setRange(xRange=(10, 20), yRange=(2, 3), padding=0)
    box.sigRangeChangedManually.emit([True, True])
    grow(history, np.full(200, 2.0))
    view.refresh()
    assert box.viewRange()[0] == [10, 20]
    view.bar.fit.click()
    assert box.viewRange()[0][1] >= 500 and view.plot.follows


def test_charts_that_come_beside_are_drawn_at_once(
    view: CurvesView, show: Callable[..., None], qtbot: QtBot
) -> None:
    # A finished run: nothing that comes later would draw it.
    view.bar.show_chart(CHARTS[0])
    show({"a": history_of(np.linspace(5, 2, 100))})
    view.set_layout(2)
    beside = view.panes[1]
    assert beside.view.chart is CHARTS[1]
    qtbot.waitUntil(beside.isVisible)
    assert not beside.curves["a"].is_empty
    assert beside.plot.item.vb.viewRange()[0][1] >= 100


def test_the_cursor_is_no_part_of_a_saved_chart(
    view: CurvesView, show: Callable[..., None], tmp_path: Path
) -> None:
    show({"a": history_of(np.linspace(5, 2, 100))})
    view.save_png(tmp_path / "without.png")
    view.pane.cursor_moved.emit(50.0)
    view.save_png(tmp_path / "with.png")
    assert (tmp_path / "with.png").read_bytes() == (tmp_path / "without.png").read_bytes()
    assert view.plot._cursor.isVisible()


def test_long_titles_keep_their_seeds_in_the_read_out(
    view: CurvesView, show: Callable[..., None]
) -> None:
    titles = [f"CE + audio-text matching of everything · seed {seed}" for seed in (42, 43)]
    show({title: history_of(np.linspace(5, 2, 100)) for title in titles})
    view.pane.cursor_moved.emit(50.0)
    text = view.pane.read_out.label.text()
    assert text.count("CE + audio-text") == 2
    assert "seed 42" in text and "seed 43" in text


def test_the_curve_nearest_to_the_mouse_stands_out(
    view: CurvesView, show: Callable[..., None]
) -> None:
    show({f"run {n}": history_of(np.full(100, float(n + 1))) for n in range(30)})

    def chosen(height: float) -> str:
        view.plot.mouse_y = height
        view.pane.cursor_moved.emit(50.0)
        rows = re.findall(r"<tr( bgcolor)?.*?&nbsp; (.*?)</td>", view.pane.read_out.label.text())
        return ", ".join(title for ground, title in rows if ground)

    assert (chosen(29.2), chosen(28.6), chosen(math.nan)) == ("run 28", "run 28", "")
    # However many there are, it is in the table.
    assert chosen(1.1) == "run 0"
    # As it looks on a logarithmic axis.
    low, high = (Reading("", "", False, 1.0, value, value, math.nan) for value in (1.0, 100.0))
    assert nearest([low, high], 20.0) == 0 and nearest([low, high], 20.0, log=True) == 1


def test_charts_share_cursor_and_zoom(view: CurvesView, show: Callable[..., None]) -> None:
    show({"a": history_of(np.linspace(5, 2, 100))})
    view.set_layout(4)
    assert len(view.panes) == 4 and len({pane.view.chart.key for pane in view.panes}) == 4
    view.pane.cursor_moved.emit(50.0)
    assert all(pane.plot._cursor.isVisible() for pane in view.panes)
    assert [pane.read_out.isVisible() for pane in view.panes].count(True) == 1
    view.pane.cursor_moved.emit(math.nan)
    assert not any(pane.plot._cursor.isVisible() for pane in view.panes)
    view.panes[1].x_zoomed.emit(20.0, 30.0)
    assert view.panes[2].plot.item.vb.viewRange()[0] == [20.0, 30.0]
    view.panes[2].activated.emit()
    view.bar.show_chart(CHARTS[6])
    assert view.panes[2].view.chart is CHARTS[6] and view.chart is CHARTS[6]
    view.set_layout(1)
    assert len(view.panes) == 1 and view.active == 0


def test_a_run_that_was_taken_back_is_drawn_anew(
    view: CurvesView, show: Callable[..., None]
) -> None:
    history = history_of(np.linspace(5, 2, 100))
    show({"a": history})
    series = view.curves["a"].training[0]
    history.steps.truncate(40)
    history.generation += 1
    history.version += 1
    view.refresh()
    assert view.curves["a"].training[0] is not series
    assert view.curves["a"].training[0].raw.size == 40


def test_switches_are_kept_for_the_next_session(view: CurvesView, studio: Studio) -> None:
    for button in (view.bar.log, view.bar.outliers, view.bar.averaged):
        button.click()
    view.bar.axis.set_data("elapsed")
    view.bar.smoothing.setValue(300)
    again = CurvesView(studio)
    assert again.bar.log.isChecked() and again.bar.averaged.isChecked()
    assert again.bar.axis.currentData() == "elapsed" and again.bar.weight == 0.3
    assert again.pane.view.ignore_outliers
    again.deleteLater()


def test_every_control_of_the_bar_has_a_name_and_takes_the_keyboard(view: CurvesView) -> None:
    bar = view.bar
    controls = (bar.tabs, bar.more, bar.smoothing, bar.axis, bar.log, bar.outliers, bar.averaged)
    for control in (*controls, bar.fit, bar.layouts, bar.export):
        assert control.accessibleName()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_a_single_value_is_a_dot(view: CurvesView) -> None:
    history = history_of(np.array([5.0]))
    view.show_runs({"a": Shown("a", "#0072B2", False, history)})
    frame = view.plot.layer.frame()
    strokes = view.curves["a"].strokes(frame)
    dots = [stroke for stroke in strokes if stroke.dots]
    assert len(dots) == 1 and dots[0].fill == "#0072B2"
    assert 0 < dots[0].x[0] < frame.width and 0 < dots[0].y[0] < frame.height
    grow(history, np.array([4.0]))
    view.refresh()
    assert not any(stroke.dots for stroke in view.curves["a"].strokes(frame))


def test_the_first_validation_of_seeds_is_a_dot(
    view: CurvesView, show: Callable[..., None]
) -> None:
    first, second = history_of(np.linspace(5, 4, 9)), history_of(np.array([]))
    first.validations.extend({"step": np.array([9.0]), "ce": np.array([3.0])})
    show({"first": first, "second": second})
    view.bar.averaged.setChecked(True)
    (band,) = view.pane.bands.values()
    frame = view.plot.layer.frame()
    dots = [stroke for stroke in band.strokes(frame) if stroke.dots]
    assert [dot.x.size for dot in dots] == [1]
    assert dots[0].y[0] == pytest.approx(frame.up(np.array([3.0]))[0])
    # The other seed has nothing to show yet.
    (reading,) = view.pane.readings(9.0)
    assert reading.title == "CE (1 seed)"


def test_a_saved_chart_has_its_axes_where_its_curves_are(
    view: CurvesView, show: Callable[..., None], tmp_path: Path
) -> None:
    history = history_of(np.linspace(5, 2, 100))
    show({"a": history})
    save_svg(view.pane, tmp_path / "chart.svg")
    svg = (tmp_path / "chart.svg").read_text()
    scales = {float(scale) for scale in re.findall(r"matrix\(([^,]*),0,0,", svg)}
    assert scales == {1.0}


def test_a_saved_chart_says_how_it_is_read(view: CurvesView, show: Callable[..., None]) -> None:
    history = history_of(np.linspace(5, 2, 100))
    show({"a": history})
    view.bar.smoothing.setValue(500)
    assert reading_of(view.pane) == "Thin: training, smoothed 0.500"
    history.validations.extend({"step": np.array([50.0]), "ce": np.array([3.0])})
    grow(history, np.array([2.0]))
    view.bar.smoothing.setValue(0)
    assert reading_of(view.pane) == "Thin: training; thick: validation"


def test_steps_are_written_in_full(view: CurvesView) -> None:
    axis = view.plot.item.getAxis("bottom")
    assert axis.tickStrings([0.0, 200_000.0, 1e6], 1.0, 2e5) == ["0", "200,000", "1,000,000"]
