"""The axis of time."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.widgets.time_axis import TimeAxis, clock_step


def test_steps_are_round_and_leave_room_for_the_labels() -> None:
    assert clock_step(3600.0, 840.0) == 600
    assert clock_step(30.0, 840.0) == 5
    assert clock_step(2.0, 840.0) is None


def test_long_sounds_have_ticks_at_round_minutes(qtbot: QtBot) -> None:
    axis = TimeAxis()
    assert axis.labelText == "Time (s)"
    axis.set_duration(2208.0)
    assert axis.labelText == "Time"
    ((step, places),) = axis.tickValues(0.0, 2208.0, 820.0)
    assert axis.tickStrings(places, 1.0, step)[:3] == ["0:00", "5:00", "10:00"]
    axis.set_duration(10.0)
    assert axis.tickStrings([2.0], 1.0, 1.0) == ["2"]
