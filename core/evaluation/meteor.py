"""METEOR 1.5 by its authors' program, kept running, and its formula for resampled sets of clips.

Denkowski and Lavie, "Meteor Universal", 2014. The program returns 23 counts per caption; the score
of any set of captions is a function of their summed counts, so resampled sets need no Java.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import MetricError
from core.programs import NO_WINDOW

COUNTS = 23
# English: weights of exact, stem, synonym and paraphrase matches, then alpha to delta.
_MATCHES = np.array([1.0, 0.6, 0.8, 0.6])
_ALPHA, _BETA, _GAMMA, _DELTA = 0.85, 0.2, 0.6, 0.75


class Meteor:
    """The running program. It loads its table of paraphrases once, which takes seconds."""

    def __init__(self, java: Path, jar: Path) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed by close)
        try:
            self._process = subprocess.Popen(
                [
                    str(java),
                    # Otherwise numbers are written with the locale's decimal separator.
                    "-Duser.country=US",
                    "-Duser.language=en",
                    "-Dfile.encoding=UTF-8",
                    "-Xmx2G",
                    "-jar",
                    str(jar),
                    *("-", "-", "-stdio", "-l", "en", "-norm"),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                encoding="utf-8",
                creationflags=NO_WINDOW,
            )
        except OSError as error:
            self._errors.close()
            raise MetricError(f"METEOR's program cannot be started ({error}).") from error

    def close(self) -> None:
        """End the program."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue
        self._errors.close()

    @property
    def alive(self) -> bool:
        """Whether the program runs."""
        return self._process.poll() is None

    def counts(
        self, candidates: Sequence[str], references: Sequence[Sequence[str]]
    ) -> NDArray[np.float64]:
        """Return (N, 23) counts of tokenised captions. Raises `MetricError` when Java fails."""
        table = np.zeros((len(candidates), COUNTS))
        for row, (candidate, texts) in enumerate(zip(candidates, references, strict=True)):
            parts = ["SCORE", *map(_plain, texts), _plain(candidate)]
            fields = self._ask(" ||| ".join(parts)).split()
            if len(fields) != COUNTS:
                raise MetricError(f"METEOR answered '{' '.join(fields)[:80]}' to a caption.")
            table[row] = [float(value) for value in fields]
        return _without_whole(table)

    def _ask(self, line: str) -> str:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        try:
            stdin.write(line + "\n")
            stdin.flush()
            answer = stdout.readline()
        except OSError:
            answer = ""
        if not answer:
            self._errors.seek(0)
            told = self._errors.read().decode("utf-8", "replace").strip().splitlines()
            reason = told[-1] if told else "it ended without a word"
            raise MetricError(f"METEOR's program failed: {reason}.")
        return answer.strip()


def meteor_score(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return METEOR, 0 to 1, of summed counts, (..., 23) to (...); no words give 0."""
    length, reference_length, functions, reference_functions = np.moveaxis(counts[..., :4], -1, 0)
    # Stage by stage: content words of candidate and reference, function words of both.
    stages = counts[..., 4:20].reshape(*counts.shape[:-1], 4, 4) * _MATCHES[:, None]
    content, reference_content, function, reference_function = np.moveaxis(stages.sum(-2), -1, 0)
    chunks, matches, reference_matches = np.moveaxis(counts[..., 20:], -1, 0)
    precision = _ratio(_weighted(content, function), _weighted(length - functions, functions))
    recall = _ratio(
        _weighted(reference_content, reference_function),
        _weighted(reference_length - reference_functions, reference_functions),
    )
    mean = _ratio(precision * recall, _ALPHA * precision + (1 - _ALPHA) * recall)
    fragmentation = _ratio(chunks, (matches + reference_matches) / 2)
    return np.asarray(mean * (1 - _GAMMA * fragmentation**_BETA))


def _without_whole(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Count no chunk for a caption that matches its reference completely, as the program does."""
    one = table[:, 20] == 1
    whole = one & (table[:, 21] == table[:, 0]) & (table[:, 22] == table[:, 1])
    table[whole, 20] = 0
    return table


def _weighted(content: NDArray[np.float64], function: NDArray[np.float64]) -> NDArray[np.float64]:
    return _DELTA * content + (1 - _DELTA) * function


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(above, below, out=np.zeros_like(above), where=below != 0)


def _plain(text: str) -> str:
    return text.replace("|||", " ").strip()
