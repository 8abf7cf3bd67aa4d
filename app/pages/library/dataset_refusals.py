"""Why something cannot be done with a dataset: a sentence each, empty where it can."""

from __future__ import annotations

from app.pages.library.dataset_records import DatasetRecord


def no_download(record: DatasetRecord) -> str:
    """Say why a dataset cannot be downloaded."""
    published = record.entry.published
    if published is None:
        return "It cannot be downloaded."
    if not published.parts:
        return "It cannot be downloaded here; About says how to get it."
    return ""


def no_copy(record: DatasetRecord) -> str:
    """Say why one cannot point at a copy of it."""
    if record.entry.own and not record.joined:
        return ""
    return "" if record.entry.published is not None else "It has no files of its own."


def no_folder(record: DatasetRecord) -> str:
    """Say why no folder of it can be shown."""
    return "" if record.entry.folder is not None else "It has no folder."


def not_own(record: DatasetRecord) -> str:
    """Say why its columns cannot be chosen."""
    return "" if record.entry.own and not record.joined else "Only for folders of your own."


def no_removal(record: DatasetRecord) -> str:
    """Say why it cannot be removed."""
    if record.entry.state == "built-in":
        return "It belongs to the installation."
    there = record.entry.own or record.joined or record.entry.folder is not None
    return "" if there else "There is nothing to remove."
