"""The Caption page: from the drop to the picture and the caption, and an hour of sound. By hand.

QT_QPA_PLATFORM=offscreen PYTHONPATH=. python tests/benchmarks/bench_caption_page.py [.m4a ...]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
HOME = tempfile.TemporaryDirectory()
os.environ["AAC_STUDIO_HOME"] = HOME.name

import numpy as np  # noqa: E402
import psutil  # noqa: E402
import soundfile  # noqa: E402
from PySide6.QtCore import QEventLoop  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

import core.config  # noqa: F401, E402  (before Qt, as the application does)
from app.application import make_application  # noqa: E402
from app.pages.caption.files_pane import FilesPane  # noqa: E402
from app.pages.caption.sound_files import FileState  # noqa: E402
from app.studio import Studio  # noqa: E402
from tests.real_ffmpeg import AAC, PROGRAM, encode, picture  # noqa: E402

RATE, SECONDS, REPEATS = 44_100, 30, 15
HOUR = 3600


def milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def settle(ready: Callable[[], bool]) -> None:
    while not ready():
        # Waiting, not spinning: the worker needs the interpreter.
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def repaint(pane: FilesPane) -> None:
    view = pane.stage.view
    for plot in (view.spectrogram, view.waveform):
        plot.viewport().repaint()
    view.overview.repaint()


def show(pane: FilesPane, path: Path) -> None:
    pane.open_paths([path])
    settle(lambda: pane.list.current_path() == path and pane.stage.sound is not None)
    repaint(pane)


def say(what: str, value: float, unit: str, goal: float | None = None) -> None:
    wanted = "" if goal is None else f"   (goal {goal:g} {unit}; {value / goal:.2f} of it)"
    print(f"{what:<48}{value:9.1f} {unit}{wanted}", flush=True)


def thirty_seconds(pane: FilesPane, suffix: str) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (RATE * SECONDS, 2)).astype(np.float32)
    files = []
    for number in range(REPEATS):
        files.append(Path(HOME.name, f"noise-{number}.wav"))
        soundfile.write(files[-1], noise, RATE)
        if suffix in ENCODED:
            files[-1] = encode(files[-1], files[-1].with_suffix(suffix), *ENCODED[suffix])
    drops = [milliseconds(lambda path=path: show(pane, path)) for path in files]
    say(f"30 s {suffix}: drop to painted spectrogram, first", drops[0], "ms", 150)
    say(f"30 s {suffix}: drop to painted spectrogram, median", statistics.median(drops), "ms", 150)
    view = pane.stage.view.spectrogram

    def zoom(step: int) -> None:
        view.getPlotItem().setXRange(step * 0.1, 20 + step * 0.2, padding=0)
        repaint(pane)

    zooms = [milliseconds(lambda step=step: zoom(step)) for step in range(40)]
    say(f"30 s {suffix}: pan and zoom, all plots, median", statistics.median(zooms), "ms", 33)

    def play(step: int) -> None:
        pane.stage.view.set_playhead(step * 0.033)
        QApplication.processEvents()

    heads = [milliseconds(lambda step=step: play(step)) for step in range(200)]
    say(f"30 s {suffix}: playhead, median", statistics.median(heads), "ms")


# Formats for FFmpeg, and how they are written.
ENCODED: dict[str, tuple[str, ...]] = {
    ".m4a": AAC,
    ".aac": AAC,
    ".mp4": (*picture(HOUR), *("-c:v", "mpeg4", "-map", "1:v", "-map", "0:a"), *AAC),
    ".webm": ("-c:a", "libopus"),
}


def one_hour(pane: FilesPane, suffix: str) -> None:
    path = Path(HOME.name, f"hour{'.wav' if suffix in ENCODED else suffix}")
    generator = np.random.default_rng(1)
    with soundfile.SoundFile(path, "w", RATE, 1) as file:
        for minute in range(HOUR // 60):
            times = np.arange(RATE * 60) / RATE
            hum = 0.3 * np.sin(2 * np.pi * (200 + 50 * minute) * times) * (times % 7 < 2)
            hiss = 0.1 * generator.normal(size=len(times)) * (minute % 3 != 0)
            file.write((hum + hiss).astype(np.float32))
    if suffix in ENCODED:
        path = encode(path, path.with_suffix(suffix), *ENCODED[suffix])
    process = psutil.Process()
    before = most = process.memory_info().rss
    started = time.perf_counter()
    show(pane, path)
    say(f"1 h {suffix}: first picture", time.perf_counter() - started, "s", 1)
    sound = pane.stage.sound
    assert sound is not None
    while sound.share < 1.0:
        settle(lambda share=sound.share: sound.share != share)
        most = max(most, process.memory_info().rss)
    repaint(pane)
    say(f"1 h {suffix}: whole picture", time.perf_counter() - started, "s", 15)
    view = pane.stage.view.spectrogram

    def move(step: int) -> None:
        width = HOUR / 1.25 ** (step % 30)
        start = (HOUR - width) * ((step * 0.037) % 1.0)
        view.getPlotItem().setXRange(start, start + width, padding=0)
        repaint(pane)
        QApplication.processEvents()

    frames = [milliseconds(lambda step=step: move(step)) for step in range(240)]
    most = max(most, process.memory_info().rss)
    say(f"1 h {suffix}: pan and zoom, median", 1000 / statistics.median(frames), "frames/s")
    slow = sorted(frames)[int(0.95 * len(frames))]
    say(f"1 h {suffix}: pan and zoom, slowest twentieth", 1000 / slow, "frames/s", 30)
    start = time.perf_counter()
    view.getPlotItem().setXRange(1800, 1830, padding=0)
    settle(lambda: view._detail is not None and view._detail.column_seconds < 0.05)
    repaint(pane)
    say(f"1 h {suffix}: details of 30 s", 1000 * (time.perf_counter() - start), "ms")
    say(f"1 h {suffix}: growth of resident memory", (most - before) / 1e6, "MB", 300)


def captions(studio: Studio) -> None:
    """The embedded model where there is one; else this part is left out."""
    from core.models.checkpoint_files import list_checkpoints

    if not any(file.usable for file in list_checkpoints()):
        print("no checkpoint on this machine: captions are not timed")
        return
    pane = FilesPane(studio)
    pane.show()
    settle(lambda: pane.model_bar.checkpoint() is not None)
    files = sorted(Path(HOME.name).glob("noise-*.wav"))[:6]
    taken = []
    for path in files:
        started = time.perf_counter()
        pane.open_paths([path])
        settle(lambda path=path: _done(pane, path))
        taken.append(time.perf_counter() - started)
    say("30 s: drop to caption, first (loads the model)", taken[0], "s")
    say(
        "30 s: drop to caption, median of the rest",
        statistics.median(taken[1:]),
        "s",
        1.0,
    )
    pane.hide()


def _done(pane: FilesPane, path: Path) -> bool:
    entry = pane.files.find(path)
    return entry is not None and entry.state is FileState.DONE


def main() -> None:
    make_application()
    studio = Studio()
    pane = FilesPane(studio)
    # Pictures first: nothing is captioned beside them.
    pane.intake.opened.disconnect()
    pane.resize(1200, 665)
    pane.show()
    thirty_seconds(pane, ".wav")
    if PROGRAM:
        thirty_seconds(pane, ".m4a")
    wanted = sys.argv[1:] or [".wav", ".flac", ".mp3", *(ENCODED if PROGRAM else ())]
    for suffix in wanted:
        one_hour(pane, suffix)
    pane.hide()
    captions(studio)
    studio.jobs.stop_all()
    settle(lambda: not studio.jobs.running())
    studio.jobs.shut_down()


if __name__ == "__main__":
    main()
