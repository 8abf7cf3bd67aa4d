"""The run folder: the database of everything that was trained. No torch here."""

from core.runs.events_file import EventsFile
from core.runs.folder import RunFolder, RunSummary, create_run, list_runs, open_run, summarize
from core.runs.history import effective, is_undone
from core.runs.recorder import record

__all__ = [
    "EventsFile",
    "RunFolder",
    "RunSummary",
    "create_run",
    "effective",
    "is_undone",
    "list_runs",
    "open_run",
    "record",
    "summarize",
]
