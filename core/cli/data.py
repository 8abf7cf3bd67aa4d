"""``aac-studio data``: datasets on this machine, from listing them to their features."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli import data_work
from core.cli.output import path_text, table
from core.errors import DatasetError
from core.wording import count_text

if TYPE_CHECKING:
    from core.data.catalogue import CatalogueEntry


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command with its own actions."""
    parser = commands.add_parser(
        "data",
        parents=[common],
        help="list, add, download, check datasets and extract their features",
        description="Datasets that AAC Studio knows, and folders of your own.",
    )
    actions = parser.add_subparsers(metavar="ACTION", dest="action")
    actions.add_parser("list", parents=[common], help="what is known and what is here (default)")
    info = actions.add_parser("info", parents=[common], help="what a dataset is and has")
    _add_dataset(info)
    _add_use(actions, common)
    _add_add(actions, common)
    remove = actions.add_parser(
        "forget", parents=[common], help="forget where a dataset lies; its files stay"
    )
    remove.add_argument("name", metavar="NAME", help="as 'data list' shows it")
    download = actions.add_parser(
        "download",
        parents=[common],
        help="download a dataset that is free",
        description="Downloads are resumed, verified and unpacked. Size and licence come first.",
    )
    download.add_argument("name", metavar="NAME", help="clotho, for one")
    download.add_argument(
        "parts", nargs="*", metavar="PART", help="splits to get; default: all of them"
    )
    download.add_argument(
        "--root", metavar="FOLDER", help="where to; default: the program's own folder"
    )
    download.add_argument(
        "--keep-archives", action="store_true", help="keep archives once they are unpacked"
    )
    download.add_argument("--yes", action="store_true", help="begin without asking")
    check = actions.add_parser(
        "check",
        parents=[common],
        help="look for faults, duplicates and leaks",
        description="Reads every sound and every caption; changes nothing.",
    )
    _add_dataset(check)
    check.add_argument("--split", action="append", default=[], help="one split; may be repeated")
    check.add_argument("--quick", action="store_true", help="read headers, do not listen")
    check.add_argument("--json", metavar="FILE", help="write the whole report there as well")
    extract = actions.add_parser(
        "extract",
        parents=[common],
        help="extract the features that training and evaluation need",
        description="Goes on where an earlier extraction stopped.",
    )
    _add_dataset(extract)
    extract.add_argument("--split", action="append", default=[], help="one split; may be repeated")
    extract.add_argument(
        "--encoder", default="yamnet", help="as the Library lists them; default: yamnet"
    )
    extract.add_argument(
        "--dtype",
        choices=("float32", "float16"),
        default="float32",
        help="number type of the stored features; float16 takes half the room; default: float32",
    )
    extract.add_argument("--device", default="auto", help="auto, cpu, mps or cuda:0; default: auto")
    parser.set_defaults(run=run)


def _add_dataset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="NAME", help="as 'data list' shows it; several with + between them"
    )
    parser.add_argument(
        "--root",
        default="",
        metavar="FOLDER",
        help="where the dataset lies; folder needs it; of several, as in 'clotho=FOLDER; "
        "macs=FOLDER'",
    )


def _add_use(actions: Any, common: argparse.ArgumentParser) -> None:
    use = actions.add_parser("use", parents=[common], help="point at a copy that is here already")
    use.add_argument("name", metavar="NAME", help="a published dataset, such as clotho")
    use.add_argument("folder", metavar="FOLDER", help="the folder that holds it")


def _add_add(actions: Any, common: argparse.ArgumentParser) -> None:
    add = actions.add_parser(
        "add",
        parents=[common],
        help="make a dataset of a folder of your own",
        description="The columns of its tables are guessed; what is given here is not.",
    )
    add.add_argument("name", metavar="NAME", help="a name for it: letters, digits, - _ .")
    add.add_argument(
        "folder", metavar="FOLDER", help="the folder, or a table in it (CSV, TSV, JSONL, JSON)"
    )
    add.add_argument(
        "--table", action="append", metavar="FILE", help="a table in the folder; may be repeated"
    )
    add.add_argument("--file-column", metavar="COLUMN", help="the column with file names")
    add.add_argument(
        "--caption-column",
        action="append",
        metavar="COLUMN",
        help="a column with captions; may be repeated",
    )
    add.add_argument("--split-column", metavar="COLUMN", help="the column with the split, if any")
    add.add_argument("--validation-share", type=float, metavar="SHARE", help="default: 0.1")
    add.add_argument("--test-share", type=float, metavar="SHARE", help="default: 0.1")
    add.add_argument("--split-seed", type=int, metavar="N", help="default: 0")


def run(options: argparse.Namespace) -> int:
    """Carry out the action."""
    if options.action == "info":
        from core.cli.data_report import describe

        print(describe(options.name, options.root))
    elif options.action == "use":
        return _use(options)
    elif options.action == "add":
        return _add(options)
    elif options.action == "forget":
        from core.data.places import find_place, forget_place

        if find_place(options.name) is None:
            raise DatasetError(f"Nothing is remembered of a dataset named '{options.name}'.")
        forget_place(options.name)
    elif options.action == "download":
        return data_work.download(options)
    elif options.action == "check":
        return data_work.check(options)
    elif options.action == "extract":
        return data_work.extract(options)
    else:
        print(_list())
    return 0


def _list() -> str:
    from core.data.catalogue import list_datasets

    rows = [
        (entry.name, _state(entry), entry.title, path_text(entry.folder) if entry.folder else "")
        for entry in list_datasets()
    ]
    return table(("name", "state", "what it is", "folder"), rows)


def _state(entry: CatalogueEntry) -> str:
    unread = len(entry.unread)
    return f"{entry.state}, {count_text(unread, 'table')} not read" if unread else entry.state


def _use(options: argparse.Namespace) -> int:
    from core.data.datasets import open_dataset
    from core.data.places import remember_place
    from core.data.published import find_published

    published = find_published(options.name)
    folder = Path(options.folder).expanduser().absolute()
    if published.name != "audiocaps":  # Of its two versions either may be there.
        open_dataset(published.name, folder)
    remember_place(published.name, folder)
    print(f"{published.title}: {path_text(folder)}")
    return 0


def _add(options: argparse.Namespace) -> int:
    from dataclasses import replace

    from core.cli.data_report import describe
    from core.data.folder_preview import preview_folder
    from core.data.mapping import ColumnMapping
    from core.data.own import OwnFolder
    from core.data.places import remember_own

    root = Path(options.folder).expanduser().absolute()
    preview = preview_folder(_table_in(root, options.table) if options.table else root)
    given = {
        "tables": tuple(options.table) if options.table else None,
        "file": options.file_column,
        "captions": tuple(options.caption_column) if options.caption_column else None,
        "split": options.split_column,
        "validation_share": options.validation_share,
        "test_share": options.test_share,
        "seed": options.split_seed,
    }
    changes = {key: value for key, value in given.items() if value is not None}
    mapping = preview.guess
    if mapping is None:
        if options.file_column is None:
            raise DatasetError(preview.problem)
        mapping = ColumnMapping(tables=tuple(one.name for one in preview.tables[:1]))
    mapping = replace(mapping, **changes)
    OwnFolder(root, mapping, options.name)
    remember_own(options.name, root, mapping)
    print(describe(options.name))
    return 0


def _table_in(folder: Path, names: Sequence[str]) -> Path:
    """Return the first of the tables that are to be read; its columns are guessed for all."""
    from core.data.mapping import find_tables

    there = find_tables(folder)
    absent = next((name for name in names if name not in there), None)
    if absent is not None:
        has = f"its tables are {', '.join(there)}" if there else "it has no table"
        raise DatasetError(f"There is no table '{absent}' in {folder}; {has}.")
    return folder / names[0]
