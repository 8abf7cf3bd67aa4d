"""``aac-studio caption --watch``: the files that come into a folder, as they come."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.batch import BatchRow, ItemEnded, RowState, caption_batch
from core.batch.watch import FolderWatch, Waiting
from core.cli.caption import with_path
from core.cli.caption_batch import line_of
from core.cli.caption_timeline import line_of as timeline_line_of
from core.cli.caption_timeline import segments_of, settings_of, write_timeline
from core.cli.checkpoint_option import chosen_checkpoint, chosen_decoding
from core.cli.exit_codes import DONE, SOME_FAILED
from core.cli.growing_outputs import GrowingOutput, open_outputs
from core.cli.output import Interrupt, interruptible, path_text
from core.cli.output_places import Lines, check_folder, outputs_of
from core.cli.timeline_options import is_wanted
from core.confidence import confidence_of
from core.errors import StudioError
from core.timeline import EXPORTS, TimelineSettings

if TYPE_CHECKING:
    from core.captioner import Captioner
    from core.config import DecodingConfig

INTERVAL = 1.0
# How soon Ctrl+C is felt.
_PATIENCE = 0.1
# After so long a file that is not ready is named.
SLOW_SECONDS = 10.0
_MOST_NAMED = 20


def run(options: argparse.Namespace) -> int:
    """Watch until Ctrl+C; return 1 when something could not be captioned."""
    folder = Path(options.watch).expanduser()
    if not options.watch.strip():
        raise StudioError("The name of the folder to watch is empty; name one that exists.")
    if not folder.is_dir():
        raise StudioError(f"There is no folder '{folder}' to watch; name one that exists.")
    checkpoint = chosen_checkpoint(options.checkpoint)
    work = (
        _Timelines(options, folder)
        if is_wanted(options)
        else _Captions(open_outputs(options, confidence_of(checkpoint) is not None))
    )
    from core.captioner import Captioner
    from core.device import choose_device

    # A kill ends it as Ctrl+C does, so that nothing that was captioned is lost.
    with interruptible() as interrupt:
        captioner = Captioner.load(checkpoint, choose_device(options.device))
        rules = chosen_decoding(captioner.checkpoint.config, options)
        watch = FolderWatch(folder, deep=not options.flat, existing=options.existing)
        return _watch(watch, work, captioner, rules, options, interrupt)


def _watch(
    watch: FolderWatch,
    work: _Captions | _Timelines,
    captioner: Captioner,
    rules: DecodingConfig,
    options: argparse.Namespace,
    interrupt: Interrupt,
) -> int:
    interval = INTERVAL if options.interval is None else options.interval
    started = time.monotonic()
    end = started + options.seconds if options.seconds is not None else None
    ways = "and its sub-folders " if watch.deep else ""
    _say(f"Watching {watch.folder} {ways}every {interval:g} s; Ctrl+C ends it.")
    state = _State()
    problem = ""
    try:
        while not interrupt:
            ready = watch.look(time.monotonic())
            if watch.problem != problem:
                problem = watch.problem
                _say(
                    f"The folder {watch.folder} cannot be read ({problem}); still watching for it."
                    if problem
                    else f"The folder {watch.folder} is back."
                )
            state.tell_slow(watch.waiting(time.monotonic()))
            # What the outputs list is known from before; what changes while we watch is not.
            new = [path for path in ready if path in state.began or not work.lists(path)]
            state.begin(ready, new)
            for path, message in work.caption(captioner, new, rules, interrupt):
                state.end(path, message)
            if not interrupt and not _pause(interval, end, interrupt):
                break
    finally:
        work.close()
        state.tell_left(watch.waiting(time.monotonic()))
        _say(state.summary(time.monotonic() - started))
    return SOME_FAILED if state.failed or state.left or work.trouble else DONE


class _State:
    """What became of the files so far."""

    def __init__(self) -> None:
        self.began: set[Path] = set()
        self.failed: set[Path] = set()
        # Those that were ready, or waited for, and were not captioned when the watch ended.
        self.left: set[Path] = set()
        self._captioned: set[Path] = set()
        self._slow: set[Path] = set()

    def begin(self, ready: Sequence[Path], new: Sequence[Path]) -> None:
        """Note what is captioned next."""
        self.began.update(ready)
        self._slow.difference_update(ready)
        self.left.update(new)

    def end(self, path: Path, message: str) -> None:
        """Note and tell what became of a file; one that is gone is not to be captioned."""
        for group in (self._captioned, self.failed, self.left):
            group.discard(path)
        if message and not path.exists():
            _say(f"'{path}' was gone before it could be captioned.")
            return
        (self.failed if message else self._captioned).add(path)
        if message:
            _say(with_path(str(path), message))

    def tell_slow(self, waiting: Sequence[Waiting]) -> None:
        """Name each file that is waited for so long that one may wonder."""
        for item in waiting:
            if item.seconds >= SLOW_SECONDS and item.path not in self._slow:
                self._slow.add(item.path)
                what = "empty so far" if item.empty else "still being written"
                _say(f"'{item.path}' is {what}; waiting for its end.")

    def tell_left(self, waiting: Sequence[Waiting]) -> None:
        """Name what was not captioned by the end."""
        reasons = {path: "the watch ended before its turn" for path in self.left}
        for item in waiting:
            reasons[item.path] = (
                "it is empty" if item.empty else "it was still being written, or had just come"
            )
        self.left = set(reasons)
        for path, reason in sorted(reasons.items())[:_MOST_NAMED]:
            _say(f"'{path}' is not captioned: {reason}.")
        if len(reasons) > _MOST_NAMED:
            _say(f"So are {len(reasons) - _MOST_NAMED:,} more; --existing takes them next time.")

    def summary(self, seconds: float) -> str:
        """Return how many files came to which end."""
        minutes, rest = divmod(round(seconds), 60)
        parts = [f"{len(self._captioned):,} captioned"]
        if self.failed:
            parts.append(f"{len(self.failed):,} could not be")
        if self.left:
            parts.append(f"{len(self.left):,} left")
        return f"Watched for {minutes // 60}:{minutes % 60:02}:{rest:02}: {', '.join(parts)}."


class _Captions:
    """One caption a file, several files at a time."""

    def __init__(self, outputs: list[GrowingOutput]) -> None:
        self._outputs = outputs
        self._show = Lines(bool(outputs))
        self._told: set[str] = set()

    @property
    def trouble(self) -> bool:
        """Whether an output lacks something."""
        return bool(self._told)

    def lists(self, path: Path) -> bool:
        return bool(self._outputs) and all(output.lists(path) for output in self._outputs)

    def caption(
        self,
        captioner: Captioner,
        files: Sequence[Path],
        rules: DecodingConfig,
        interrupt: Interrupt,
    ) -> Iterator[tuple[Path, str]]:
        """Caption files until interrupted; yield each with the sentence why it has no caption."""
        if not files:
            return
        # Those that wait are called off; those in hand are still captioned and written.
        for event in caption_batch(captioner, files, rules, lambda _path: bool(interrupt)):
            if not isinstance(event, ItemEnded):
                continue
            row = BatchRow(event.path)
            if event.caption is not None:
                row = row.captioned(event.caption, event.seconds)
            elif event.message:
                row = row.failed(event.message, event.seconds)
            else:
                continue
            if row.state is RowState.DONE or row.path.exists():
                for output in self._outputs:
                    self._tell(lambda output=output, row=row: output.add(row))  # type: ignore[misc]
            if row.state is RowState.DONE:
                self._show(line_of(row))
            yield row.path, row.message

    def close(self) -> None:
        for output in self._outputs:
            self._tell(output.close)

    def _tell(self, write: Callable[[], None]) -> None:
        """Write to an output; a disk that is full for a while must not end the watch."""
        try:
            write()
        except StudioError as error:
            if str(error) not in self._told:
                self._told.add(str(error))
                _say(str(error))


class _Timelines:
    """A timeline a file, one after the other, each written to files of its own."""

    trouble = False

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self._folder = folder
        self._settings: TimelineSettings = settings_of(options)
        self._outs = outputs_of(options, EXPORTS)
        self._show = Lines(bool(self._outs))
        for out in self._outs.values():
            check_folder(str(out))

    def lists(self, path: Path) -> bool:
        return bool(self._outs) and all(out.exists() for out in self._places(path).values())

    def caption(
        self,
        captioner: Captioner,
        files: Sequence[Path],
        rules: DecodingConfig,
        interrupt: Interrupt,
    ) -> Iterator[tuple[Path, str]]:
        """Caption files until interrupted; yield each with the sentence why it has no timeline."""
        for path in files:
            try:
                segments = segments_of(captioner, path, self._settings, rules, interrupt)
                if interrupt:  # What is half done is done anew the next time.
                    return
                for kind, out in self._places(path).items():
                    write_timeline(out, kind, segments)
            except StudioError as error:
                yield path, str(error)
                continue
            for segment in segments:
                self._show(timeline_line_of(path, segment))
            yield path, ""

    def close(self) -> None:
        """Do nothing: each timeline was written at once."""

    def _places(self, path: Path) -> dict[str, Path]:
        """Return where the timelines of a file lie: by its own place and whole name."""
        part = path.relative_to(self._folder)
        return {
            kind: out / part.with_name(part.name + EXPORTS[kind].suffix)
            for kind, out in self._outs.items()
        }


def _pause(interval: float, end: float | None, interrupt: Interrupt) -> bool:
    """Wait for the next look; return whether there is to be one."""
    until = time.monotonic() + interval
    while not interrupt and (now := time.monotonic()) < until:
        if end is not None and now >= end:
            return False
        time.sleep(min(_PATIENCE, until - now))
    return not interrupt


def _say(sentence: str) -> None:
    print(path_text(sentence), file=sys.stderr, flush=True)
