"""The table as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from app.pages.compare.results import LETTERS, ResultRow


def results_csv(
    titles: Sequence[str],
    rows: Sequence[ResultRow],
    scores: Mapping[str, Mapping[int, float]] | None = None,
) -> str:
    """Return one line a clip: its references, then caption, log-probability and score a system.

    `scores` holds CIDEr-D by clip key and number of the system, where it was computed.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    most = max((len(row.clip.references) for row in rows), default=0)
    heads = ["clip", "file", "duration_s", "tags"]
    heads += [f"reference_{number}" for number in range(1, most + 1)]
    for letter, title in zip(LETTERS, titles, strict=False):
        heads += [f"caption {letter} ({title})", f"log_prob {letter}", f"cider_d {letter}"]
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
        own = (scores or {}).get(row.clip.key, {})
        for system, caption in enumerate(row.captions):
            cells += [caption.text, f"{caption.log_prob:.4f}"] if caption else ["", ""]
            cells.append(f"{own[system]:.4f}" if caption and system in own else "")
        writer.writerow(cells)
    return text.getvalue()
