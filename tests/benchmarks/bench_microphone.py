"""A microphone for minutes, through PortAudio, with a training in the same window. By hand.

QT_QPA_PLATFORM=offscreen PYTHONPATH=. python tests/benchmarks/bench_microphone.py [--minutes 10]

Needs PulseAudio, which makes the microphone; sounds are played into it all the time.
"""

from __future__ import annotations

import argparse
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
from PySide6.QtCore import QEventLoop, QTimer  # noqa: E402

import core.config  # noqa: F401, E402  (before Qt, as the application does)
from app.application import make_application  # noqa: E402
from app.jobs import Job  # noqa: E402
from app.pages.caption.page import CaptionPage  # noqa: E402
from app.studio import Studio  # noqa: E402
from core.audio.files import read_audio  # noqa: E402
from core.config import replace_fields  # noqa: E402
from core.events import StepLogged  # noqa: E402
from core.paths import resources_dir  # noqa: E402
from core.presets import load_preset  # noqa: E402
from core.runs import create_run  # noqa: E402
from tests.virtual_microphone import RATE, VirtualMicrophone, virtual_microphone  # noqa: E402

GOAL_LAG = 2.0


def wait(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def until(ready: Callable[[], bool], seconds: float = 600.0) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "nothing happened"
        wait(50)


def train(studio: Studio, preset: str) -> tuple[Job, list[int]]:
    """Start a training that outlasts the recording; return it and the steps that it has made."""

    def events():  # type: ignore[no-untyped-def]
        from core.training import train_run

        config = replace_fields(load_preset(preset).config, {"training.epochs": 100_000})
        return train_run(config, create_run(config))

    job, steps = Job("Training", events), [0]

    def count(events: list[object]) -> None:
        steps[0] += sum(isinstance(event, StepLogged) for event in events)

    job.events.connect(count)
    studio.jobs.submit(job)
    until(lambda: steps[0] > 0 or job.ended)
    assert not job.ended, "the training did not start"
    return job, steps


def main() -> None:
    """Print dropped blocks, lag, and how much of the sound came through."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--preset", default="starter-ce")
    parser.add_argument("--without-training", action="store_true")
    options = parser.parse_args()
    application = make_application()
    studio = Studio()
    page = CaptionPage(studio)
    page.resize(1200, 665)
    page.show()
    with virtual_microphone() as server:
        record(options, studio, page, server)
    studio.jobs.stop_all()
    until(lambda: not studio.jobs.running())
    studio.jobs.shut_down()
    page.hide()
    application.processEvents()


def record(
    options: argparse.Namespace, studio: Studio, page: CaptionPage, server: VirtualMicrophone
) -> None:
    job, steps = (None, [0]) if options.without_training else train(studio, options.preset)
    pane = page.microphone_pane
    page.show_side("microphone")
    until(lambda: pane.bar.button.isEnabled() and pane.model_bar.checkpoint() is not None)
    sources = sorted((resources_dir() / "starter" / "sounds").rglob("*_01.ogg"))
    played = np.concatenate([read_audio(path, RATE).samples for path in sources])
    soundfile.write(Path(HOME.name) / "played.wav", played, RATE, subtype="PCM_16")
    lags, quiet = [], 0

    def on_captioned(event) -> None:  # type: ignore[no-untyped-def]
        nonlocal quiet
        lags.append(event.lag)
        quiet += event.caption is None

    pane.recorder.captioned.connect(on_captioned)
    pane.record()
    until(lambda: pane.spectrogram.span[1] > 0)
    before, started = steps[0], time.monotonic()
    player = None
    while time.monotonic() - started < 60 * options.minutes:
        if player is None or player.poll() is not None:
            player = server.play(Path(HOME.name) / "played.wav")
        wait(200)
    seconds = time.monotonic() - started
    pane.recorder.stop()
    until(lambda: not pane.recorder.busy)
    take = pane.recorder.take
    assert take is not None
    later = sorted(lags[1:]) or [float("nan")]
    print(f"recorded         {take.seconds:8.1f} s in {seconds:.1f} s after the first block")
    print(f"training steps   {steps[0] - before:8d}{'' if job else ' (none was running)'}")
    print(f"dropped blocks   {take.dropped:8d}    (goal: 0)")
    print(
        f"captions         {len(lags) - quiet:8d}, {quiet} quiet windows, "
        f"{pane.recorder.windows.skipped if pane.recorder.windows else 0} skipped"
    )
    print(
        f"first lag        {lags[0] if lags else float('nan'):8.2f} s (the model is loaded in it)"
    )
    print(f"median lag       {statistics.median(later):8.2f} s")
    print(f"longest lag      {later[-1]:8.2f} s   (goal: under {GOAL_LAG} s)")


if __name__ == "__main__":
    main()
