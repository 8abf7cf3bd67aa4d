"""A check of a dataset: is everything there, readable, audible, captioned and kept apart?

Nothing on disk is changed. Memory holds a few numbers a clip, whatever the sounds weigh.
"""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from core.data.check_notes import Notes, audio_leaks, duplicates, other_leaks
from core.data.check_report import (
    DatasetReport,
    Histogram,
    SplitReport,
)
from core.data.clips import Clip, Dataset, missing_files, present_splits
from core.data.sound_facts import SoundFacts, listen_to_file, listen_to_samples
from core.data.tokenizer import is_word, split_words
from core.data.unread_tables import unread_tables
from core.errors import StudioError
from core.events import Event, Progress

PHASE = "Checking"
_BINS = 24
_GROWTH_POINTS = 50
_SHOWN_MARKS = 20
_MOST_THREADS = 8
_TICK_SECONDS = 0.1
# Sounds that are made on the fly are listened to at this rate, in Hz.
_MADE_RATE = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetChecked(Event):
    """The check has ended, with this report."""

    report: DatasetReport


@dataclass(slots=True)
class _Heard:
    """What listening found in one split."""

    unreadable: Notes = field(default_factory=Notes)
    silent: Notes = field(default_factory=Notes)
    clipped: Notes = field(default_factory=Notes)
    seconds: dict[int, float] = field(default_factory=dict)


def check_dataset(
    dataset: Dataset, splits: Sequence[str] = (), *, listen: bool = True
) -> Iterator[Event]:
    """Check splits of a dataset, all that are on disk by default.

    Parameters
    ----------
    listen
        Read every sound whole. Without it only tables and headers are read, so that silent,
        clipped and duplicate sounds go unnoticed.

    Yields `Progress` at least every 100 ms of listening, and at last `DatasetChecked`.
    """
    started = time.monotonic()
    names = tuple(dict.fromkeys(splits)) or present_splits(dataset)
    clips = {name: dataset.clips(name) for name in names}
    total = sum(map(len, clips.values()))
    yield Progress(phase=PHASE, done=0, total=total)
    digests: dict[bytes, list[tuple[int, int]]] = {}
    heard = {name: _Heard() for name in names}
    done = 0
    for number, name in enumerate(names):
        for position, result in _listened(dataset, clips[name], listen):
            if result is not None:
                _note(heard[name], clips[name][position], position, result)
                if listen and isinstance(result, SoundFacts) and not result.silent:
                    digests.setdefault(result.digest, []).append((number, position))
                done += 1
            message = f"{clips[name][position].id}" if result is not None else ""
            yield Progress(phase=PHASE, done=done, total=total, message=message)
    same = [group for group in digests.values() if len(group) > 1]
    vocabulary = _training_words(dataset, clips)
    reports = tuple(
        _split_report(dataset, name, clips[name], heard[name], vocabulary) for name in names
    )
    table_problems = Notes()
    for text in getattr(dataset, "problems", ()):
        table_problems.add("", text)
    unlisted = Notes()
    for file in getattr(dataset, "unlisted", ()):
        unlisted.add(file)
    yield DatasetChecked(
        report=DatasetReport(
            dataset=dataset.name,
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            listened=listen,
            seconds_taken=round(time.monotonic() - started, 3),
            splits=reports,
            duplicates=duplicates(same, names, clips),
            leaks=(*audio_leaks(same, names, clips), *other_leaks(names, clips)),
            table_problems=table_problems.found(),
            notes=tuple(getattr(dataset, "notes", ())),
            tables=tuple(getattr(dataset, "tables", ())),
            unread=unread_tables(dataset),
            unlisted=unlisted.found(),
        )
    )


def _listened(
    dataset: Dataset, clips: Sequence[Clip], listen: bool
) -> Iterator[tuple[int, SoundFacts | str | None]]:
    """Yield what each clip is found to be, or why it cannot be read; None while waiting."""
    if not listen:
        for position, clip in enumerate(clips):
            known = clip.source is None or clip.duration > 0
            told = SoundFacts(clip.duration, 1.0, False, False, position.to_bytes(8, "big"))
            yield position, told if known else _reason(dataset, clip)
        return
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="check")
    waiting: deque[tuple[int, Future[SoundFacts | str]]] = deque()
    coming = iter(enumerate(clips))
    try:
        while True:
            for position, clip in coming:
                waiting.append((position, pool.submit(_hear, dataset, clip)))
                if len(waiting) >= 2 * threads:
                    break
            if not waiting:
                return
            position, future = waiting[0]
            if wait([future], timeout=_TICK_SECONDS).done:
                waiting.popleft()
                yield position, future.result()
            else:
                yield position, None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _hear(dataset: Dataset, clip: Clip) -> SoundFacts | str:
    try:
        if clip.source is not None:
            return listen_to_file(clip.source)
        return listen_to_samples(dataset.load_audio(clip, _MADE_RATE), _MADE_RATE)
    except StudioError as error:
        return str(error)


def _reason(dataset: Dataset, clip: Clip) -> str:
    """Return why a file whose header could not be read cannot be."""
    found = _hear(dataset, clip)
    return found if isinstance(found, str) else "Its header does not tell its length."


def _note(heard: _Heard, clip: Clip, position: int, result: SoundFacts | str) -> None:
    if isinstance(result, str):
        heard.unreadable.add(clip.id, result)
        return
    heard.seconds[position] = result.seconds
    if result.silent:
        heard.silent.add(clip.id)
    if result.clipped:
        heard.clipped.add(clip.id)


def _split_report(
    dataset: Dataset,
    name: str,
    clips: Sequence[Clip],
    heard: _Heard,
    vocabulary: frozenset[str],
) -> SplitReport:
    words: Counter[str] = Counter()
    lengths: list[int] = []
    growth: list[tuple[int, int]] = []
    marks: Counter[str] = Counter()
    bare, wordless = Notes(), Notes()
    captions: Counter[str] = Counter()
    every = max(1, sum(len(clip.captions) for clip in clips) // _GROWTH_POINTS)
    for clip in clips:
        if not clip.captions:
            bare.add(clip.id)
        for text in clip.captions:
            tokens = split_words(text)
            parts = [token for token in tokens if is_word(token)]
            words.update(parts)
            marks.update(token for token in tokens if not is_word(token))
            lengths.append(len(parts))
            if not parts:
                wordless.add(clip.id, text)
            captions[text] += 1
            if len(lengths) % every == 0:
                growth.append((len(lengths), len(words)))
    if lengths and growth[-1:] != [(len(lengths), len(words))]:
        growth.append((len(lengths), len(words)))
    unknown: Counter[str] = Counter()
    if vocabulary:
        unknown.update({word: count for word, count in words.items() if word not in vocabulary})
    absent = Notes()
    for file in missing_files(dataset, name):
        absent.add(file)
    counted = words.total()
    return SplitReport(
        name=name,
        clips=len(clips),
        seconds=sum(heard.seconds.values()),
        missing=absent.found(),
        unreadable=heard.unreadable.found(),
        silent=heard.silent.found(),
        clipped=heard.clipped.found(),
        uncaptioned=bare.found(),
        wordless=wordless.found(),
        captions=len(lengths),
        captions_per_clip=dict(sorted(Counter(len(clip.captions) for clip in clips).items())),
        repeated_captions=sum(count - 1 for count in captions.values()),
        durations=histogram(heard.seconds.values()),
        caption_words=histogram(lengths, whole=True),
        words=counted,
        vocabulary=len(words),
        marks=tuple(marks.most_common(_SHOWN_MARKS)),
        growth=tuple(growth),
        unknown_share=unknown.total() / counted if counted and vocabulary else None,
        unknown_words=tuple(word for word, _ in unknown.most_common(20)),
    )


def histogram(values: Iterable[float], *, whole: bool = False) -> Histogram:
    """Count values in bins of equal width; `whole` makes bins of whole numbers."""
    array = np.fromiter(values, dtype=np.float64)
    if not len(array):
        return Histogram()
    low, high = float(array.min()), float(array.max())
    if whole:
        width = max(1, int(np.ceil((high - low + 1) / _BINS)))
        edges = np.arange(low, high + width + 1, width) - 0.5
    else:
        edges = np.linspace(low, max(high, low + 1e-3), _BINS + 1)
    counts, _ = np.histogram(array, edges)
    return Histogram(
        edges=tuple(round(float(edge), 4) for edge in edges),
        counts=tuple(int(count) for count in counts),
        minimum=round(low, 4),
        mean=round(float(array.mean()), 4),
        median=round(float(np.median(array)), 4),
        maximum=round(high, 4),
    )


def _training_words(dataset: Dataset, clips: Mapping[str, tuple[Clip, ...]]) -> frozenset[str]:
    """Return the words of the training captions; none where that split is not on disk."""
    train = dataset.splits[0]
    if train not in present_splits(dataset):
        return frozenset()
    chosen = clips[train] if train in clips else dataset.clips(train)
    return frozenset(
        word
        for clip in chosen
        for text in clip.captions
        for word in split_words(text)
        if is_word(word)
    )
