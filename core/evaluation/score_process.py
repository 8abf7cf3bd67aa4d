"""The metrics process: requests come in as lines of JSON, scores go out as lines of JSON.

Started by `core.evaluation.scorer` as ``python -m core.evaluation.score_process``. It ends when its
standard input is closed, which the operating system does when the parent dies, however it dies.

Request  ``{"id": 1, "candidates": ["a dog barks", ...], "references": [["a dog", ...], ...],
         "metrics": ["cider_d", ...], "stanford": false}``
Replies  ``{"id": 1, "phase": "METEOR"}`` any number of times, then ``{"id": 1, "corpus": {...},
         "per_clip": {...}, "counts": {...}, "unavailable": {...}, "tokenizer": "..."}`` or
         ``{"id": 1, "error": "..."}``
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from typing import Any, TextIO

from core.evaluation.compute import Computer


def _read(requests: queue.SimpleQueue[str], stream: TextIO) -> None:
    for line in stream:
        requests.put(line)
    # The parent has gone or wants no more: whatever is being computed, nobody waits for it.
    _end_children()
    os._exit(0)


def _end_children() -> None:
    """Kill what was started from here: a Java program would go on for minutes."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        try:
            child.kill()
        except psutil.Error:
            continue


def main() -> int:
    """Answer requests until standard input ends."""
    # Ctrl+C reaches every process of the terminal; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Replies have the real standard output to themselves; a library that prints writes to stderr.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    requests: queue.SimpleQueue[str] = queue.SimpleQueue()
    incoming = os.fdopen(os.dup(0), "r", encoding="utf-8")
    threading.Thread(target=_read, args=(requests, incoming), daemon=True).start()
    computer = Computer()

    def send(reply: dict[str, Any]) -> None:
        replies.write(json.dumps(reply) + "\n")
        replies.flush()

    while True:
        request = json.loads(requests.get())
        number = request["id"]
        try:
            for found in computer.compute(
                request["candidates"],
                request["references"],
                request["metrics"],
                stanford=request["stanford"],
            ):
                send({"id": number, **found})
        except Exception as error:
            send({"id": number, "error": str(error) or type(error).__name__})


if __name__ == "__main__":
    sys.exit(main())
