"""The datasets as records of a list: what is there, how large, checked, with which features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from app.machine import folder_size
from app.texts import NOTHING, count_text
from core.config import JOINT
from core.data.catalogue import CatalogueEntry, describe_dataset, list_datasets
from core.data.check_report import last_report
from core.data.saved_joins import joined_names
from core.data.store_list import StoreInfo, list_stores

STATES = {
    "built-in": "built-in",
    "ready": "ready",
    "missing": "not here",
    "broken": "cannot be read",
}

# What only the starter checkpoint is built from: tags without sounds.
FOR_BUILDING = frozenset({"starter-simulated", "starter-mixed"})


@dataclass(frozen=True)
class DatasetRecord:
    """A dataset, its feature stores and what the last check of it said.

    `size` in bytes is None until it is measured, and for datasets without files. `verdict` is the
    severity of the worst finding of the last check, "" without one.
    """

    entry: CatalogueEntry
    stores: tuple[StoreInfo, ...] = ()
    checked: str = ""
    verdict: str = ""
    size: int | None = None

    @property
    def name(self) -> str:
        """The name that a run gives."""
        return self.entry.name

    @property
    def joined(self) -> bool:
        """Whether it is several datasets as one."""
        return JOINT in self.name

    @property
    def usable(self) -> bool:
        """Whether it can be opened."""
        return self.entry.state in ("built-in", "ready")

    @property
    def state(self) -> str:
        """How its state is said."""
        if self.joined and self.usable:
            return "joined"
        if self.entry.unread:
            return f"{count_text(len(self.entry.unread), 'table')} not read"
        return STATES[self.entry.state]

    @property
    def features(self) -> str:
        """How many splits have features, of each encoder."""
        whole: dict[str, set[str]] = {}
        for store in self.stores:
            if store.identity is not None and store.state == "complete":
                whole.setdefault(store.identity.encoder, set()).add(store.identity.split)
        splits = len(self.entry.splits)
        parts = [f"{encoder} {len(found)}/{splits}" for encoder, found in sorted(whole.items())]
        return ", ".join(parts) or NOTHING


def load_records() -> list[DatasetRecord]:
    """Look for all datasets; for worker threads."""
    entries = [entry for entry in list_datasets() if entry.name not in FOR_BUILDING]
    stores = list_stores()
    return [_record(entry, stores) for entry in (*entries, *map(_joined, joined_names()))]


def measured(folders: dict[str, Path]) -> dict[str, int]:
    """Return the bytes of each dataset's folder; for worker threads."""
    sizes: dict[Path, int] = {}
    for folder in folders.values():
        if folder not in sizes:
            sizes[folder] = folder_size(folder)
    return {name: sizes[folder] for name, folder in folders.items()}


def _joined(name: str) -> CatalogueEntry:
    return replace(describe_dataset(name), own=True, published=None)


def _record(entry: CatalogueEntry, stores: tuple[StoreInfo, ...]) -> DatasetRecord:
    report = last_report(entry.name)
    if entry.own and JOINT not in entry.name:
        entry = replace(entry, title=entry.name)
    parts = entry.name.split(JOINT)
    return DatasetRecord(
        entry=entry,
        stores=tuple(one for one in stores if one.identity and one.identity.dataset in parts),
        checked=report.date if report else "",
        verdict=report.findings()[0][0] if report else "",
    )
