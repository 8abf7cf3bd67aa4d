"""Caption metrics, computed in a process of their own.

Importing the metrics takes seconds, and computing them is pure Python that would block the caller's
interpreter and thus the window. The process starts when a `Scorer` is entered, prepares itself,
serves every request and ends with the scorer or with its parent.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from core.errors import MetricError
from core.evaluation.metric_files import EXTRA
from core.evaluation.registry import METRICS, QUICK_METRICS
from core.evaluation.statistics import caption_statistics, words_in
from core.programs import NO_WINDOW


@dataclass(frozen=True)
class Scores:
    """Scores of a set of captions.

    `corpus` holds one score per metric, `per_clip` one per clip for the metrics that have them, and
    `unavailable` one sentence for each metric that could not be computed; ranges are described in
    `core.evaluation.registry`. `counts` holds rows of counts per clip ("bleu", "meteor"), whose
    sums give those scores for any set of clips. `tokenizer` names the tokeniser that was used.
    """

    corpus: dict[str, float]
    per_clip: dict[str, list[float]] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)
    counts: dict[str, list[list[float]]] = field(default_factory=dict)
    tokenizer: str = ""


def missing_metrics() -> str:
    """Return in one sentence why the reference metrics cannot be computed here, or ""."""
    if importlib.util.find_spec("aac_metrics") is None:
        return f"The package aac-metrics is not installed; {EXTRA}"
    return ""


class Scorer:
    """Scores captions against references; a context manager that holds the metrics process.

    One scorer may be used from several threads. Without the metrics extra it starts no process and
    returns the statistics that need none (`core.evaluation.statistics`).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._errors: IO[bytes] | None = None
        self._waiting: dict[int, tuple[subprocess.Popen[str], Future[dict[str, Any]]]] = {}
        self._count = 0
        self._closed = False
        # What is being computed, in words, for whoever waits.
        self.phase = ""

    def __enter__(self) -> Scorer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the process where it does not run yet; returns at once and raises nothing."""
        with self._lock:
            self._closed = False
            if not missing_metrics() and not self._alive():
                # Whoever asks for scores will try again and be told.
                with suppress(MetricError):
                    self._start()

    def close(self) -> None:
        """End the process, whatever it is doing."""
        with self._lock:
            self._closed = True
            process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def score(
        self,
        candidates: Sequence[str],
        references: Sequence[Sequence[str]],
        metrics: Sequence[str] = QUICK_METRICS,
        *,
        stanford: bool = False,
    ) -> Scores:
        """Return the scores of `candidates` against the references of the same clips.

        `metrics` are names of `core.evaluation.registry`. With `stanford` the words are made by
        the Java tokenizer where it is installed; the one in Python gives the same on captions.

        Raises
        ------
        MetricError
            The lists do not belong together, or the metrics process failed.
        """
        return self.submit(candidates, references, metrics, stanford=stanford).result()

    def submit(
        self,
        candidates: Sequence[str],
        references: Sequence[Sequence[str]],
        metrics: Sequence[str] = QUICK_METRICS,
        *,
        stanford: bool = False,
    ) -> Future[Scores]:
        """Ask for scores and return at once. Raises `MetricError` for lists of unequal length."""
        own, captions = list(candidates), [list(texts) for texts in references]
        if not own:
            raise MetricError("There is no caption to score.")
        if len(own) != len(captions):
            raise MetricError(
                f"There are {len(own)} captions but references for {len(captions)} clips; "
                "each clip needs one caption and its references."
            )
        unknown = [name for name in metrics if name not in METRICS]
        if unknown:
            raise MetricError(
                f"There is no metric named {unknown[0]}; 'aac-studio metrics' lists them."
            )
        result: Future[Scores] = Future()
        statistics = caption_statistics(own)
        lengths = {"words_per_caption": words_in(own)}
        computed = [name for name in metrics if name not in statistics]
        reason = missing_metrics()
        if reason or not computed:
            result.set_result(Scores(statistics, lengths, dict.fromkeys(computed, reason)))
            return result
        reply = self._ask(own, captions, computed, stanford)
        reply.add_done_callback(lambda done: _translate(done, statistics, lengths, result))
        return result

    def _ask(
        self,
        candidates: list[str],
        references: list[list[str]],
        metrics: list[str],
        stanford: bool,
    ) -> Future[dict[str, Any]]:
        reply: Future[dict[str, Any]] = Future()
        with self._lock:
            if self._closed:
                raise MetricError("The metrics were asked for after they had been closed.")
            if not self._alive():
                self._start()
            process = self._process
            assert process is not None and process.stdin is not None
            self._count += 1
            request = {
                "id": self._count,
                "candidates": candidates,
                "references": references,
                "metrics": metrics,
                "stanford": stanford,
            }
            self._waiting[self._count] = process, reply
            # A dying process refuses; its reader gives every waiting request the reason.
            with suppress(OSError):
                process.stdin.write(json.dumps(request) + "\n")
                process.stdin.flush()
        return reply

    def _alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _start(self) -> None:
        root = str(Path(__file__).resolve().parents[2])
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(
                part for part in (root, os.environ.get("PYTHONPATH", "")) if part
            ),
            "PYTHONIOENCODING": "utf-8",
            # Text metrics need neither a GPU nor more than one core.
            "CUDA_VISIBLE_DEVICES": "",
            "OMP_NUM_THREADS": "1",
        }
        errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed by its reader)
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "core.evaluation.score_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
                env=environment,
                creationflags=NO_WINDOW,
            )
        except OSError as error:
            errors.close()
            raise MetricError(f"The metrics process could not be started ({error}).") from error
        self._process = process
        reader = threading.Thread(
            target=self._read, args=(process, errors), name="metrics reader", daemon=True
        )
        reader.start()

    def _read(self, process: subprocess.Popen[str], errors: IO[bytes]) -> None:
        """Hand every reply to whoever waits for it, until the process ends."""
        assert process.stdout is not None and process.stdin is not None
        with process.stdout, errors:
            for line in process.stdout:
                try:
                    reply = json.loads(line)
                    if "phase" in reply:
                        self.phase = str(reply["phase"])
                        continue
                    _, waiting = self._waiting.pop(reply["id"])
                except (ValueError, KeyError, TypeError):
                    continue
                waiting.set_result(reply)
            process.wait()
            errors.seek(0)
            lines = errors.read().decode("utf-8", "replace").strip().splitlines()
        with self._lock:
            with suppress(OSError):
                process.stdin.close()
            if self._process is process:
                self._process = None
            lost = [key for key, (owner, _) in self._waiting.items() if owner is process]
            futures = [self._waiting.pop(key)[1] for key in lost]
            reason = "it was closed" if self._closed else (lines[-1] if lines else "it was killed")
        for future in futures:
            future.set_exception(
                MetricError(f"The metrics process ended before it had answered ({reason}).")
            )


def _translate(
    done: Future[dict[str, Any]],
    statistics: dict[str, float],
    lengths: dict[str, list[float]],
    result: Future[Scores],
) -> None:
    error = done.exception()
    if error is not None:
        result.set_exception(error)
        return
    reply = done.result()
    if "error" in reply:
        result.set_exception(MetricError(f"The captions cannot be scored: {reply['error']}."))
        return
    result.set_result(
        Scores(
            {**reply["corpus"], **statistics},
            {**reply["per_clip"], **lengths},
            reply["unavailable"],
            reply["counts"],
            reply["tokenizer"],
        )
    )
