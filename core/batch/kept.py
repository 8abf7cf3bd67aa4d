"""Batches from the command line: captioned, kept as they come, and taken up again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
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


def caption_kept(
    captioner: CaptionsSounds,
    files: Sequence[Path],
    decoding: DecodingConfig,
    journal: Journal,
    resume: bool,
) -> Iterator[BatchRow]:
    """Caption files and keep each result in the journal as it comes.

    With `resume`, files that the journal has captions of, and that did not change since, are not
    captioned again; without, the journal begins anew. Yields the rows that are done or failed.
    Raises `StudioError` where the journal cannot be kept.
    """
    kept = journal.load() if resume else {}
    if not resume:
        journal.clear()
    left = []
    for path in files:
        row = kept.get(path.absolute())
        if row is not None and row.state is RowState.DONE and row.stamp == stamp_of(path):
            yield BatchRow(path, row.state, row.duration, row.record, "", row.seconds, row.stamp)
        else:
            left.append(path)
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
