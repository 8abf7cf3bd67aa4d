"""Batches from the command line: captioned, kept as they come, and taken up again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from core.batch.engine import CaptionsSounds, ItemEnded, caption_batch
from core.batch.journal import Journal, batches_dir
from core.batch.rows import BatchRow, RowState, stamp_of
from core.config import DecodingConfig


def journal_of(checkpoint: Path, decoding: DecodingConfig) -> Journal:
    """Return the journal of what a checkpoint has captioned by a way of searching."""
    size, changed = stamp_of(checkpoint)
    content = f"{checkpoint.absolute()}\n{size}\n{changed}\n{decoding.model_dump_json()}"
    digest = hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return Journal(batches_dir() / f"command-{digest}.jsonl")


def kept_of(files: Sequence[Path], journal: Journal) -> dict[Path, BatchRow]:
    """Return what the journal has captions of, of the files that did not change since."""
    rows = journal.load()
    kept = {}
    for path in files:
        row = rows.get(path.absolute())
        if row is not None and row.state is RowState.DONE and row.stamp == stamp_of(path):
            kept[path] = replace(row, path=path, message="")
    return kept


def caption_kept(
    captioner: CaptionsSounds,
    files: Sequence[Path],
    decoding: DecodingConfig,
    journal: Journal,
    kept: Mapping[Path, BatchRow] | None = None,
) -> Iterator[BatchRow]:
    """Caption files and keep each result in the journal as it comes.

    Those that are `kept` are not captioned again; where that is None, the journal begins anew.
    Yields the rows that are done or failed. Raises `StudioError` where the journal cannot be kept.
    """
    if kept is None:
        journal.clear()
        kept = {}
    yield from kept.values()
    left = [path for path in files if path not in kept]
    journal.add([path.absolute() for path in left])
    for event in caption_batch(captioner, left, decoding):
        if isinstance(event, ItemEnded):
            row = BatchRow(event.path.absolute())
            if event.caption is not None:
                row = row.captioned(event.caption, event.seconds)
            else:
                row = row.failed(event.message, event.seconds)
            journal.ended(row)
            yield BatchRow(
                event.path, row.state, row.duration, row.record, row.message, row.seconds, row.stamp
            )
