"""Before the first step: dataset, vocabulary, features, everything on the device."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import torch

from core.audio.encoder import AudioEncoder
from core.config import AudioTextNTXentConfig, RunConfig
from core.data.batches import CaptionedClips, load_clips
from core.data.clips import Dataset
from core.data.dataset_checks import check_dataset, open_run_dataset
from core.data.features import open_features
from core.data.rehearsal import rehearse
from core.data.simulated import SimulatedStarter
from core.data.tokenizer import Tokenizer
from core.errors import DatasetError
from core.events import Event, Warned
from core.models.checkpoint_files import find_checkpoint
from core.models.checkpoints import Checkpoint, load_checkpoint
from core.models.encoders import load_encoder
from core.models.sentence_encoder import embed_sentences


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a trainer needs: both splits on the device, the vocabulary, the encoder's identity.

    `initial` is the checkpoint the run starts from, if the configuration names one.
    """

    train: CaptionedClips
    validation: CaptionedClips
    tokenizer: Tokenizer
    encoder_name: str
    encoder_hash: str
    initial: Checkpoint | None


def prepare(
    config: RunConfig, device: torch.device, tokenizer: Tokenizer | None = None
) -> Generator[Event, None, Prepared]:
    """Open the dataset, extract missing features and load both splits.

    Yields the events of the extraction. `tokenizer` is that of a resumed run; without one it comes
    from the initial checkpoint, or else is fitted on the training captions.

    Raises
    ------
    DatasetError, EncoderError, CheckpointError
        As their loaders do; each names the file and the remedy.
    """
    dataset = open_run_dataset(config)
    for problem in check_dataset(config, dataset):
        raise DatasetError(problem.sentence)
    for sentence in getattr(dataset, "notes", ()):
        yield Warned(message=sentence)
    initial = None
    if config.training.initial_checkpoint:
        initial = load_checkpoint(find_checkpoint(config.training.initial_checkpoint))
        tokenizer = tokenizer or _initial_vocabulary(config, dataset, initial)
    train_split, validation_split = dataset.splits[:2]
    if tokenizer is None:
        tokenizer = _vocabulary(dataset)
    encoder = load_encoder(config.data.encoder, str(device))
    loaded = []
    for split in (train_split, validation_split):
        if split == train_split and isinstance(dataset, SimulatedStarter):
            loaded.append((yield from _simulated(dataset, encoder, tokenizer, config, device)))
            continue
        store = yield from open_features(dataset, split, encoder, config.data.feature_dtype)
        share = config.data.resident_share
        part = load_clips(dataset.clips(split), store, tokenizer, device, resident_share=share)
        if part.streamed is not None:
            yield Warned(
                message=f"The features of {split} would fill more than {share:.0%} of the free "
                f"memory of {device}, so they are read from the disk batch by batch."
            )
        if split == train_split and config.data.rehearsal:
            old = SimulatedStarter.rehearsal(config.data.rehearsal)
            shown = yield from _simulated(old, encoder, tokenizer, config, device)
            part = rehearse(part, shown)
        if _wants_sentences(config):
            part = yield from _with_sentences(part, device)
        loaded.append(part)
    return Prepared(loaded[0], loaded[1], tokenizer, encoder.name, encoder.weights_hash, initial)


def _initial_vocabulary(config: RunConfig, dataset: Dataset, initial: Checkpoint) -> Tokenizer:
    """Return a checkpoint's vocabulary, extended by the training captions if so configured."""
    if not config.training.new_words:
        return initial.tokenizer
    return initial.tokenizer.extended(
        caption for clip in dataset.clips(dataset.splits[0]) for caption in clip.captions
    )


def _vocabulary(dataset: Dataset) -> Tokenizer:
    """Fit the vocabulary on the training captions, unless the dataset brings its own."""
    if isinstance(dataset, SimulatedStarter):
        return dataset.tokenizer
    return Tokenizer.fit(
        caption for clip in dataset.clips(dataset.splits[0]) for caption in clip.captions
    )


def _simulated(
    dataset: SimulatedStarter,
    encoder: AudioEncoder,
    tokenizer: Tokenizer,
    config: RunConfig,
    device: torch.device,
) -> Generator[Event, None, CaptionedClips]:
    """Extract the recordings of a simulated training split and assemble it."""
    # Imported here: other datasets need none of it.
    from core.data.simulated.clips import simulated_clips
    from core.data.simulated.recordings import BANK, MIXED

    stores = []
    for split in (BANK, MIXED) if dataset.real else (BANK,):
        if not dataset.recorded.clips(split):
            continue
        store = yield from open_features(
            dataset.recorded, split, encoder, config.data.feature_dtype
        )
        stores.append(store)
    return simulated_clips(dataset, encoder, stores, tokenizer, device, config.seed)


def _wants_sentences(config: RunConfig) -> bool:
    return any(
        isinstance(item, AudioTextNTXentConfig) and item.text == "sentence-embedding"
        for item in config.objectives
    )


def _with_sentences(
    part: CaptionedClips, device: torch.device
) -> Generator[Event, None, CaptionedClips]:
    """Add the frozen embedding of every caption; clips with fewer captions are zero-padded."""
    flat = yield from embed_sentences([text for texts in part.references for text in texts])
    table = torch.zeros(len(part), int(part.caption_counts.max()), flat.shape[1])
    table[torch.arange(table.shape[1]) < part.caption_counts[:, None]] = flat
    return replace(part, sentence_embeddings=table.to(device))
