"""One bar at a time on a terminal, and lines that do not get into its way."""

from __future__ import annotations

import sys
from types import TracebackType

from tqdm import tqdm


class ProgressBar:
    """The bar of the present phase; a context manager that leaves no bar behind.

    Bars go to standard error and only where that is a terminal: a log file keeps the lines alone.
    """

    def __init__(self) -> None:
        self._bar: tqdm[None] | None = None
        self._title = ""

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def move(self, title: str, done: int, total: int | None = None, message: str = "") -> None:
        """Show `done` of `total`; a new title begins a new bar."""
        if self._bar is None or title != self._title:
            self.close()
            self._title = title
            self._bar = tqdm(desc=title, total=total, leave=False, disable=None, file=sys.stderr)
        self._bar.total = total
        self._bar.set_postfix_str(message, refresh=False)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def line(self, text: str) -> None:
        """Print a line that stays."""
        if self._bar is not None:
            self._bar.clear()
        print(text, flush=True)

    def warn(self, text: str) -> None:
        """Tell what is not as it should be, on standard error."""
        if self._bar is not None:
            self._bar.clear()
        print(f"Warning: {text}", file=sys.stderr, flush=True)
