"""``aac-studio caption --timeline``: captions along long recordings.

Imported only when a timeline is wanted: it needs what reads sounds.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli.checkpoint_option import chosen_checkpoint, chosen_decoding
from core.cli.output import Interrupt, one_line, path_text
from core.cli.output_places import (
    STANDARD_OUTPUT,
    check_folder,
    check_places,
    check_writable,
    is_standard_output,
    lines_beside,
    outputs_of,
    write_text,
)
from core.cli.progress import ProgressBar
from core.cli.standard_input import of_pipe
from core.errors import StudioError
from core.events import Progress
from core.files import is_stream
from core.timeline import (
    EXPORTS,
    Segment,
    TimelineSettings,
    WindowCaptioned,
    caption_timeline,
    join_windows,
)

if TYPE_CHECKING:
    from core.captioner import Captioner
    from core.config import DecodingConfig


def run(
    options: argparse.Namespace,
    files: Sequence[Path],
    failed: list[tuple[str, str]],
    shown: Mapping[Path, Path],
    problems: list[str],
) -> tuple[int, bool]:
    """Caption along each of `files`; return how many were done and whether it was interrupted.

    What cannot be read goes to `failed`, as path and sentence, what cannot be written to
    `problems`. `shown` has other names for some.
    """
    settings = settings_of(options)
    outputs = outputs_of(options, EXPORTS)
    if len(files) == 1:
        check_places(list(outputs.values()), files)
    for out in outputs.values():
        _check(out, len(files))
    show = lines_beside(outputs.values())
    if not files:
        return 0, False
    from core.captioner import Captioner
    from core.device import choose_device

    captioner = Captioner.load(chosen_checkpoint(options.checkpoint), choose_device(options.device))
    rules = chosen_decoding(captioner.checkpoint.config, options)
    done = 0
    names: set[str] = set()
    with suppress(KeyboardInterrupt):
        for path in files:
            try:
                segments = segments_of(captioner, path, settings, rules)
            except StudioError as error:
                told = of_pipe(str(error)) if path in shown else str(error)
                failed.append((str(shown.get(path, path)), told))
                continue
            for segment in segments:
                show(line_of(shown.get(path, path), segment))
            name = _unused(path.stem, names)
            for kind, out in outputs.items():
                place = out if len(files) == 1 else out / (name + EXPORTS[kind].suffix)
                try:
                    write_timeline(place, kind, segments)
                except StudioError as error:  # The others are still to be written.
                    if str(error) not in problems:
                        problems.append(str(error))
            done += 1
        return done, False
    return done, True


def settings_of(options: argparse.Namespace) -> TimelineSettings:
    """Return how recordings are cut. Raises `ConfigError` for lengths that make no sense."""
    usual = TimelineSettings()
    window = usual.window if options.window is None else options.window
    hop = min(usual.hop, window) if options.hop is None else options.hop
    return TimelineSettings(window, hop, usual.quiet_db if options.quiet is None else options.quiet)


def segments_of(
    captioner: Captioner,
    path: Path,
    settings: TimelineSettings,
    rules: DecodingConfig,
    interrupt: Interrupt | None = None,
) -> tuple[Segment, ...]:
    """Caption a recording along its length, or as far as `interrupt` lets it."""
    windows = []
    with ProgressBar() as bar:
        for event in caption_timeline(captioner, path, settings, rules):
            if interrupt:
                break
            if isinstance(event, WindowCaptioned):
                windows.append((event.window, event.caption))
            elif isinstance(event, Progress):
                bar.move(event.phase, event.done, event.total, event.message)
    return join_windows(windows)


def line_of(path: Path, segment: Segment) -> str:
    """Return what is printed of a segment."""
    times = f"{segment.start:.2f}\t{segment.end:.2f}"
    line = f"{one_line(path_text(path))}\t{times}\t{segment.text}"
    confidence = segment.caption.confidence
    return line if confidence is None else f"{line}\t{confidence:.2f}"


def _unused(stem: str, names: set[str]) -> str:
    """Return a name that no recording before had; folders may hold the same name twice."""
    name, number = stem, 1
    while name in names:
        number += 1
        name = f"{stem}-{number}"
    names.add(name)
    return name


def _check(out: Path, count: int) -> None:
    """Find out before the work, not after it, that its result cannot be kept."""
    if count <= 1:
        check_writable(out)
        return
    if out == STANDARD_OUTPUT or is_stream(out) or os.path.isfile(out):  # noqa: PTH113
        what = "standard output" if out == STANDARD_OUTPUT else "a file"
        raise StudioError(
            f"{out} is {what}, but there are {count} recordings; name a folder for their timelines."
        )
    check_folder(str(out))


def write_timeline(out: Path, kind: str, segments: Sequence[Segment]) -> None:
    """Write a timeline. Raises `StudioError` where the place cannot be written."""
    write_text(out, EXPORTS[kind].write(segments))
    if not is_standard_output(out):
        print(f"Written: {path_text(out)}", file=sys.stderr)
