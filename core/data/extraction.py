"""Extraction of frame embeddings: a split of a dataset through an encoder into a feature store."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core.audio.encoder import AudioEncoder, Encoding
from core.data.clips import Clip, Dataset, clip_keys
from core.data.encoding import TICK_SECONDS, Result, encoded_clips
from core.data.feature_reuse import find_features
from core.data.feature_store import FeatureStore
from core.data.store_index import (
    DamagedStoreError,
    FeatureType,
    StoreIdentity,
    StoreIndex,
    store_identity,
)
from core.data.store_lock import holder, try_lock
from core.data.store_writer import StoreWriter, clear_store
from core.errors import DatasetError, EncoderError, StudioError
from core.events import Event, Progress, Warned

PHASE = "Extracting features"

# Clips from earlier stores between two events.
_TAKEN_AT_ONCE = 16


def extract(
    dataset: Dataset,
    split: str,
    encoder: AudioEncoder,
    folder: Path,
    dtype: FeatureType = "float32",
) -> Iterator[Event]:
    """Bring the store in `folder` to completion, from wherever it stands.

    Yields `Progress` at least after every batch, and every 100 ms while it waits for audio or for
    another process that extracts the same; `Warned` for each clip that cannot be read, which is
    left out. A complete store is left as it is, but clips that failed before are tried again. The
    generator may be closed at any time: what is done is kept, and the next call goes on there.

    `dataset.load_audio` is called from several threads at once.

    Raises
    ------
    DatasetError
        The folder cannot be written, the disk is full, the store holds other features, or not one
        clip can be read.
    """
    clips = dataset.clips(split)
    identity = store_identity(dataset, split, encoder, dtype)
    if _is_whole(folder, identity):
        yield Progress(phase=PHASE, done=len(clips), total=len(clips))
        return
    while True:
        with try_lock(folder) as held:
            if held:
                yield from _extract_held(dataset, clips, encoder, folder, identity)
                return
            message = f"waiting for another window or program (process {holder(folder)})"
            yield Progress(phase=PHASE, done=_stored(folder), total=len(clips), message=message)
            time.sleep(TICK_SECONDS)


def _extract_held(
    dataset: Dataset,
    clips: Sequence[Clip],
    encoder: AudioEncoder,
    folder: Path,
    identity: StoreIdentity,
) -> Iterator[Event]:
    """Extract what is missing while the lock is ours."""
    try:
        writer = StoreWriter(folder, identity)
    except DamagedStoreError:
        yield Warned(message=f"The features in {folder} were damaged and are extracted again.")
        clear_store(folder)
        writer = StoreWriter(folder, identity)
    try:
        keys = clip_keys(dataset, identity.split)
        yield from _take_over(writer, clips, keys)
        known = set(writer.index.clip_ids)
        missing = [clip for clip in clips if clip.id not in known]
        frames = sum(clip.duration / encoder.frame_seconds + 1 for clip in missing)
        writer.check_space(round(frames))
        yield from _extract_clips(dataset, missing, len(clips), encoder, writer, keys)
        if not writer.index.clip_ids:
            reason = next(iter(writer.index.failed.values()), "The split has no clips.")
            raise DatasetError(f"Not one clip of the split '{identity.split}' is usable: {reason}")
        writer.finish()
    finally:
        writer.close()


def _take_over(
    writer: StoreWriter, clips: Sequence[Clip], keys: Mapping[str, str]
) -> Iterator[Event]:
    """Copy what earlier stores have of these clips."""
    known = set(writer.index.clip_ids)
    absent = {clip.id: keys[clip.id] for clip in clips if clip.id in keys and clip.id not in known}
    found = find_features(writer.folder, writer.index.identity, absent)
    wanted = [clip.id for clip in clips if clip.id in found]
    for number, clip_id in enumerate(wanted, len(known) + 1):
        store, position = found[clip_id]
        writer.append(clip_id, store.frames(position), store.tags[position], keys[clip_id])
        if number % _TAKEN_AT_ONCE == 0:
            message = "taken from earlier features"
            yield Progress(phase=PHASE, done=number, total=len(clips), message=message)


def _extract_clips(
    dataset: Dataset,
    missing: Sequence[Clip],
    total: int,
    encoder: AudioEncoder,
    writer: StoreWriter,
    keys: Mapping[str, str],
) -> Iterator[Event]:
    """Encode clips as they come and append them in order."""
    before = total - len(missing)
    done, started = before, time.monotonic()
    yield Progress(phase=PHASE, done=done, total=total)
    # One thread writes, so that a slow disk does not hold up the encoder; it is one batch behind.
    saver = ThreadPoolExecutor(1, thread_name_prefix="save")
    saving: Future[list[Warned]] | None = None
    try:
        for results in encoded_clips(dataset, missing, encoder):
            message = ""
            if results:
                while saving is not None and not wait([saving], timeout=TICK_SECONDS).done:
                    yield Progress(phase=PHASE, done=done, total=total, message="Writing")
                if saving is not None:
                    yield from saving.result()
                saving = saver.submit(_save, writer, results, keys)
                done += len(results)
                rate = (done - before) / max(1e-9, time.monotonic() - started)
                message = f"{rate:.1f} clips a second"
            yield Progress(phase=PHASE, done=done, total=total, message=message)
        if saving is not None:
            yield from saving.result()
    finally:
        saver.shutdown(wait=True)


def _save(
    writer: StoreWriter,
    results: Sequence[Result],
    keys: Mapping[str, str],
) -> list[Warned]:
    """Append a batch and say what is left out; for the thread that writes.

    Whatever waits for the device is here, so that it can begin with the next batch meanwhile.
    """
    warnings = []
    for clip, result in results:
        checked = _finite(result)
        if isinstance(checked, Encoding):
            tags = _array(checked.tag_probabilities)
            writer.append(clip.id, _array(checked.frames), tags, keys.get(clip.id, ""))
        else:
            writer.fail(clip.id, str(checked))
            warnings.append(Warned(message=f"Clip '{clip.id}' is left out: {checked}"))
    return warnings


def _finite(result: Encoding | StudioError) -> Encoding | StudioError:
    """Refuse embeddings that would poison a training."""
    if isinstance(result, Encoding) and not bool(torch.isfinite(result.frames).all()):
        return EncoderError(
            "its samples are so large that its embedding is not finite; export it again at full "
            "scale 1."
        )
    return result


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    return tensor.detach().cpu().numpy()


def _is_whole(folder: Path, identity: StoreIdentity) -> bool:
    """Whether there is nothing to do, not even to try failed clips again."""
    try:
        store = FeatureStore.open(folder)
    except DatasetError:
        return False
    return store.identity == identity and not store.failed


def _stored(folder: Path) -> int:
    """How many clips another process has stored so far."""
    try:
        index = StoreIndex.read(folder)
    except DatasetError:
        return 0
    return len(index.clip_ids) if index else 0
