"""Garbage that holds Qt objects is destroyed in the GUI thread, whoever allocates."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.collector import Collector


class Knot:
    """Part of a cycle; remembers which thread destroyed it."""

    def __init__(self, ends: list[int]) -> None:
        self.ends, self.me = ends, self

    def __del__(self) -> None:
        self.ends.append(threading.get_ident())


@pytest.fixture
def collector(qapp: object) -> Iterator[Collector]:
    made = Collector()
    made.start()
    yield made
    made.stop()


def test_a_worker_that_allocates_much_destroys_nothing(collector: Collector, qtbot: QtBot) -> None:
    ends: list[int] = []

    def work() -> None:
        kept = [[number] for number in range(100_000)]
        assert len(kept) == 100_000

    knot = weakref.ref(Knot(ends))
    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    assert knot() is not None and not ends
    kept = [[number] for number in range(10_000)]
    qtbot.waitUntil(lambda: knot() is None)
    assert ends == [threading.get_ident()] and kept


def test_it_keeps_to_the_thresholds_and_gives_back(collector: Collector) -> None:
    assert not gc.isenabled()
    gc.collect()
    assert collector.collect() == -1
    kept = [[number] for number in range(2 * gc.get_threshold()[0])]
    assert collector.collect() == 0
    for _ in range(gc.get_threshold()[1] + 1):
        gc.collect(0)
    kept += [[number] for number in range(2 * gc.get_threshold()[0])]
    assert collector.collect() == 1
    collector.stop()
    assert gc.isenabled()
