"""How smooth the Library page stays: the longest time the window does not answer.

Run by hand: ``PYTHONPATH=. python tests/benchmarks/bench_library.py [FILES]``. A folder
of short sounds is checked (5,000 by default) while a timer ticks every 5 ms; then 100,000 clips are
searched and sorted in the clips view.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

TICK_MS = 5


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["AAC_STUDIO_HOME"] = str(Path(scratch) / "home")
        _measure(Path(scratch), files)


def _measure(scratch: Path, files: int) -> None:
    import numpy as np
    import psutil
    import soundfile

    import core.config  # noqa: F401  (before Qt, as the application does)
    from app.application import make_application

    application = make_application()
    from PySide6.QtCore import QElapsedTimer, QEventLoop, Qt, QTimer

    from app.pages.library.dataset_facts import ClipRecord, DatasetFacts
    from app.pages.library.page import LibraryPage
    from app.studio import Studio
    from core.data.check_report import last_report
    from core.data.clips import Clip
    from core.data.places import remember_own

    folder = scratch / "sounds"
    folder.mkdir()
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000)
    rows = ["file,caption"]
    for number in range(files):
        soundfile.write(folder / f"{number}.wav", np.roll(noise, number), 8_000)
        rows.append(f"{number}.wav,a dog number {number} barks in the rain")
    (folder / "captions.csv").write_text("\n".join(rows), encoding="utf-8")
    remember_own("many", folder)

    studio = Studio()
    page = LibraryPage(studio)
    page.resize(1200, 660)
    page.show()
    tab = page.datasets
    clock, gaps = QElapsedTimer(), [0.0]
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(TICK_MS)

    def tick() -> None:
        gaps.append(clock.nsecsElapsed() / 1e6 - TICK_MS)
        clock.restart()

    timer.timeout.connect(tick)

    def wait(done: Callable[[], bool]) -> tuple[float, float]:
        """Run the window until `done`; return seconds and the longest gap in ms."""
        gaps.clear()
        clock.start()
        timer.start()
        began = time.perf_counter()
        loop = QEventLoop()
        while not done():
            loop.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        timer.stop()
        return time.perf_counter() - began, max(gaps, default=0.0)

    wait(lambda: bool(tab.table.records()))
    tab.choose("many")
    memory = psutil.Process().memory_info().rss
    tab.works.check("many", "many", listen=True)
    seconds, gap = wait(lambda: not tab.works.of("many") and last_report("many") is not None)
    grown = (psutil.Process().memory_info().rss - memory) / 1e6
    print(f"{files:,} files checked in {seconds:.1f} s: longest gap {gap:.0f} ms, {grown:+.0f} MB")
    tab.show_view("clips")
    seconds, gap = wait(lambda: tab.facts is not None)
    print(f"their clips read in {seconds:.1f} s: longest gap {gap:.0f} ms")

    dataset = tab.facts.clips[0].dataset if tab.facts else None
    assert dataset is not None
    clips = tuple(
        ClipRecord(
            Clip(f"c{n}", (f"a dog barks {n} times",), 1.0 + n % 30),
            "train",
            dataset,
            f"c{n} train a dog barks {n} times",
        )
        for n in range(100_000)
    )
    tab.clips.show_facts(DatasetFacts("many", (), clips, (), ()))
    header = tab.clips.table.horizontalHeader()
    for name, act in (
        ("searched", lambda: tab.clips.search.setText("barks 77")),
        ("sorted", lambda: header.setSortIndicator(2, Qt.SortOrder.DescendingOrder)),
    ):
        began = time.perf_counter()
        act()
        application.processEvents()
        print(f"100,000 clips {name} in {1000 * (time.perf_counter() - began):.0f} ms")
    studio.jobs.stop_all()
    studio.jobs.shut_down()
    page.close()


if __name__ == "__main__":
    main()
