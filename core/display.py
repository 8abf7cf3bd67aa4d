"""Whether a window can be opened here: asked before Qt is imported, since Qt ends the process."""

from __future__ import annotations

import ctypes
import os
import sys

_WITHOUT_SCREEN = ("offscreen", "minimal", "minimalegl", "vnc", "linuxfb", "eglfs")
# What Qt's plugin for X11 links beyond what every desktop has, with Debian's package names.
_X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}


def display_problem() -> str:
    """Say in one sentence why no window can be opened here and what to do, or return ""."""
    if sys.platform in ("win32", "darwin", "cygwin"):
        return ""
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0].split(";")[0]
    if platform in _WITHOUT_SCREEN:
        return ""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "There is no display for the window."
    if os.environ.get("WAYLAND_DISPLAY") and platform != "xcb":
        return ""
    missing = [package for library, package in _X11_LIBRARIES.items() if not _loads(library)]
    if missing:
        return (
            f"The window needs {', '.join(missing)}; on Debian and Ubuntu install them with "
            f"'apt install {' '.join(missing)}'."
        )
    if os.environ.get("DISPLAY") and not _x_server_answers():
        return f"The display '{os.environ['DISPLAY']}' (DISPLAY) cannot be reached."
    return ""


def _x_server_answers() -> bool:
    """Connect as Qt will: it ends the process where nothing answers, or refuses the access."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    try:
        return xcb.xcb_connection_has_error(connection) == 0
    finally:
        xcb.xcb_disconnect(connection)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
