"""Extraction of frame embeddings: a split of a dataset through an encoder into a feature store."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core.audio.encoder import AudioEncoder, Encoding
from core.data.clips import Clip, Dataset, clip_keys
from core.data.feature_store import (
    DamagedStoreError,
    FeatureStore,
    FeatureType,
    StoreIdentity,
    StoreIndex,
    store_identity,
)
from core.data.reuse import find_features
from core.data.store_lock import holder, try_lock
from core.data.store_writer import StoreWriter, clear_store
from core.errors import DatasetError, EncoderError, StudioError
from core.events import Event, Progress, Warned

PHASE = "Extracting features"

# One pass of the encoder takes so many clips and, beyond the first, so many seconds of sound.
_BATCH_CLIPS = 16
_BATCH_SECONDS = 160.0
# How much is decoded ahead of the encoder.
_AHEAD_CLIPS = 2 * _BATCH_CLIPS
_AHEAD_SECONDS = 4 * _BATCH_SECONDS
_MOST_THREADS = 16
_TICK_SECONDS = 0.1
# A slow encoder gets smaller batches, so that a stop is felt after about this time.
_BATCH_TIME = 0.5

_Audio = NDArray[np.float32]
_Loaded = tuple[Clip, "Future[_Audio]"]


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
            message = f"Process {holder(folder)} extracts these features; waiting for it."
            yield Progress(phase=PHASE, done=_stored(folder), total=len(clips), message=message)
            time.sleep(_TICK_SECONDS)


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
        yield Warned(message=f"The features in {folder} were damaged and are extracted anew.")
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
        if number % _BATCH_CLIPS == 0:
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
    """Decode clips in the background, encode them batch by batch, append them in order."""
    before = total - len(missing)
    done, started = before, time.monotonic()
    yield Progress(phase=PHASE, done=done, total=total)
    # One thread writes, so that a slow disk does not hold up the encoder; it is one batch behind.
    saver = ThreadPoolExecutor(1, thread_name_prefix="save")
    saving: Future[list[Warned]] | None = None
    try:
        pace = _Pace()
        for batch in _batches(dataset, missing, encoder.sample_rate, pace):
            message = ""
            if batch:
                begun = time.monotonic()
                results = list(_encoded(encoder, batch))
                pace.took(sum(clip.duration for clip, _ in batch), time.monotonic() - begun)
                while saving is not None and not wait([saving], timeout=_TICK_SECONDS).done:
                    yield Progress(phase=PHASE, done=done, total=total, message="Writing")
                if saving is not None:
                    yield from saving.result()
                saving = saver.submit(_save, writer, results, keys)
                done += len(batch)
                rate = (done - before) / max(1e-9, time.monotonic() - started)
                message = f"{rate:.1f} clips a second"
            yield Progress(phase=PHASE, done=done, total=total, message=message)
        if saving is not None:
            yield from saving.result()
    finally:
        saver.shutdown(wait=True)


def _save(
    writer: StoreWriter,
    results: Sequence[tuple[Clip, Encoding | StudioError]],
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


@dataclass(slots=True)
class _Pace:
    """How many seconds of sound a batch may hold, by what the batch before it took."""

    seconds: float = _BATCH_SECONDS / 8

    def took(self, sound: float, time_taken: float) -> None:
        per_second = sound / max(time_taken, 1e-3)
        self.seconds = min(_BATCH_SECONDS, 2 * self.seconds, _BATCH_TIME * per_second)


def _batches(
    dataset: Dataset, clips: Sequence[Clip], sample_rate: int, pace: _Pace
) -> Iterator[list[_Loaded]]:
    """Yield clips with their audio in batches; an empty one after every 100 ms of waiting."""
    threads = min(_MOST_THREADS, max(1, (os.cpu_count() or 2) - 1))
    pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")
    coming = deque(clips)
    loading: deque[_Loaded] = deque()
    ahead = 0.0
    batch: list[_Loaded] = []
    seconds = 0.0
    try:
        while coming or loading:
            while (
                coming and len(loading) < _AHEAD_CLIPS and (ahead < _AHEAD_SECONDS or not loading)
            ):
                clip = coming.popleft()
                loading.append((clip, pool.submit(dataset.load_audio, clip, sample_rate)))
                ahead += clip.duration
            clip, audio = loading[0]
            if not wait([audio], timeout=_TICK_SECONDS).done:
                yield []
                continue
            loading.popleft()
            ahead -= clip.duration
            batch.append((clip, audio))
            seconds += clip.duration
            if len(batch) == _BATCH_CLIPS or seconds >= pace.seconds:
                yield batch
                batch, seconds = [], 0.0
        if batch:
            yield batch
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _encoded(
    encoder: AudioEncoder, batch: Sequence[_Loaded]
) -> Iterator[tuple[Clip, Encoding | StudioError]]:
    """Encode a batch; gives the error in place of the encoding where a clip has one."""
    waveforms: dict[str, torch.Tensor] = {}
    errors: dict[str, StudioError] = {}
    for clip, audio in batch:
        try:
            waveforms[clip.id] = torch.from_numpy(np.ascontiguousarray(audio.result(), np.float32))
        except StudioError as error:
            errors[clip.id] = error
    encodings = dict(zip(waveforms, _encode_all(encoder, list(waveforms.values())), strict=True))
    for clip, _ in batch:
        yield clip, errors[clip.id] if clip.id in errors else encodings[clip.id]


def _encode_all(
    encoder: AudioEncoder, waveforms: Sequence[torch.Tensor]
) -> list[Encoding | StudioError]:
    results: list[Encoding | StudioError] = []
    try:
        results.extend(encoder.encode_batch(waveforms))
    except EncoderError:
        # One of them is unusable: find out which.
        for waveform in waveforms:
            try:
                results.append(encoder.encode(waveform))
            except EncoderError as error:
                results.append(error)
    return results


def _finite(result: Encoding | StudioError) -> Encoding | StudioError:
    """Refuse embeddings that would poison a training."""
    if isinstance(result, Encoding) and not bool(torch.isfinite(result.frames).all()):
        return EncoderError(
            "its samples are so large that its embedding is no number; export it again at full "
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
