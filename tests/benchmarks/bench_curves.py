"""How the curves keep up: many long runs on screen, many new events, a very long run opened.

Run by hand: ``python tests/benchmarks/bench_curves.py [seconds]``. Three figures against their
aims: the lateness of the window's events while one run trains and 20 others of 100,000 points are
on the same chart (99 of 100 within 16 ms), the time to take in and draw 1,000 new events (5 ms),
and the time from opening a folder of 1,000,000 events to its curves (1 s) and to all its points.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from bench_gui_lateness import Lateness, report, wait
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

import app.pages.train.sessions as sessions_module
import core.config  # noqa: F401  (before Qt, as the application does)
from app.application import first_page, make_application, make_window
from core.config import RunConfig
from core.events import Event, RunStarted, StepLogged
from core.presets import load_preset
from core.runs import RunFolder, create_run, record

POINTS, OTHERS, EVENTS = 100_000, 20, 1_000_000
PER_EPOCH = 500
AIM_ADD, AIM_OPEN = 0.005, 1.0


def lines_of(count: int, seed: int) -> Iterator[str]:
    """Yield the lines of a run's events file."""
    noise = np.random.default_rng(seed).normal(0, 0.15, count).tolist()
    began = 1.79e9
    start = {"time": began, "event": "RunStarted", "epochs": count // PER_EPOCH}
    start |= {"steps_per_epoch": PER_EPOCH, "device": "cpu", "parameters": 1, "train_clips": 1}
    yield json.dumps({**start, "vocabulary_size": 1, "validation_clips": 1}) + "\n"
    for step in range(1, count + 1):
        now, epoch = began + step / 20, (step - 1) // PER_EPOCH
        value = 2 + 3 * math.exp(-step / count * 5) + noise[step - 1]
        yield (
            f'{{"time": {now:.3f}, "event": "StepLogged", "epoch": {epoch}, "step": {step}, '
            f'"losses": {{"ce": {value!r}, "caption-ntxent": {value / 2!r}, '
            f'"total": {value * 1.05!r}}}, "learning_rate": 0.0005, '
            f'"gradient_norm": {abs(value) / 3!r}, "examples_per_second": 1234.5}}\n'
        )
        if step % PER_EPOCH == 0:
            losses = f'"losses": {{"ce": {value - 0.1!r}, "total": {value!r}}}'
            ended = f'"epoch": {epoch}, "step": {step}, {losses}, "seconds": 25.0'
            yield f'{{"time": {now:.3f}, "event": "EpochEnded", {ended}}}\n'
            yield f'{{"time": {now:.3f}, "event": "ValidationEnded", {ended}}}\n'
    yield '{"time": 1.8e9, "event": "RunEnded", "reason": "finished"}\n'


def write_run(name: str, count: int, seed: int, parent: Path | None = None) -> RunFolder:
    """Make the folder of a finished run."""
    preset = "starter-ce" if seed % 2 else "starter-ce+cl"
    config = load_preset(preset).config.model_copy(update={"name": name, "seed": seed})
    run = create_run(config, parent, now=datetime.now() - timedelta(hours=seed + 1))
    with run.events.path.open("w") as stream:
        stream.writelines(lines_of(count, seed))
    return run


def live_run(config: RunConfig, run: RunFolder) -> Iterator[Event]:
    """Log two hundred steps a second, as a small model on a fast card would."""

    def events() -> Iterator[Event]:
        yield RunStarted(
            epochs=1000,
            steps_per_epoch=PER_EPOCH,
            device="cpu",
            parameters=1,
            vocabulary_size=1,
            train_clips=1,
            validation_clips=1,
        )
        generator = np.random.default_rng(1)
        for step in range(1, 1000 * PER_EPOCH):
            time.sleep(0.005)
            value = 2 + 3 * math.exp(-step / 5000) + float(generator.normal(0, 0.1))
            yield StepLogged(
                epoch=(step - 1) // PER_EPOCH,
                step=step,
                losses={"ce": value, "total": value},
                learning_rate=1e-3,
                gradient_norm=1.0,
                examples_per_second=1.0,
            )

    return record(run, events())


def wait_until(what: object, seconds: float = 120.0) -> float:
    """Let the window live until something is true; return the seconds that took."""
    assert callable(what)
    began = time.perf_counter()
    while not what():
        wait(10)
        if time.perf_counter() - began > seconds:
            raise SystemExit("it took too long")
    return time.perf_counter() - began


def main() -> None:
    """Measure all three."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("seconds", type=float, nargs="?", default=60.0)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["AAC_STUDIO_HOME"] = home
        print(f"writing {OTHERS} runs of {POINTS:,} steps and one of {EVENTS:,}")
        for number in range(OTHERS):
            write_run(f"run {number}", POINTS, number)
        elsewhere = Path(home) / "elsewhere"
        long_run = write_run("long", EVENTS, OTHERS, elsewhere)
        sessions_module._train = live_run
        application = make_application()
        window = make_window()
        window.resize(1600, 1000)
        first_page(window)
        window.show()
        window.show_page("train")
        page = window.page("train")
        wait_until(lambda: page.curves is not None and page.collection.settled)

        began = time.perf_counter()
        window.studio.show_run.emit(str(long_run.path))
        key = str(long_run.path)

        def drawn() -> bool:
            curves = page.curves.curves.get(key)
            return curves is not None and not curves.is_empty

        wait_until(drawn)
        wait(20)
        seen = time.perf_counter() - began
        wait_until(lambda: page.curves.curves[key].training[0].raw.size == EVENTS)
        print(
            f"opening {EVENTS:,} events: curves after {seen:.2f} s (x{seen / AIM_OPEN:.2f} of the "
            f"aim), every point after {time.perf_counter() - began:.2f} s"
        )
        page.runs.set_visible(set())
        page.collection.forget(key)

        page.runs.set_visible(set(page.collection.summaries()) - {key})
        wait_until(lambda: len(page.curves.curves) >= OTHERS)
        wait_until(
            lambda: all(
                curves.training and curves.training[0].raw.size == POINTS
                for curves in page.curves.curves.values()
            )
        )
        QTest.mouseClick(page.setup.start, Qt.MouseButton.LeftButton)
        (live,) = page.sessions
        wait_until(lambda: live in page.curves.curves and not page.curves.curves[live].is_empty)
        wait(1000)
        measure = Lateness()
        measure.start()
        wait(round(1000 * chosen.seconds))
        report("live + 20 x 100,000", measure.stop())
        page.sessions.stop(live)
        wait_until(lambda: not page.sessions)

        # What 1,000 events cost the GUI thread once a worker has turned them into columns.
        history = page.collection.history(next(iter(page.curves.curves)))
        costs = []
        for _ in range(20):
            block = history.steps
            columns = {
                name: np.array(block.column(name)[-1000:]) for name in block.names if name != "step"
            }
            columns["step"] = block.column("step")[-1000:] + 1000
            began = time.perf_counter()
            history.steps.extend(columns)
            history.version += 1
            page.curves.refresh()
            costs.append(time.perf_counter() - began)
            wait(120)
        middle = float(np.median(costs))
        print(
            f"1,000 new events: {1000 * middle:.2f} ms (x{middle / AIM_ADD:.2f} of the aim), "
            f"at most {1000 * max(costs):.2f} ms"
        )
        window.stop_and_close()
        wait_until(lambda: not window.isVisible())
        window.studio.jobs.shut_down()
        del application


if __name__ == "__main__":
    main()
