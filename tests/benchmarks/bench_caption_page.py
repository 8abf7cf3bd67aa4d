"""From the drop of a 30 s stereo file to its painted spectrogram, and what follows. By hand.

QT_QPA_PLATFORM=offscreen python tests/benchmarks/bench_caption_page.py
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
HOME = tempfile.TemporaryDirectory()
os.environ["AAC_STUDIO_HOME"] = HOME.name

import numpy as np  # noqa: E402
import soundfile  # noqa: E402
from PySide6.QtCore import QEventLoop  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

import core.config  # noqa: F401, E402  (before Qt, as the application does)
from app.application import make_application  # noqa: E402
from app.pages.caption.page import CaptionPage  # noqa: E402
from app.studio import Studio  # noqa: E402

RATE, SECONDS, REPEATS = 44_100, 30, 15


def milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    app = make_application()
    studio = Studio()
    page = CaptionPage(studio)
    page.resize(1200, 665)
    page.show()
    noise = np.random.default_rng(0).normal(0, 0.1, (RATE * SECONDS, 2)).astype(np.float32)
    files = []
    for number in range(REPEATS):
        files.append(Path(HOME.name, f"noise-{number}.wav"))
        soundfile.write(files[-1], noise, RATE)

    def settle(ready: Callable[[], bool]) -> None:
        while not ready():
            # Waiting, not spinning: the worker needs the interpreter.
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

    def open_file(path: Path) -> None:
        page.open_paths([path])
        settle(lambda: page.list.current_path() == path and page.stage.sound is not None)
        page.stage.view.spectrogram.viewport().repaint()
        page.stage.view.waveform.viewport().repaint()

    drops = [milliseconds(lambda path=path: open_file(path)) for path in files]
    print(f"drop to painted spectrogram, first     {drops[0]:7.1f} ms")
    print(f"drop to painted spectrogram, median    {statistics.median(drops):7.1f} ms")

    view = page.stage.view.spectrogram

    def zoom(step: int) -> None:
        view.getPlotItem().setXRange(step * 0.1, 20 + step * 0.2, padding=0)
        view.viewport().repaint()
        page.stage.view.waveform.viewport().repaint()

    zooms = [milliseconds(lambda step=step: zoom(step)) for step in range(40)]
    print(f"zoom of both plots, median             {statistics.median(zooms):7.1f} ms")

    def play(step: int) -> None:
        page.stage.view.set_playhead(step * 0.033)
        app.processEvents()

    heads = [milliseconds(lambda step=step: play(step)) for step in range(200)]
    print(f"playhead, median                       {statistics.median(heads):7.1f} ms")
    page.hide()
    studio.jobs.shut_down()


if __name__ == "__main__":
    main()
