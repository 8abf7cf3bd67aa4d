"""Evaluations as files: what one folder of scores holds, writing it and reading it.

``scores.json`` says what was scored and holds the corpus scores, ``captions.csv`` is the table for
people, ``clips.json`` holds scores and counts of each scored clip at full precision.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import MetricError
from core.evaluation.comparison import SystemScores
from core.evaluation.scorer import Scores
from core.files import read_json, write_json_atomic, write_text_atomic

SCORES_FILE = "scores.json"
CAPTIONS_FILE = "captions.csv"
CLIPS_FILE = "clips.json"


@dataclass(frozen=True, slots=True)
class CaptionedClip:
    """A clip's caption (for people, and as scored by the metrics) and its references.

    `log_prob` is the mean over its tokens, None if unknown.
    """

    clip: str
    caption: str
    scored: str
    log_prob: float | None
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeptEvaluation:
    """One system on one split, as read from its folder.

    `about` is the content of scores.json; `system` holds the scored clips.
    """

    folder: Path
    title: str
    dataset: str
    split: str
    captioned: tuple[CaptionedClip, ...]
    system: SystemScores
    unavailable: Mapping[str, str]
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def corpus(self) -> Mapping[str, float]:
        """Corpus scores by metric."""
        return self.system.corpus


def write_evaluation(
    folder: Path,
    captioned: Sequence[CaptionedClip],
    scores: Scores,
    corpus: Mapping[str, float],
    about: Mapping[str, Any],
) -> None:
    """Write the three files; `about` names what was scored ("title", "dataset", "split", ...)."""
    scored = [item.clip for item in captioned if item.references]
    write_text_atomic(folder / CAPTIONS_FILE, captions_csv(captioned, scores))
    write_json_atomic(
        folder / CLIPS_FILE,
        {"clips": scored, "per_clip": scores.per_clip, "counts": scores.counts},
    )
    write_json_atomic(
        folder / SCORES_FILE,
        {
            **about,
            "clips": len(captioned),
            "scores": dict(corpus),
            "unavailable": scores.unavailable,
            "tokenizer": scores.tokenizer,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    )


def load_evaluation(folder: Path) -> KeptEvaluation:
    """Read an evaluation. Raises `MetricError` when the folder holds none that can be read."""
    try:
        about = read_json(folder / SCORES_FILE)
        clips = read_json(folder / CLIPS_FILE)
        captioned = tuple(_read_captions(folder / CAPTIONS_FILE))
        corpus = {str(name): float(value) for name, value in about["scores"].items()}
        system = SystemScores(
            str(about.get("title") or folder.name),
            tuple(clips["clips"]),
            {name: np.array(values, dtype=float) for name, values in clips["per_clip"].items()},
            {name: np.array(table, dtype=float) for name, table in clips["counts"].items()},
            corpus,
        )
        if any(len(values) != len(system.clips) for values in system.per_clip.values()):
            raise ValueError("figures and clips do not belong together")
        unavailable = dict(about.get("unavailable", {}))
        dataset, split = str(about["dataset"]), str(about["split"])
    except FileNotFoundError as error:
        raise MetricError(
            f"{folder} holds no complete evaluation ({Path(error.filename).name} is missing); "
            "evaluate once more."
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MetricError(f"{folder} holds no readable evaluation ({error}).") from error
    return KeptEvaluation(
        folder, system.title, dataset, split, captioned, system, unavailable, about
    )


def captions_csv(captioned: Sequence[CaptionedClip], scores: Scores) -> str:
    """Return the table of captions: file name, caption, references, then the per-clip metrics."""
    most = max((len(item.references) for item in captioned), default=0)
    metrics = sorted(scores.per_clip)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["file_name", "caption_predicted"]
        + [f"caption_{number}" for number in range(1, most + 1)]
        + ["log_prob", *metrics]
    )
    row = 0
    for item in captioned:
        captions = [*item.references, *[""] * (most - len(item.references))]
        figures = [""] * len(metrics)
        if item.references:
            figures = [f"{scores.per_clip[name][row]:.6f}" for name in metrics]
            row += 1
        log_prob = "" if item.log_prob is None else f"{item.log_prob:.6f}"
        writer.writerow([item.clip, item.caption, *captions, log_prob, *figures])
    return text.getvalue()


def _read_captions(path: Path) -> Iterator[CaptionedClip]:
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        columns = [
            name
            for name in reader.fieldnames or ()
            if name.startswith("caption_") and name[len("caption_") :].isdecimal()
        ]
        for row in reader:
            references = tuple(row[name] for name in columns if row[name])
            log_prob = float(row["log_prob"]) if row.get("log_prob") else None
            text = row["caption_predicted"]
            yield CaptionedClip(row["file_name"], text, text, log_prob, references)
