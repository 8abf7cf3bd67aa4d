"""``aac-studio data``: datasets on this machine, from listing them to their features."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli import data_work
from core.cli.checkpoint_option import add_device_option
from core.cli.numbers import number, whole
from core.cli.output import path_text, table
from core.cli.parser import actions_of
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
    action = actions_of(parser, common)
    action("list", "list what is known and what is here (default)")
    _add_dataset(action("info", "show what a dataset is and has"))
    use = action("use", "point at a copy that is here already")
    use.add_argument("name", metavar="NAME", help="a published dataset, such as clotho")
    use.add_argument("folder", metavar="FOLDER", help="the folder that holds it")
    _add_own(
        action(
            "add",
            "make a dataset of a folder of your own",
            more="The columns of its tables are guessed; what is given here is not.",
        )
    )
    forget = action("forget", "forget where a dataset lies; its files stay")
    forget.add_argument("name", metavar="NAME", help="as 'aac-studio data' lists it")
    _add_download(
        action(
            "download",
            "download a dataset that is free",
            more="Downloads are resumed, verified and unpacked. Size and licence come first.",
        )
    )
    check = action(
        "check",
        "look for faults, duplicates and leaks",
        more="Reads every sound and every caption; changes nothing.",
    )
    _add_dataset(check)
    _add_split(check)
    check.add_argument("--quick", action="store_true", help="read headers, do not listen")
    check.add_argument(
        "--json",
        metavar="OUT",
        help="also write the whole report there; - is standard output, which then has nothing else",
    )
    _add_extract(
        action(
            "extract",
            "extract the features that training and evaluation need",
            more="Goes on where an earlier extraction stopped.",
        )
    )
    parser.set_defaults(run=run)


def _add_dataset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="NAME", help="as 'aac-studio data' lists it; several with + between them"
    )
    parser.add_argument(
        "--root",
        default="",
        metavar="FOLDER",
        help="where the dataset lies; folder needs it; of several, as in 'clotho=FOLDER; "
        "macs=FOLDER' (default: its known place)",
    )


def _add_split(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--split",
        action="append",
        metavar="NAME",
        default=[],
        help="one split; may be given several times (default: all of them)",
    )


def _add_download(download: argparse.ArgumentParser) -> None:
    download.add_argument("name", metavar="NAME", help="as 'aac-studio data' lists it")
    download.add_argument(
        "parts", nargs="*", metavar="PART", help="splits to get (default: all of them)"
    )
    download.add_argument(
        "--root", metavar="FOLDER", help="where to (default: the program's own folder)"
    )
    download.add_argument(
        "--keep-archives", action="store_true", help="keep archives once they are unpacked"
    )
    download.add_argument("--yes", action="store_true", help="begin without asking")


def _add_extract(extract: argparse.ArgumentParser) -> None:
    _add_dataset(extract)
    _add_split(extract)
    extract.add_argument(
        "--encoder",
        metavar="NAME",
        default="yamnet",
        help="as 'aac-studio weights' lists it, yamnet or yamnet-tags (default: yamnet)",
    )
    extract.add_argument(
        "--dtype",
        choices=("float32", "float16"),
        default="float32",
        help="number type of the stored features; float16 takes half the room (default: float32)",
    )
    add_device_option(extract)


def _add_own(add: argparse.ArgumentParser) -> None:
    add.add_argument("name", metavar="NAME", help="a name for it: letters, digits, - _ .")
    add.add_argument(
        "folder", metavar="FOLDER", help="the folder, or a table in it (CSV, TSV, JSONL, JSON)"
    )
    add.add_argument(
        "--table",
        action="append",
        metavar="FILE",
        help="a table in the folder; may be given several times",
    )
    add.add_argument(
        "--no-table", action="store_true", help="read no table: the sounds alone, for captioning"
    )
    add.add_argument("--file-column", metavar="COLUMN", help="the column with file names")
    add.add_argument(
        "--caption-column",
        action="append",
        metavar="COLUMN",
        help="a column with captions; may be given several times",
    )
    add.add_argument("--split-column", metavar="COLUMN", help="the column with the split, if any")
    for name, what in (("validation", "validate with"), ("test", "test with")):
        add.add_argument(
            f"--{name}-share",
            type=number(0, 1),
            metavar="SHARE",
            help=f"share of the sounds to {what} where no column says, 0 to 1 (default: 0.1)",
        )
    add.add_argument(
        "--split-seed",
        type=whole(0),
        metavar="N",
        help="another number draws other splits (default: 0)",
    )


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
    if options.no_table:
        OwnFolder(root, ColumnMapping(), options.name)
        remember_own(options.name, root, ColumnMapping())
        print(describe(options.name))
        return 0
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
