"""A thousand files in one go against one by one, with broken ones among them. By hand.

PYTHONPATH=. python tests/benchmarks/bench_batch.py [--files 1000] [--one-by-one 60] [--page]

With --page the queue of the Caption page does it, in a window that is not on any screen.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import tempfile
import time
from pathlib import Path

HOME = tempfile.TemporaryDirectory()
os.environ["AAC_STUDIO_HOME"] = HOME.name

import numpy as np  # noqa: E402
import psutil  # noqa: E402
import soundfile  # noqa: E402

from core.audio.files import read_audio  # noqa: E402
from core.batch import ItemEnded, caption_batch  # noqa: E402
from core.captioner import Captioner  # noqa: E402
from core.errors import StudioError  # noqa: E402
from core.models.checkpoint_files import list_checkpoints  # noqa: E402
from core.paths import resources_dir  # noqa: E402

RATE, SECONDS, BROKEN_SHARE, GOAL = 44_100, 10, 0.02, 1.5


def make_files(folder: Path, count: int) -> list[Path]:
    """Write sounds of ten seconds, every fiftieth of them damaged in one of three ways."""
    folder.mkdir(parents=True)
    sources = sorted((resources_dir() / "starter" / "sounds").rglob("*.ogg"))
    files = []
    every = round(1 / BROKEN_SHARE)
    for number, source in zip(range(count), itertools.cycle(sources), strict=False):
        path = folder / f"{number:05}.wav"
        if number % every == every // 2:
            path.write_bytes((b"", b"no sound" * 99, os.urandom(4000))[number // every % 3])
        else:
            samples = np.resize(read_audio(source, RATE).samples, RATE * SECONDS)
            soundfile.write(path, samples, RATE)
        files.append(path)
    return files


def in_the_page(files: list[Path], checkpoint: Path) -> None:
    """Let the queue of the page caption the files; print the time and the memory."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from app.application import make_application
    from app.pages.caption.batch_pane import BatchPane
    from app.pages.caption.captioners import CaptionerCache, load_captioner
    from app.pages.caption.search_options import SearchChoices
    from app.studio import Studio
    from core.batch import RowState

    application = make_application()
    studio = Studio()
    pane = BatchPane(studio, CaptionerCache(load_captioner))
    pane.resize(1200, 665)
    pane.show()
    memory, sizes = psutil.Process().memory_info, []
    pane.controller.add(files)
    started = time.perf_counter()
    pane.controller.start(checkpoint, SearchChoices())
    count = pane.model.count
    while (ended := count(RowState.DONE) + count(RowState.FAILED)) < len(files):
        application.processEvents()
        time.sleep(0.01)
        if ended * 10 // len(files) > len(sizes):
            sizes.append(memory().rss / 2**20)
    sizes.append(memory().rss / 2**20)
    together = (time.perf_counter() - started) / len(files)
    print(f"in the page  {1000 * together:8.1f} ms a file ({len(files)} files)")
    print(f"captioned {count(RowState.DONE)}, failed {count(RowState.FAILED)}")
    print("memory at each tenth, MB:", " ".join(f"{size:.0f}" for size in sizes))
    studio.jobs.stop_all()
    studio.jobs.shut_down()
    pane.hide()
    application.processEvents()


def main() -> None:
    """Print times, the ratio and the memory."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--one-by-one", type=int, default=60)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--page", action="store_true")
    options = parser.parse_args()
    files = make_files(Path(HOME.name) / "sounds", options.files)
    checkpoint = options.checkpoint or next(f.path for f in list_checkpoints() if f.usable)
    captioner = Captioner.load(checkpoint)
    captioner.caption_file(files[0])
    print(f"{checkpoint.name}: {captioner.decoding.strategy}, beam {captioner.decoding.beam_size}")

    some = random.Random(0).sample(files, min(options.one_by_one, len(files)))
    texts, started = {}, time.perf_counter()
    for path in some:
        try:
            texts[path] = captioner.caption_file(path).text
        except StudioError:
            texts[path] = ""
    alone = (time.perf_counter() - started) / len(some)

    if options.page:
        del captioner
        in_the_page(files, checkpoint)
        return
    memory = psutil.Process().memory_info
    done, failed, ended, sizes = 0, 0, 0, []
    same = 0
    started = time.perf_counter()
    for event in caption_batch(captioner, files):
        if isinstance(event, ItemEnded):
            ended += 1
            done += event.caption is not None
            failed += bool(event.message)
            text = event.caption.text if event.caption is not None else ""
            same += texts.get(event.path) == text
            if ended % max(1, len(files) // 10) == 0:
                sizes.append(memory().rss / 2**20)
    together = (time.perf_counter() - started) / len(files)

    broken = sum(
        n % round(1 / BROKEN_SHARE) == round(0.5 / BROKEN_SHARE) for n in range(len(files))
    )
    print(f"one by one   {1000 * alone:8.1f} ms a file ({len(some)} files)")
    print(f"as a batch   {1000 * together:8.1f} ms a file ({len(files)} files)")
    print(f"ratio        {alone / together:8.2f}    (goal: {GOAL} or more)")
    print(f"captioned {done}, failed {failed} of {len(files)} ({broken} are broken)")
    print(f"same captions as one by one: {same} of {len(some)}")
    print("memory at each tenth, MB:", " ".join(f"{size:.0f}" for size in sizes))


if __name__ == "__main__":
    main()
