"""Captioning many files: read ahead of the model, captioned together, and kept through a crash.

Nothing here imports torch: whoever calls brings the captioner.
"""

from core.batch.engine import ItemEnded, ItemStarted, caption_batch
from core.batch.exports import BATCH_EXPORTS, check_names, export_batch
from core.batch.journal import Journal, open_journal
from core.batch.kept import caption_kept, journal_of, kept_of
from core.batch.rows import BatchRow, RowState

__all__ = [
    "BATCH_EXPORTS",
    "BatchRow",
    "ItemEnded",
    "ItemStarted",
    "Journal",
    "RowState",
    "caption_batch",
    "caption_kept",
    "check_names",
    "export_batch",
    "journal_of",
    "kept_of",
    "open_journal",
]
