"""Captioning a split with a checkpoint, saving every caption, so that it can be resumed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.config import DecodingConfig
from core.errors import CheckpointError
from core.evaluation.evaluation_files import CaptionedClip
from core.events import Event, Progress, Warned
from core.wording import count_text

PARTIAL_FILE = "captions.part.jsonl"


def caption_split(
    checkpoint: Path,
    dataset_name: str,
    split: str,
    *,
    partial: Path | None = None,
    limit: int = 0,
    device_name: str = "auto",
    root: str = "",
    rules: DecodingConfig | None = None,
) -> Iterator[Event | CaptionedClip]:
    """Yield progress and one `CaptionedClip` per clip, in the split's order.

    With `partial` every caption is also written there, and captions that an earlier call with the
    same checkpoint, split and rules left there are reused. Raises what the loaders raise.
    """
    yield Progress(phase="Loading the checkpoint", done=0)
    from core.audio.encoder import PredictsTags
    from core.data.batches import load_clips
    from core.data.datasets import open_dataset
    from core.data.features import open_features
    from core.data.first_clips import FirstClips
    from core.data.store_index import store_path
    from core.decoding.clips import caption_clips
    from core.device import choose_device
    from core.models.checkpoints import load_checkpoint
    from core.models.encoders import load_encoder

    device = choose_device(device_name)
    loaded = load_checkpoint(checkpoint, device)
    dataset = open_dataset(dataset_name, root or None)
    chosen = dataset.clips(split)
    encoder = load_encoder(loaded.config.data.encoder, device)
    trained_on = loaded.info.encoder_hash
    if trained_on and trained_on != encoder.weights_hash:
        raise CheckpointError(
            f"{checkpoint} was trained on other weights of the encoder {encoder.name} than those "
            "installed here; install the weights it was trained with."
        )
    dtype = loaded.config.data.feature_dtype
    decoding = rules or loaded.config.decoding
    if limit:
        chosen = chosen[:limit]
        if not store_path(dataset, split, encoder, dtype).exists():
            dataset = FirstClips(dataset, {split: limit})
    features = yield from open_features(dataset, split, encoder, dtype)
    readable = set(features.clip_ids)
    lost = sum(clip.id not in readable for clip in chosen)
    if lost:
        clips = count_text(lost, "clip")
        yield Warned(message=f"{clips} of {dataset_name} {split} cannot be read; left out.")
    chosen = tuple(clip for clip in chosen if clip.id in readable)
    key = {
        "checkpoint": str(checkpoint.resolve()),
        "modified": checkpoint.stat().st_mtime_ns,
        "split": dataset.fingerprint(split),
        "decoding": decoding.model_dump(mode="json"),
    }
    references = {clip.id: clip.captions for clip in chosen}
    done = _taken_over(partial, key, references) if partial is not None else []
    yield from done
    rest = chosen[len(done) :]
    if not rest:
        return
    data = load_clips(rest, features, loaded.tokenizer, device, captionless=True)
    if decoding.strategy == "rerank" and not isinstance(encoder, PredictsTags):
        yield Warned(
            message=f"The encoder {encoder.name} predicts no sound classes from stored frames, so "
            "candidates are ranked by likelihood and by what most of them name."
        )
    captions = caption_clips(
        loaded.model, data, len(data), loaded.tokenizer, decoding, encoder=encoder
    )
    stream = partial.open("a", encoding="utf-8") if partial is not None else None
    try:
        for number, item in enumerate(captions):
            yield Progress(phase="Captioning", done=len(done) + number, total=len(chosen))
            clip = data.ids[item.clip]
            found = CaptionedClip(clip, item.text, item.raw, item.log_prob, references[clip])
            if stream is not None:
                stream.write(json.dumps(asdict(found)) + "\n")
            yield found
    finally:
        if stream is not None:
            stream.close()


def _taken_over(
    partial: Path, key: Mapping[str, Any], references: Mapping[str, tuple[str, ...]]
) -> list[CaptionedClip]:
    """Return the captions an earlier call left, if they are the beginning of the same work.

    Otherwise the file is started anew; a torn last line is dropped.
    """
    found: list[CaptionedClip] = []
    lines = partial.read_text(encoding="utf-8").splitlines() if partial.is_file() else []
    if lines and _record(lines[0]) == key:
        for clip, line in zip(references, lines[1:], strict=False):
            record = _record(line)
            if record is None or record.get("clip") != clip:
                break
            found.append(
                CaptionedClip(
                    clip,
                    str(record["caption"]),
                    str(record["scored"]),
                    record["log_prob"],
                    references[clip],
                )
            )
    partial.parent.mkdir(parents=True, exist_ok=True)
    kept = [json.dumps(key), *(json.dumps(asdict(item)) for item in found)]
    partial.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
    return found


def _record(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
