"""Defects: into the log always, before the user once, with a traceback to copy."""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import sys
import threading
import traceback
from logging.handlers import RotatingFileHandler
from types import TracebackType

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from core import paths
from core.errors import StudioError

_log = logging.getLogger("aac_studio")


def sentence_of(error: BaseException) -> str:
    """Return the sentence that a user reads about an error."""
    if isinstance(error, StudioError):
        return str(error)
    return f"Something unexpected went wrong: {type(error).__name__}: {error}".rstrip(": ")


def details_of(error: BaseException) -> str:
    """Return the whole traceback as text."""
    return "".join(traceback.format_exception(error))


def log_file() -> str:
    """Return the path of the application's log."""
    return str(paths.logs_dir() / "aac-studio.log")


def start_logging() -> None:
    """Send warnings, errors and native crashes to files in the log folder."""
    with contextlib.suppress(OSError):
        handler = RotatingFileHandler(log_file(), maxBytes=1_000_000, backupCount=2)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        _log.addHandler(handler)
        _log.setLevel(logging.INFO)
        crash = (paths.logs_dir() / "crash.log").open("a")
        faulthandler.enable(crash)


class ErrorReporter(QObject):
    """Catches what nobody caught, in any thread, and shows it without stopping the window."""

    _caught = Signal(str, str)

    def __init__(self, window: QWidget | None = None) -> None:
        super().__init__(window)
        self._window = window
        self._seen: set[str] = set()
        self._caught.connect(self.show_error)

    def install(self) -> None:
        """Become the hook of the interpreter and of all its threads."""
        sys.excepthook = self._hook
        threading.excepthook = self._thread_hook

    def show_error(self, sentence: str, details: str) -> None:
        """Log an error and show it; the same one is shown only once."""
        _log.error("%s\n%s", sentence, details)
        key = details.strip().splitlines()[-1] if details.strip() else sentence
        if key in self._seen:
            return
        self._seen.add(key)
        show_error(self._window, sentence, details)

    def _hook(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        self._report(error)

    def _thread_hook(self, report: threading.ExceptHookArgs) -> None:
        if report.exc_value is not None and not isinstance(report.exc_value, SystemExit):
            self._report(report.exc_value)

    def _report(self, error: BaseException) -> None:
        with contextlib.suppress(RuntimeError):
            self._caught.emit(sentence_of(error), details_of(error))


def show_error(parent: QWidget | None, sentence: str, details: str) -> QMessageBox:
    """Open a dialog with a sentence and, behind a button, the traceback; does not block."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("AAC Studio")
    box.setText(sentence)
    box.setInformativeText(f"The window goes on working. The log is in {log_file()}.")
    if details:
        box.setDetailedText(details)
    box.setStandardButtons(QMessageBox.StandardButton.Close)
    box.open()
    return box
