"""What can be done with datasets: get, add, join, check, extract, show, take away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton, QToolButton, QWidget

from app.machine import size_text
from app.pages.library.dataset_places import take_away, take_copies
from app.pages.library.dataset_records import DatasetRecord
from app.pages.library.dataset_refusals import no_copy, no_download, no_folder, no_removal, not_own
from app.pages.library.download_dialog import DownloadDialog
from app.pages.library.file_dialogs import ask_folder, ask_open, confirm, show_folder
from app.pages.library.join_dialog import JoinDialog
from app.pages.library.own_dialog import OwnFolderDialog
from core.data.acquire import datasets_dir
from core.data.places import find_place
from core.data.recognise import RecognisedCopy
from core.data.saved_joins import remember_join

if TYPE_CHECKING:
    from app.pages.library.datasets_tab import DatasetsTab

TABLES = "Tables (*.csv *.tsv *.jsonl *.json *.txt);;All files (*)"
Refusal = Callable[[DatasetRecord], str]


class DatasetActions:
    """The actions of the Datasets tab; each says in its tooltip why it cannot be done."""

    def __init__(self, tab: DatasetsTab) -> None:
        self._tab = tab
        self._studio = tab.studio
        self._refusals: list[tuple[QAction, Refusal]] = []
        self._icons: dict[QAction, str] = {}
        make = self._make
        self.download = make("Download...", "download", self._download, no_download)
        self.copy = make("Use a copy...", "folder-search-outline", self._use_copy, no_copy)
        self.check = make("Check", "clipboard-check-outline", self._check, self._no_work("check"))
        self.extract = make(
            "Extract...", "database-plus-outline", self._extract, self._no_work("extract")
        )
        self.folder = make("Show in folder", "folder-outline", self._folder, no_folder)
        self.columns = make("Columns and splits...", "table-edit", self._columns, not_own)
        self.remove = make("Remove...", "trash-can-outline", self._remove, no_removal, "danger")
        self._buttons: dict[QAction, QPushButton] = {}

    def buttons(self) -> list[QWidget]:
        """Make the buttons for the chosen dataset."""
        made: list[QWidget] = []
        for action in (self.download, self.copy, self.check, self.extract):
            button = QPushButton(action.text())
            # Not the action's icon: that of a button follows the colours by itself.
            self._studio.theme.set_icon(button, self._icons[action])
            button.clicked.connect(action.trigger)
            self._buttons[action] = button
            made.append(button)
        more = QToolButton()
        more.setToolTip("More")
        more.setAccessibleName("More actions")
        self._studio.theme.set_icon(more, "dots-horizontal")
        more.clicked.connect(
            lambda: self._tab.table.make_menu().popup(more.mapToGlobal(more.rect().bottomLeft()))
        )
        made.append(more)
        return made

    def list_buttons(self) -> list[QWidget]:
        """Make the buttons of the list."""
        self.add = QPushButton("Add")
        self._studio.theme.set_icon(self.add, "plus")
        self.add.setToolTip("Add a copy of a dataset, or your own folder")
        menu = QMenu(self.add)
        theme = self._studio.theme
        for text, icon, slot in (
            ("Copy of a published dataset...", "folder-search-outline", self._any_copy),
            ("Your own folder...", "folder-plus-outline", self._own_folder),
            ("Your own table (CSV, JSONL)...", "table-plus", self._own_table),
        ):
            action = menu.addAction(text)
            theme.set_icon(action, icon)
            action.triggered.connect(slot)
        self.add.setMenu(menu)
        self.join = QPushButton("Join...")
        self._studio.theme.set_icon(self.join, "set-merge")
        self.join.setToolTip("Train on several datasets together")
        self.join.clicked.connect(self._join)
        return [self.add, self.join]

    def menu_actions(self) -> list[QAction | None]:
        """Return what a right click offers."""
        return [
            self.download,
            self.copy,
            None,
            self.check,
            self.extract,
            self.columns,
            None,
            self.folder,
            self.remove,
        ]

    def update_record(self, record: DatasetRecord | None) -> None:
        """Take into account which dataset is chosen and what is done with it."""
        for action, refuse in self._refusals:
            why = "Select a dataset first." if record is None else refuse(record)
            action.setEnabled(not why)
            action.setToolTip(why or action.text())
        for action, button in self._buttons.items():
            wanted = record is not None and (
                action in (self.check, self.extract)
                if record.usable
                else action in (self.download, self.copy)
            )
            if record is not None and action is self.download and record.usable:
                wanted = bool(record.entry.published and record.entry.published.parts)
            button.setVisible(wanted)
            button.setEnabled(action.isEnabled())
            button.setToolTip(action.toolTip())

    def how_to_begin(self, record: DatasetRecord) -> tuple[str, str, str]:
        """Return title, sentence and button for a dataset that is not here."""
        published = record.entry.published
        if record.entry.state == "broken" or record.joined:
            return "This dataset cannot be read", record.entry.problem, "Use a copy..."
        how = published.remedy if published is not None else record.entry.problem
        if published is not None and published.parts and not published.remedy:
            how = "Download it, or point at a copy that you have."
        if record.entry.folder is not None:
            # Its other versions are here; what this one lacks is what the problem says.
            how = record.entry.problem
        button = "Download..." if not no_download(record) else "Use a copy..."
        return f"{record.entry.title} is not here yet", how, button

    def begin(self) -> None:
        """Do the one thing that gets the chosen dataset."""
        record = self._tab.table.current()
        if record is not None:
            missing = record.entry.state == "missing" and not no_download(record)
            (self.download if missing else self.copy).trigger()

    # ---- getting ---------------------------------------------------------------------------

    def _download(self) -> None:
        record = self._record()
        published = record.entry.published
        assert published is not None
        dialog = DownloadDialog(self._studio, published, self._tab)
        dialog.chosen.connect(
            lambda root, parts, keep: self._tab.works.download(
                published.name, published.title, root, parts, keep
            )
        )
        dialog.open()

    def _use_copy(self) -> None:
        record = self._record()
        if record.entry.own:
            self._columns()
            return
        published = record.entry.published
        assert published is not None
        wanted = published.name
        folder = ask_folder(self._studio, self._tab, f"Folder of {record.entry.title}")
        if folder is not None:
            self._recognise(folder, wanted, record.name)

    def _any_copy(self) -> None:
        folder = ask_folder(self._studio, self._tab, "Folder of a published dataset")
        if folder is not None:
            self._recognise(folder, "", "")

    def _recognise(self, folder: Path, wanted: str, chosen: str) -> None:
        self._studio.jobs.run_quick(
            lambda: take_copies(folder, wanted),
            lambda copies: self._recognised(copies, chosen),
            self._tab.failed,
            self._tab,
        )

    def _recognised(self, copies: tuple[RecognisedCopy, ...], chosen: str) -> None:
        self._tab.banner.show_message(" ".join(copy.sentence() for copy in copies), "info")
        self._tab.choose(chosen or copies[0].name)
        self._studio.datasets_changed.emit()

    # ---- one's own -------------------------------------------------------------------------

    def _own_folder(self) -> None:
        folder = ask_folder(self._studio, self._tab, "Folder with your sounds")
        if folder is not None:
            self._edit(folder)

    def _own_table(self) -> None:
        table = ask_open(self._studio, self._tab, "Table beside your sounds", TABLES)
        if table is not None:
            self._edit(table)

    def _columns(self) -> None:
        record = self._record()
        place = find_place(record.name)
        if place is not None:
            self._edit(place.root, record.name)

    def _edit(self, root: Path, name: str = "") -> None:
        dialog = OwnFolderDialog(self._studio, root, self._tab, name)
        dialog.added.connect(self._added)
        dialog.open()

    def _added(self, name: str) -> None:
        self._tab.facts = None
        self._tab.choose(name)
        self._studio.datasets_changed.emit()

    def _join(self) -> None:
        records = [one for one in self._tab.table.records() if not one.joined]
        records.sort(key=lambda one: not one.usable)
        dialog = JoinDialog(records, self._tab)
        dialog.chosen.connect(lambda names: self._quick(lambda: remember_join(names), self._added))
        dialog.open()

    # ---- work ------------------------------------------------------------------------------

    def _check(self) -> None:
        self._tab.show_view("check")
        self._tab.check.check(True)

    def _extract(self) -> None:
        self._tab.show_view("features")
        self._tab.features.ask()

    def _folder(self) -> None:
        folder = self._record().entry.folder
        if folder is not None:
            show_folder(self._studio, folder)

    def _remove(self) -> None:
        record = self._record()
        folder, name = record.entry.folder, record.name
        ours = folder is not None and datasets_dir() in folder.parents and not record.entry.own
        if ours:
            size = f" ({size_text(record.size)})" if record.size else ""
            question = f"Move the downloaded files of “{record.entry.title}”{size} to the bin?"
            agreed = confirm(self._tab, "Remove dataset", question, "Move to bin")
        else:
            question = f"Take “{record.entry.title}” off the list? Its files stay where they are."
            agreed = confirm(self._tab, "Remove dataset", question, "Remove")
        if agreed:
            target = folder if ours else None
            self._quick(lambda: take_away(name, target), lambda _none: self._removed())

    def _removed(self) -> None:
        self._studio.datasets_changed.emit()

    # ---- inside ----------------------------------------------------------------------------

    def _quick(self, function: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._studio.jobs.run_quick(function, done, self._tab.failed, self._tab)

    def _record(self) -> DatasetRecord:
        record = self._tab.table.current()
        assert record is not None
        return record

    def _make(
        self, text: str, icon: str, slot: Callable[[], Any], refuse: Refusal, role: str = "text"
    ) -> QAction:
        action = QAction(text, self._tab)
        self._studio.theme.set_icon(action, icon, role)
        self._icons[action] = icon
        action.triggered.connect(slot)
        self._refusals.append((action, refuse))
        return action

    def _no_work(self, kind: Any) -> Refusal:
        def refuse(record: DatasetRecord) -> str:
            if not record.usable:
                return "It is not here, or cannot be read."
            busy = self._tab.works.find(record.name, kind) is not None
            return "This is being done." if busy else ""

        return refuse
