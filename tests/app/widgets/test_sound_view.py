from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetrics, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.palette import DARK, LIGHT
from app.widgets.colour_bar import COLOUR_MAPS, TEXT_LEFT, lookup_table
from app.widgets.sound_view import SoundView, make_sound_picture
from app.widgets.spectrogram_image import make_spectrogram_image
from app.widgets.time_plot import TimePlot
from core.audio.envelope import Envelope

RATE = 16_000


def tone(seconds: float = 4.0, hertz: float = 2000.0, amplitude: float = 0.5) -> np.ndarray:
    """Silence, then a sine from the middle on."""
    time = np.arange(round(seconds * RATE)) / RATE
    wave = amplitude * np.sin(2 * np.pi * hertz * time)
    return (wave * (time >= seconds / 2)).astype(np.float32)


@pytest.fixture
def view(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundView]:
    # The scene takes a hundred moves of the pointer a second; tests are faster than hands.
    monkeypatch.setitem(pg.CONFIG_OPTIONS, "mouseRateLimit", 0)
    widget = SoundView(LIGHT)
    qtbot.addWidget(widget)
    widget.resize(900, 400)
    widget.show()
    widget.show_picture(make_sound_picture(tone(), RATE))
    QApplication.processEvents()
    yield widget
    widget.hide()


def pixel(plot: TimePlot, seconds: float, height: float) -> QPoint:
    """Return where a time and an axis position stand in the widget."""
    point = plot.getPlotItem().getViewBox().mapViewToScene(QPointF(seconds, height))
    return plot.mapFromScene(point)


def test_pointer_reads_seconds_hertz_and_decibels(view: SoundView, qtbot: QtBot) -> None:
    view.set_scale("linear")
    plot = view.spectrogram
    read: list[tuple[float, float, float]] = []
    view.hovered.connect(lambda *values: read.append(values))
    place = plot.position_of(3.0, 2000.0)
    qtbot.mouseMove(plot.viewport(), pixel(plot, *place))
    seconds, hertz, level = read[-1]
    assert seconds == pytest.approx(3.0, abs=0.01)
    assert hertz == pytest.approx(2000.0, abs=40.0)
    # A sine of amplitude 0.5 is 6 dB below full scale.
    assert level == pytest.approx(-6.0, abs=1.5)
    assert view.read_out.text().startswith(f"{seconds:.3f} s   {hertz:.0f} Hz   −")
    qtbot.mouseMove(plot.viewport(), pixel(plot, *plot.position_of(1.0, 2000.0)))
    assert read[-1][2] == pytest.approx(-120.0)
    with qtbot.waitSignal(view.left):
        plot.leaveEvent(QEvent(QEvent.Type.Leave))
    assert view.read_out.text() == ""


@pytest.mark.parametrize("scale", ["linear", "log", "mel"])
def test_a_frequency_stands_at_its_tick_on_every_scale(view: SoundView, scale: str) -> None:
    view.set_scale(scale)  # type: ignore[arg-type]
    plot = view.spectrogram
    axis = plot.getPlotItem().getAxis("left")
    positions = axis.tickValues(0.0, 1.0, 300)[0][1]
    labels = axis.tickStrings(positions, 1.0, 1.0)
    assert "2 kHz" in labels
    place = positions[labels.index("2 kHz")]
    assert place == pytest.approx(plot.position_of(0.0, 2000.0)[1])
    # The tone is the brightest row of the image, at that same height.
    image = plot._image.image
    row = int(np.argmax(image[:, image.shape[1] * 3 // 4]))
    assert (row + 0.5) / len(image) == pytest.approx(place, abs=0.02)
    assert len(axis.tickValues(0.4, 0.6, 300)[0][1]) >= 2


def turn_wheel(
    plot: TimePlot,
    turn: QPoint,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Turn the wheel in the middle of a plot."""
    where = plot.viewport().rect().center()
    event = QWheelEvent(
        QPointF(where),
        QPointF(plot.mapToGlobal(where)),
        QPoint(0, 0),
        turn,
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(plot.viewport(), event)


@pytest.mark.parametrize(
    ("turn", "modifiers"),
    [
        (QPoint(-120, 0), Qt.KeyboardModifier.NoModifier),
        (QPoint(0, -120), Qt.KeyboardModifier.ShiftModifier),
    ],
)
def test_wheel_scrolls_sideways_and_stays_in_the_sound(
    view: SoundView, turn: QPoint, modifiers: Qt.KeyboardModifier
) -> None:
    plot = view.spectrogram
    plot.getPlotItem().setXRange(1.0, 2.0, padding=0)
    turn_wheel(plot, turn, modifiers)
    assert plot.time_range() == pytest.approx((1.1, 2.1))
    turn_wheel(view.waveform, -turn, modifiers)
    assert plot.time_range() == pytest.approx((1.0, 2.0), abs=0.01)
    for _ in range(30):
        turn_wheel(plot, turn, modifiers)
    assert plot.time_range() == pytest.approx((3.0, 4.0), abs=0.01)


def press(view: SoundView, qtbot: QtBot, *keys: Qt.Key, shift: bool = False) -> None:
    held = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    for key in keys:
        qtbot.keyClick(view.waveform, key, held)


def test_keys_move_the_playhead_select_zoom_and_turn_pages(view: SoundView, qtbot: QtBot) -> None:
    sought: list[float] = []
    view.sought.connect(sought.append)
    press(view, qtbot, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left)
    assert sought == pytest.approx([0.04, 0.08, 0.04])
    press(view, qtbot, Qt.Key.Key_Right, Qt.Key.Key_Right, shift=True)
    assert view.selection == pytest.approx((0.04, 0.12))
    press(view, qtbot, Qt.Key.Key_Left, shift=True)
    assert view.selection == pytest.approx((0.04, 0.08))
    press(view, qtbot, Qt.Key.Key_End, shift=True)
    assert view.selection == pytest.approx((0.04, 4.0))
    press(view, qtbot, Qt.Key.Key_Home)
    assert view.selection is None and view.playhead == 0.0
    press(view, qtbot, Qt.Key.Key_Plus, Qt.Key.Key_Plus)
    assert view.spectrogram.time_range() == pytest.approx((0.0, 1.0))
    press(view, qtbot, Qt.Key.Key_PageDown)
    assert view.spectrogram.time_range() == pytest.approx((1.0, 2.0))
    # The playhead is brought into view again by what moves it.
    press(view, qtbot, Qt.Key.Key_Right)
    assert view.playhead == pytest.approx(0.01)
    assert view.spectrogram.time_range() == pytest.approx((0.01, 1.01))
    press(view, qtbot, Qt.Key.Key_Minus, Qt.Key.Key_Minus, Qt.Key.Key_Minus)
    assert view.spectrogram.time_range() == pytest.approx((0.0, 4.0))
    view.show_picture(None)
    press(view, qtbot, Qt.Key.Key_Right, Qt.Key.Key_End)
    assert view.playhead is None


def test_tab_key_stops_once_at_the_plots_and_shows_it(view: SoundView) -> None:
    view.activateWindow()
    view.spectrogram.setFocus()
    view.waveform.setFocus(Qt.FocusReason.TabFocusReason)
    box = view.waveform.getPlotItem().getViewBox()
    assert box.border.color().name() == LIGHT.accent.lower()
    view.waveform.clearFocus()
    assert box.border.style() == Qt.PenStyle.NoPen
    view.waveform.setFocus(Qt.FocusReason.MouseFocusReason)
    assert box.border.style() == Qt.PenStyle.NoPen
    assert not view.spectrogram.focusPolicy() & Qt.FocusPolicy.TabFocus


@pytest.mark.parametrize("height", [36, 60, 140, 400])
def test_labels_of_the_amplitude_do_not_touch(view: SoundView, height: int) -> None:
    axis = view.waveform.getPlotItem().getAxis("left")
    for peak in (1.0, 0.5, 0.27, 0.003):
        low, high = -1.1 * peak, 1.1 * peak
        pixel_height = (high - low) / height
        (_, ticks) = axis.tickValues(low, high, height)[0]
        assert 2 <= len(ticks) <= 7
        assert all(b - a >= 11.9 * pixel_height for a, b in itertools.pairwise(ticks))
        # A label at the edge would be cut.
        assert max(ticks) <= high - 5.9 * pixel_height
        assert min(ticks) >= low + 5.9 * pixel_height


def test_levels_beside_the_colours_keep_off_the_edge(view: SoundView) -> None:
    metrics = QFontMetrics(view.bar._font())
    right = TEXT_LEFT + metrics.horizontalAdvance("−140")
    assert view.bar.width() - right >= 8


def test_wheel_zooms_both_plots_around_the_pointer(view: SoundView) -> None:
    plot = view.spectrogram
    centre = (
        plot.getPlotItem().getViewBox().mapSceneToView(QPointF(plot.viewport().rect().center()))
    )
    turn_wheel(plot, QPoint(0, 480))
    start, end = plot.time_range()
    assert end - start < 3.9
    again = plot.getPlotItem().getViewBox().mapSceneToView(QPointF(plot.viewport().rect().center()))
    assert again.x() == pytest.approx(centre.x(), abs=0.02)
    assert view.waveform.time_range() == pytest.approx((start, end), abs=0.02)
    assert plot.getPlotItem().getViewBox().viewRange()[1] == pytest.approx([0.0, 1.0])
    view.fit()
    assert plot.time_range() == pytest.approx((0.0, 4.0))


def drag(qtbot: QtBot, plot: TimePlot, start: float, end: float, shift: bool = False) -> None:
    keys = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    port, button = plot.viewport(), Qt.MouseButton.LeftButton
    height = 0.5 if plot.getPlotItem().getViewBox().viewRange()[1][0] == 0 else 0.2
    shares = (0.0, 0.3, 0.6, 1.0)
    points = [pixel(plot, start + share * (end - start), height) for share in shares]
    qtbot.mousePress(port, button, keys, points[0])
    for point in points[1:]:
        _move(port, point, keys)
    qtbot.mouseRelease(port, button, keys, points[-1])


def _move(port: QWidget, point: QPoint, keys: Qt.KeyboardModifier) -> None:
    left = Qt.MouseButton.LeftButton
    place = QPointF(point)
    spot = QPointF(port.mapToGlobal(point))
    event = QMouseEvent(QEvent.Type.MouseMove, place, spot, Qt.MouseButton.NoButton, left, keys)
    QApplication.sendEvent(port, event)


def test_dragging_the_waveform_selects(view: SoundView, qtbot: QtBot) -> None:
    drag(qtbot, view.waveform, 1.0, 2.5)
    assert view.selection == pytest.approx((1.0, 2.5), abs=0.02)
    assert view.spectrogram._selection.isVisible()
    # A new drag inside the range starts a new one.
    drag(qtbot, view.waveform, 2.2, 1.4)
    assert view.selection == pytest.approx((1.4, 2.2), abs=0.02)


def test_dragging_the_spectrogram_pans_and_with_shift_selects(
    view: SoundView, qtbot: QtBot
) -> None:
    plot = view.spectrogram
    plot.getPlotItem().setXRange(1.0, 2.0, padding=0)
    drag(qtbot, plot, 1.5, 1.2)
    assert view.selection is None
    assert plot.time_range() == pytest.approx((1.3, 2.3), abs=0.01)
    drag(qtbot, plot, 1.4, 1.9, shift=True)
    assert view.selection == pytest.approx((1.4, 1.9), abs=0.02)


def test_click_seeks_and_clears_the_selection(view: SoundView, qtbot: QtBot) -> None:
    view.select(1.0, 2.0)
    with qtbot.waitSignal(view.sought) as signal:
        where = pixel(view.spectrogram, 3.0, 0.5)
        qtbot.mouseClick(view.spectrogram.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert signal.args == [pytest.approx(3.0, abs=0.01)]
    assert view.selection is None


def test_close_view_asks_for_finer_columns_and_shows_them(view: SoundView, qtbot: QtBot) -> None:
    plot = view.spectrogram
    assert plot.content is not None
    with qtbot.waitSignal(plot.detail_wanted) as signal:
        plot.getPlotItem().setXRange(1.9, 2.1, padding=0)
    start, end, column = signal.args
    assert start == pytest.approx(1.8)
    assert end == pytest.approx(2.2)
    assert column < plot.content.column_seconds / 10
    first, last = int(start * RATE), int(end * RATE)
    plot.show_detail(make_spectrogram_image(tone()[first:last], RATE, first / RATE, column))
    fine = plot._fine_image
    assert fine.isVisible()
    box = fine.mapRectToParent(fine.boundingRect())
    assert box.left() == pytest.approx(1.8, abs=0.001)
    # The tone sets in at 2 s in the finer columns, too: the level is half-way up there.
    row = int(np.argmax(fine.image[:, -1]))
    power = 10 ** (fine.image[row] / 10)
    onset = int(np.argmax(power > power[-1] / 4))
    assert box.left() + onset * box.width() / len(power) == pytest.approx(2.0, abs=0.005)
    plot.fit()
    qtbot.waitUntil(lambda: not fine.isVisible())


def test_view_follows_the_playhead(view: SoundView) -> None:
    view.spectrogram.getPlotItem().setXRange(0.0, 1.0, padding=0)
    view.set_playhead(0.5)
    assert view.spectrogram.time_range() == pytest.approx((0.0, 1.0))
    view.set_playhead(1.2)
    assert view.spectrogram.time_range() == pytest.approx((1.2, 2.2))


def test_levels_are_automatic_until_they_are_chosen(view: SoundView) -> None:
    low, high = view.spectrogram.levels
    assert high == pytest.approx(-6.0, abs=2.0)
    assert 20.0 <= high - low <= 81.0
    view.auto_levels = False
    view.set_levels(-70.0, -20.0)
    view.show_picture(make_sound_picture(tone(amplitude=0.01), RATE))
    assert view.spectrogram.levels == (-70.0, -20.0)
    assert "-70 dB" in view.bar.toolTip()


def test_nothing_and_very_short_sounds_are_shown(view: SoundView) -> None:
    view.show_picture(None)
    assert view.spectrogram.content is None
    for length in (1, 2, 300):
        view.show_picture(make_sound_picture(np.full(length, 0.1, np.float32), RATE))
        assert view.spectrogram.duration == pytest.approx(length / RATE)
    view.set_colours(DARK)
    assert not view.grab().isNull()


def test_silence_has_a_range_to_show_and_is_dark() -> None:
    image = make_spectrogram_image(np.zeros(RATE, np.float32), RATE)
    low, high = image.auto_levels
    assert low < high
    assert image.drawn("mel").max() <= low


def test_envelope_keeps_every_peak() -> None:
    samples = np.zeros(RATE * 10, np.float32)
    samples[[12_345, 99_999]] = 0.9, -0.8
    envelope = Envelope.of(samples, RATE)
    for columns in (50, 500, 5000):
        x, y = envelope.between(0.0, 10.0, columns)
        assert y.max() == pytest.approx(0.9)
        assert y.min() == pytest.approx(-0.8)
        assert x[int(np.argmax(y))] == pytest.approx(12_345 / RATE, abs=10.0 / columns)
        assert len(x) == len(y) <= 2 * columns
    x, y = envelope.between(0.771, 0.772, 800)
    assert len(x) < 30
    assert x[int(np.argmax(y))] == pytest.approx(12_345 / RATE)


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_colour_maps_run_evenly_from_dark_to_light(name: str) -> None:
    table = lookup_table(name)
    assert table.shape == (256, 3)
    assert table.dtype == np.uint8
    luminance = table @ np.array([0.299, 0.587, 0.114])
    steps = np.diff(luminance if name != "inverse grey" else luminance[::-1])
    assert (steps > -1.5).all()
    assert luminance.max() - luminance.min() > 180
