"""The long actions of ``aac-studio data``: download, check, extract."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from core.cli.exit_codes import INTERRUPTED, SOME_FAILED
from core.cli.output import interruptible, path_text, size, table
from core.cli.output_places import check_writable, is_standard_output, write_text
from core.errors import DatasetError
from core.events import close_work
from core.wording import count_text


def download(options: argparse.Namespace) -> int:
    """Download a published dataset."""
    from core.cli.progress import ProgressBar
    from core.data.acquire import dataset_folder, dataset_status, download_dataset
    from core.data.published import find_published

    published = find_published(options.name)
    root = Path(options.root) if options.root else None
    states = dataset_status(options.name, root)
    wanted = [one for one in states if not options.parts or one.part.name in options.parts]
    print(f"{published.title}: {published.summary}\n{published.homepage}")
    print(f"Licence: {published.licence}\nCite: {published.citation}\n")
    if published.remedy:
        print(published.remedy + "\n")
    head = ("part", "state", "still to download", "size on disk")
    rows = [
        (
            one.part.name,
            one.state,
            f"about {size(one.to_download)}" if one.to_download else "",
            f"about {size(one.part.unpacked_size)}",
        )
        for one in wanted
    ]
    if rows:
        folder = dataset_folder(options.name, root)
        print(table(head, rows) + f"\n\nTo: {path_text(folder)}", flush=True)
    left = sum(one.to_download + one.to_unpack for one in wanted)
    if left and not options.yes and sys.stdin.isatty() and not _agreed():
        return SOME_FAILED
    with interruptible() as interrupt, ProgressBar() as bar:
        events = download_dataset(
            options.name, root, options.parts, keep_archives=options.keep_archives
        )
        for event in events:
            bar.move(event.phase, event.done, event.total, event.message)
            if interrupt:
                close_work(events)
                bar.line("Stopped. What has arrived is kept; the same command continues.")
                return INTERRUPTED
    print("Everything is here.")
    return 0


def _agreed() -> bool:
    return input("Download? [y/N] ").strip().lower() in ("y", "yes")


def check(options: argparse.Namespace) -> int:
    """Check a dataset and print the report."""
    from core.cli.data_report import report_text
    from core.cli.progress import ProgressBar
    from core.data.check import DatasetChecked, check_dataset
    from core.data.check_report import save_report
    from core.data.datasets import open_dataset
    from core.events import Progress

    out = Path(options.json).expanduser() if options.json else None
    if out is not None:
        check_writable(out)
        if out.is_file() and out.suffix.lower() != ".json":
            raise DatasetError(f"{out} is not a JSON file; name another one for the report.")
    alone = out is not None and is_standard_output(out)
    dataset = open_dataset(options.name, options.root or None)
    with interruptible() as interrupt, ProgressBar() as bar:
        events = check_dataset(dataset, options.split, listen=not options.quick)
        for event in events:
            if isinstance(event, Progress):
                bar.move(event.phase, event.done, event.total)
            if isinstance(event, DatasetChecked):
                report = event.report
                save_report(report)
                if not alone:
                    bar.line(report_text(report))
                if out is not None:
                    bar.close()
                    text = json.dumps(report.to_record(), indent=2, ensure_ascii=False)
                    write_text(out, text + "\n")
                    if not alone:
                        bar.line(f"\n{path_text(out)}")
                return int(any(severity == "error" for severity, _ in report.findings()))
            if interrupt:
                close_work(events)
                bar.line("Stopped.")
                break
    return INTERRUPTED


def extract(options: argparse.Namespace) -> int:
    """Extract features of a dataset."""
    from core.cli.progress import ProgressBar
    from core.events import Progress, Warned
    from core.training.extract_features import SplitExtracted, extract_dataset

    failed = 0
    with interruptible() as interrupt, ProgressBar() as bar:
        events = extract_dataset(
            options.name,
            options.root,
            options.split,
            encoder=options.encoder,
            dtype=options.dtype,
            device=options.device,
        )
        for event in events:
            if isinstance(event, Progress):
                bar.move(event.phase, event.done, event.total, event.message)
            elif isinstance(event, Warned):
                bar.warn(event.message)
            elif isinstance(event, SplitExtracted):
                failed += event.failed
                clips = count_text(event.clips, "clip")
                frames = count_text(event.frames, "frame")
                left_out = f", {event.failed:,} left out" if event.failed else ""
                bar.line(f"{event.split}: {clips}, {frames}{left_out}")
            if interrupt:
                close_work(events)
                bar.line("Stopped. What is extracted is kept; the same command continues.")
                return INTERRUPTED
    return int(failed > 0)
