"""Clip table of the Compare page: 6 systems x 5,000 clips must open within 1 s and not stall.

Run by hand: ``python tests/benchmarks/bench_compare.py``. Prints each time beside its limit, and
the ratio to a plain Qt table of the same size without marks and bars, taken in the same run.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("AAC_STUDIO_HOME", tempfile.mkdtemp())
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QTableView

import core.config  # noqa: F401  (before Qt, as the application does)
from app.application import make_application
from app.pages.compare.clips_tab import ClipsTab
from app.pages.compare.results import ResultsModel
from app.pages.compare.sort_and_filter import ClipFilter, Order
from app.pages.compare.work import Answers, ComparedClip, SystemId, Told
from app.studio import Studio

CLIPS, SYSTEMS = 5000, 6
OPEN_LIMIT, FRAME_LIMIT = 1.0, 0.05
SENTENCE = "a dog barks while rain falls on the roof and people talk near passing cars loudly"
WORDS = SENTENCE.split()


class PlainModel(QAbstractTableModel):
    """The same texts without anything else."""

    def __init__(self, rows: list[list[str]]) -> None:
        super().__init__()
        self._rows = rows

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return len(self._rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return SYSTEMS + 1

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        shown = role == Qt.ItemDataRole.DisplayRole
        return self._rows[index.row()][index.column()] if shown else None


def main() -> None:
    """Open, scroll, sort, filter; print times and ratios."""
    app = make_application()
    studio = Studio()
    draws = random.Random(0)
    texts = [
        [" ".join(draws.choices(WORDS, k=draws.randint(6, 14))) for _ in range(SYSTEMS)]
        for _ in range(CLIPS)
    ]
    clips = [_clip(number) for number in range(CLIPS)]
    systems = [SystemId(Path(f"{number}.safetensors")) for number in range(SYSTEMS)]
    answers = Answers()
    for clip, row in zip(clips, texts, strict=True):
        for system, text in zip(systems, row, strict=True):
            answers.put(system, clip.key, Told(text, text, -0.5))
    scores = {
        number: {"cider_d": {clip.key: draws.random() for clip in clips}}
        for number in range(SYSTEMS)
    }

    plain = QTableView()
    plain.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    names = [clip.title for clip in clips]
    rows = [[name, *row] for name, row in zip(names, texts, strict=True)]
    plain_model = PlainModel(rows)

    def open_plain() -> None:
        plain.setModel(plain_model)
        plain.resize(1200, 560)
        plain.show()
        app.processEvents()

    model = ResultsModel()
    made: list[ClipsTab] = []

    def open_ours() -> None:
        tab = ClipsTab(studio, model)
        made.append(tab)
        model.show_rows(systems, [f"system {n}" for n in range(SYSTEMS)], clips, answers)
        model.set_scores(scores)
        tab.scores_changed()
        tab.resize(1200, 560)
        tab.show()
        app.processEvents()

    base = _timed(open_plain)
    _report("open, plain Qt table", base)
    opening = _timed(open_ours)
    _report("open, clip table", opening, OPEN_LIMIT)
    print(f"{'ratio':32} {opening / base:8.1f}")
    tab = made[0]
    plain_frames = _scroll(plain, app.processEvents)
    frames = _scroll(tab.table, app.processEvents)
    _report("scroll, plain, median frame", statistics.median(plain_frames))
    _report("scroll, median frame", statistics.median(frames), FRAME_LIMIT)
    _report("scroll, 99th percentile", float(np.percentile(frames, 99)), FRAME_LIMIT)
    ratio = statistics.median(frames) / statistics.median(plain_frames)
    print(f"{'ratio of medians':32} {ratio:8.1f}")

    def arrange(order: Order, chosen: ClipFilter) -> Callable[[], None]:
        def act() -> None:
            model.order, model.filter = order, chosen
            model.rearrange()
            app.processEvents()

        return act

    _report("sort by gain", _timed(arrange(Order("gain", True), ClipFilter())), OPEN_LIMIT)
    _report("sort by disagreement", _timed(arrange(Order("disagreement", True), ClipFilter())))
    _report("search", _timed(arrange(Order(), ClipFilter(words=("dog", "rain")))), OPEN_LIMIT)
    tab.close()
    plain.close()
    studio.jobs.stop_all()
    studio.jobs.shut_down()


def _clip(number: int) -> ComparedClip:
    def nothing(rate: int = 16_000) -> tuple[np.ndarray, int]:
        return np.zeros(rate, np.float32), rate

    references = tuple(f"a dog barks {number} times, says person {n}" for n in range(5))
    return ComparedClip(
        f"k{number}", f"clip-{number:05}.wav", nothing, nothing, references, ("dog",), 1.0
    )


def _scroll(table: QTableView, process: Callable[[], None]) -> list[float]:
    """Scroll through the table in 200 jumps; return the seconds of each until it is drawn."""
    bar = table.verticalScrollBar()
    frames = []
    for step in range(200):
        began = time.perf_counter()
        bar.setValue(round(bar.maximum() * step / 200))
        table.viewport().repaint()
        process()
        frames.append(time.perf_counter() - began)
    return frames


def _timed(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _report(what: str, seconds: float, limit: float = 0.0) -> None:
    against = f"  limit {1000 * limit:.0f} ms" if limit else ""
    mark = "  TOO SLOW" if limit and seconds > limit else ""
    print(f"{what:32} {1000 * seconds:8.1f} ms{against}{mark}")


if __name__ == "__main__":
    main()
