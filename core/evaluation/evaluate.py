"""Evaluation of a checkpoint on a split: caption every clip, score the captions, save both."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any

from core import paths
from core.config import DecodingConfig
from core.errors import DatasetError
from core.evaluation.captioning import PARTIAL_FILE, caption_split
from core.evaluation.evaluation_files import CaptionedClip, write_evaluation
from core.evaluation.registry import METRICS
from core.evaluation.scorer import Scorer, Scores
from core.evaluation.shuffled_baseline import shuffled_baseline
from core.evaluation.statistics import caption_statistics
from core.events import Evaluated, Event, Progress, Warned
from core.runs import RunFolder
from core.wording import count_text


def evaluation_folder(checkpoint: Path, dataset: str, split: str) -> Path:
    """Return where an evaluation is kept: with its run, else under ``evaluation`` at home."""
    folder = checkpoint.resolve().parent
    part = f"{dataset}-{split}"
    if folder.name == "checkpoints" and (folder.parent / "config.json").is_file():
        # Several checkpoints of a run may be evaluated; the best is the one that lists show.
        name = part if checkpoint.stem == "best" else f"{part}-{checkpoint.stem}"
        return RunFolder(folder.parent).evaluation / name
    return paths.home() / "evaluation" / checkpoint.stem / part


def evaluate_checkpoint(
    checkpoint: Path,
    dataset: str,
    split: str,
    folder: Path | None = None,
    *,
    clips: int = 0,
    device: str = "auto",
    root: str = "",
    rules: DecodingConfig | None = None,
    baseline: bool = False,
    metrics: Sequence[str] | None = None,
) -> Iterator[Event]:
    """Caption a split and score it.

    Parameters
    ----------
    folder
        Where the files of `core.evaluation.evaluation_files` go; None is `evaluation_folder`.
    clips
        Only the first n clips; 0 is all.
    root
        The dataset's folder; empty for its default place.
    rules
        Decoding settings; None is the checkpoint's own.
    baseline
        Add ``cider_d_shuffled``, the CIDEr-D of the same captions given to other clips.
    metrics
        Names of `core.evaluation.registry`; None is all of them. Those that cannot be computed here
        are reported with the reason.

    Yields `Progress`, `Warned` and at last `Evaluated`. Closing it keeps the captions made so far;
    the next call with the same arguments continues from them.

    Raises
    ------
    CheckpointError, DatasetError, EncoderError, MetricError
        As their loaders do; each names the file and the remedy.
    """
    target = folder or evaluation_folder(checkpoint, dataset, split)
    partial = target / PARTIAL_FILE
    with Scorer() as scorer:
        started = time.monotonic()
        captioned: list[CaptionedClip] = []
        for item in caption_split(
            checkpoint,
            dataset,
            split,
            partial=partial,
            limit=clips,
            device_name=device,
            root=root,
            rules=rules,
        ):
            if isinstance(item, Event):
                yield item
            else:
                captioned.append(item)
        seconds = time.monotonic() - started
        if not captioned:
            raise DatasetError(
                f"No clip of {dataset} {split} could be captioned; check the sounds."
            )
        about = {
            "title": system_title(checkpoint),
            "checkpoint": str(checkpoint),
            "dataset": dataset,
            "split": split,
            "captioning_seconds": round(seconds, 3),
        }
        yield from score_captions(scorer, captioned, target, about, metrics, baseline=baseline)
    partial.unlink(missing_ok=True)


def score_captions(
    scorer: Scorer,
    captioned: Sequence[CaptionedClip],
    folder: Path,
    about: dict[str, Any],
    metrics: Sequence[str] | None = None,
    *,
    baseline: bool = False,
) -> Iterator[Event]:
    """Score captions, save them in `folder` and yield `Evaluated` at last.

    Clips without references are left out of the scores; if none has any, only the statistics of the
    captions alone are computed.
    """
    scored = [item for item in captioned if item.references]
    where = f"{about['dataset']} {about['split']}"
    if not scored:
        reason = f"{where} has no reference captions."
        statistics = caption_statistics([item.scored for item in captioned])
        yield Warned(message=f"{reason} Only figures of the captions alone are given.")
        wanted = [name for name in metrics or METRICS if name not in statistics]
        scores = Scores(statistics, {}, dict.fromkeys(wanted, reason))
    else:
        if len(scored) < len(captioned):
            clips = count_text(len(captioned) - len(scored), "clip")
            yield Warned(message=f"{clips} of {where} without references: not scored.")
        candidates = [item.scored for item in scored]
        references = [item.references for item in scored]
        request = scorer.submit(candidates, references, tuple(metrics or METRICS), stanford=True)
        scores = yield from wait_for(scorer, request)
    corpus = dict(scores.corpus)
    if baseline and "cider_d" in corpus:
        yield Progress(phase="Scoring shuffled captions", done=0)
        floor = shuffled_baseline(scorer, candidates, references)
        if floor is not None:
            corpus["cider_d_shuffled"] = floor
    write_evaluation(folder, captioned, scores, corpus, about)
    yield Evaluated(
        split=str(about["split"]),
        clips=len(captioned),
        scores=corpus,
        unavailable=scores.unavailable,
        folder=str(folder),
    )


def wait_for(scorer: Scorer, future: Future[Scores]) -> Generator[Event, None, Scores]:
    """Yield progress until the scores are there, and return them."""
    while not future.done():
        yield Progress(phase="Scoring", done=0, message=scorer.phase)
        wait([future], timeout=0.1)
    return future.result()


def system_title(checkpoint: Path) -> str:
    """Return a checkpoint's title as a system: its run and kind, else its file's name."""
    folder = checkpoint.resolve().parent
    if folder.name == "checkpoints" and (folder.parent / "config.json").is_file():
        return f"{RunFolder(folder.parent).title()} · {checkpoint.stem}"
    return checkpoint.stem
