"""Evaluate a checkpoint on a split: caption every clip, score all captions, keep both as files."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core import paths
from core.config import DecodingConfig
from core.errors import CheckpointError, DatasetError
from core.evaluation.baseline import shuffled_baseline
from core.evaluation.scorer import Scorer, Scores
from core.events import Evaluated, Event, Progress
from core.files import write_json_atomic, write_text_atomic
from core.runs import RunFolder

SCORES_FILE = "scores.json"
CAPTIONS_FILE = "captions.csv"


@dataclass(frozen=True, slots=True)
class CaptionedClip:
    """A clip's caption (for people and as the metrics read it) and its references."""

    clip: str
    caption: str
    scored: str
    log_prob: float
    references: tuple[str, ...]


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
) -> Iterator[Event]:
    """Caption a split and score it.

    Parameters
    ----------
    folder
        Where ``scores.json`` and ``captions.csv`` go; None is `evaluation_folder`.
    clips
        Only the first n clips; 0 is all.
    root
        The dataset's folder; empty for its default place.
    rules
        How captions are searched for; None is the checkpoint's own way.
    baseline
        Add ``cider_d_shuffled``, the CIDEr-D of the same captions dealt to other clips.

    Yields `Progress` and at last `Evaluated`. Closing it leaves no half-written file.

    Raises
    ------
    CheckpointError, DatasetError, EncoderError, MetricError
        As their loaders do; each names the file and the remedy.
    """
    with Scorer() as scorer:
        started = time.monotonic()
        captioned: list[CaptionedClip] = []
        for item in _caption_split(checkpoint, dataset, split, clips, device, root, rules):
            if isinstance(item, Event):
                yield item
            else:
                captioned.append(item)
        seconds = time.monotonic() - started
        if not captioned:
            raise DatasetError(
                f"No clip of {dataset} {split} could be captioned; check the sounds."
            )
        candidates = [item.scored for item in captioned]
        references = [item.references for item in captioned]
        scores = yield from _wait(scorer.submit(candidates, references))
        corpus = dict(scores.corpus)
        if baseline and "cider_d" in corpus:
            yield Progress(phase="Scoring shuffled captions", done=0)
            floor = shuffled_baseline(scorer, candidates, references)
            if floor is not None:
                corpus["cider_d_shuffled"] = floor
    target = folder or evaluation_folder(checkpoint, dataset, split)
    write_text_atomic(target / CAPTIONS_FILE, captions_csv(captioned, scores))
    write_json_atomic(
        target / SCORES_FILE,
        {
            "checkpoint": str(checkpoint),
            "dataset": dataset,
            "split": split,
            "clips": len(captioned),
            "scores": corpus,
            "unavailable": scores.unavailable,
            "captioning_seconds": round(seconds, 3),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    )
    yield Evaluated(
        split=split,
        clips=len(captioned),
        scores=corpus,
        unavailable=scores.unavailable,
        folder=str(target),
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
    for row, item in enumerate(captioned):
        captions = [*item.references, *[""] * (most - len(item.references))]
        figures = [f"{scores.per_clip[name][row]:.6f}" for name in metrics]
        writer.writerow([item.clip, item.caption, *captions, f"{item.log_prob:.6f}", *figures])
    return text.getvalue()


def _caption_split(
    checkpoint: Path,
    dataset_name: str,
    split: str,
    limit: int,
    device_name: str,
    root: str,
    rules: DecodingConfig | None,
) -> Iterator[Event | CaptionedClip]:
    """Yield progress and one `CaptionedClip` a clip, from stored frames where there are such."""
    yield Progress(phase="Loading the checkpoint", done=0)
    from core.data.batches import load_clips
    from core.data.datasets import open_dataset
    from core.data.extraction import extract
    from core.data.feature_store import FeatureStore, store_path
    from core.data.limited import FirstClips
    from core.models.checkpoints import load_checkpoint
    from core.models.encoders import load_encoder
    from core.training.device import choose_device
    from core.training.validation import caption_clips

    device = choose_device(device_name)
    loaded = load_checkpoint(checkpoint, device)
    dataset = open_dataset(dataset_name, Path(root).expanduser() if root else None)
    chosen = dataset.clips(split)
    encoder = load_encoder(loaded.config.data.encoder, device)
    trained_on = loaded.info.encoder_hash
    if trained_on and trained_on != encoder.weights_hash:
        raise CheckpointError(
            f"{checkpoint} was trained on other weights of the encoder {encoder.name} than those "
            "installed here; install the weights it was trained with."
        )
    dtype = loaded.config.data.feature_dtype
    if limit:
        chosen = chosen[:limit]
        if not store_path(dataset, split, encoder, dtype).exists():
            dataset = FirstClips(dataset, {split: limit})
    store = store_path(dataset, split, encoder, dtype)
    yield from extract(dataset, split, encoder, store, dtype)
    data = load_clips(chosen, FeatureStore.open(store), loaded.tokenizer, device)
    captions = caption_clips(
        loaded.model, data, len(data), loaded.tokenizer, rules or loaded.config.decoding
    )
    for number, item in enumerate(captions):
        yield Progress(phase="Captioning", done=number, total=len(data))
        references = data.references[item.clip]
        yield CaptionedClip(data.ids[item.clip], item.text, item.raw, item.log_prob, references)


def _wait(future: Future[Scores]) -> Generator[Event, None, Scores]:
    """Yield progress until the scores are there, and return them."""
    while not future.done():
        yield Progress(phase="Scoring", done=0)
        wait([future], timeout=0.1)
    return future.result()
