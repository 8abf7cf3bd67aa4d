"""Making the application: fonts, number format, theme, window, and the engine's warm-up."""

from __future__ import annotations

import locale
import signal
import sys

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app.collector import Collector
from app.errors import ErrorReporter, start_logging
from app.studio import Studio
from app.window import MainWindow
from core.preload import load_engine

WARM_UP_MS = 1500


def make_application() -> QApplication:
    """Return the QApplication, made with our style, font size and number format."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        app = existing
    else:
        QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
            Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
        )
        app = QApplication(sys.argv[:1])
    # Qt adopts the user's locale; with a decimal comma, C libraries would misread every number.
    locale.setlocale(locale.LC_NUMERIC, "C")
    app.setApplicationName("AAC Studio")
    app.setDesktopFileName("aac-studio")
    app.setStyle("Fusion")
    font = app.font()
    font.setPixelSize(13)
    app.setFont(font)
    # The GUI thread waits this long at most for a worker to let go of the interpreter.
    sys.setswitchinterval(0.001)
    return app


def make_window() -> MainWindow:
    """Return the window with its studio, not yet shown."""
    studio = Studio()
    window = MainWindow(studio)
    studio.setParent(window)
    return window


def first_page(window: MainWindow) -> None:
    """Show the page of the last session, Train at first."""
    window.show_page(str(window.studio.settings.value("page", "train")))


def run() -> int:
    """Show the window and stay until it is closed. Returns the exit code."""
    app = make_application()
    start_logging()
    window = make_window()
    reporter = ErrorReporter(window)
    reporter.install()
    window.studio.jobs.unhandled.connect(reporter.show_error)
    first_page(window)
    window.show()
    QTimer.singleShot(0, window.status_line.measure_storage)
    QTimer.singleShot(WARM_UP_MS, lambda: warm_up(window.studio))
    close_on_signals(window)
    collector = Collector(window)
    collector.start()
    code = app.exec()
    window.studio.jobs.shut_down()
    collector.stop()
    return code


def close_on_signals(window: MainWindow) -> None:
    """Ctrl+C in the terminal closes like the window's own button; a polite kill saves first."""
    signal.signal(signal.SIGINT, lambda *_: window.close())
    signal.signal(signal.SIGTERM, lambda *_: window.stop_and_close())


def warm_up(studio: Studio) -> None:
    """Load the engine in a worker thread, so that the first start does not wait for it."""
    # What is missing is told when it is used, in the page that uses it.
    studio.jobs.run_quick(
        load_engine, lambda _none: studio.engine_ready.emit(), lambda *_: None, studio
    )
