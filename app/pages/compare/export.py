"""The table of clips as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from app.pages.compare.rows import LETTERS, ResultRow
from core.evaluation.registry import METRICS


def results_csv(
    titles: Sequence[str],
    rows: Sequence[ResultRow],
    scores: Mapping[int, Mapping[str, Mapping[str, float]]] | None = None,
) -> str:
    """Return one line a clip: its references, then caption, log-probability and scores a system.

    `scores` holds figures by number of the system, metric and clip key, where they were computed.
    """
    known = scores or {}
    present = {name for one in known.values() for name in one}
    metrics = [name for name in METRICS if name in present]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    most = max((len(row.clip.references) for row in rows), default=0)
    heads = ["clip", "file", "duration_s", "tags"]
    heads += [f"reference_{number}" for number in range(1, most + 1)]
    for letter, title in zip(LETTERS, titles, strict=False):
        heads += [f"caption {letter} ({title})", f"log_prob {letter}"]
        heads += [f"{name} {letter}" for name in metrics]
    writer.writerow(heads)
    for row in rows:
        references = [*row.clip.references, *[""] * (most - len(row.clip.references))]
        cells = [
            row.clip.title,
            str(row.clip.path or ""),
            f"{row.clip.duration:.2f}" if row.clip.duration else "",
            "; ".join(row.clip.tags),
            *references,
        ]
        for system, told in enumerate(row.captions):
            log_prob = told.log_prob if told else None
            cells += [told.text if told else "", "" if log_prob is None else f"{log_prob:.4f}"]
            for name in metrics:
                value = known.get(system, {}).get(name, {}).get(row.clip.key)
                cells.append("" if value is None else f"{value:.4f}")
        writer.writerow(cells)
    return text.getvalue()
