"""What costs a while to learn of a file, learnt once as long as the file does not change."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")

_MOST_KEPT = 4096


class MeasuredFiles(Generic[T]):
    """Answers about files, those asked for last; may be asked in any thread.

    Threads that ask for the same file at once wait for one answer. Failures are not kept.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, Future[T]] = OrderedDict()

    def get(self, path: Path, measure: Callable[[Path], T]) -> T:
        """Return what `measure` says of a file, or said when it was asked before."""
        about = path.stat()
        key = (path, about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns)
        with self._lock:
            known = self._answers.get(key)
            answer = self._answers[key] = Future() if known is None else known
            self._answers.move_to_end(key)
            while len(self._answers) > _MOST_KEPT:
                self._answers.popitem(last=False)
        if known is None:
            try:
                answer.set_result(measure(path))
            except BaseException as error:
                with self._lock:
                    self._answers.pop(key, None)
                answer.set_exception(error)
        return answer.result()

    def clear(self) -> None:
        """Forget every answer."""
        with self._lock:
            self._answers.clear()
