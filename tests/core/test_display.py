"""Whether a window can be opened, and the sentence when it cannot."""

from __future__ import annotations

import sys

import pytest

from core import display


@pytest.fixture(autouse=True)
def bare_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(display, "_loads", lambda library: True)
    monkeypatch.setattr(display, "_x_server_answers", lambda: True)


@pytest.mark.parametrize(
    ("variables", "possible"),
    [
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"QT_QPA_PLATFORM": "offscreen"}, True),
        ({"QT_QPA_PLATFORM": "vnc:size=800x600"}, True),
        ({"QT_QPA_PLATFORM": "xcb"}, False),
        ({}, False),
    ],
)
def test_a_screen_is_looked_for_on_linux(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], possible: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (display.display_problem() == "") is possible


def test_other_systems_always_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert display.display_problem() == ""


def test_missing_libraries_are_named_before_qt_ends_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(display, "_loads", lambda library: "cursor" not in library)
    monkeypatch.setenv("DISPLAY", ":0")
    assert "apt install libxcb-cursor0" in display.display_problem()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert display.display_problem() == ""


def test_a_display_where_nothing_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "_x_server_answers", lambda: False)
    monkeypatch.setenv("DISPLAY", ":99")
    assert display.display_problem() == "The display ':99' (DISPLAY) cannot be reached."


@pytest.mark.skipif(sys.platform != "linux", reason="X11 is Linux's")
def test_an_absent_server_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("DISPLAY", ":4999")
    assert not display._x_server_answers()


def test_a_library_is_really_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert display._loads("libc.so.6") is (sys.platform == "linux")
    assert not display._loads("libnothing-of-this-name.so.9")
