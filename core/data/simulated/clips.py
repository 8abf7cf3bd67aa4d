"""The training split of simulated tags: batches are drawn when they are asked for."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from core.audio.encoder import AudioEncoder
from core.data.batches import Batch, CaptionedClips
from core.data.clips import Clip
from core.data.features import Features
from core.data.simulated.dataset import ENCODER, SimulatedStarter
from core.data.simulated.events import EventTable, event_table
from core.data.simulated.recordings import BANK
from core.data.simulated.relatives import affinities, nearest, parents_of
from core.data.simulated.simulator import MOST_FRAMES, Recorded, TagSimulator
from core.data.simulated.texts import SHORT_STYLE, Text, sound_clauses
from core.data.sound_events import mentioned_events
from core.data.tokenizer import PAD, Tokenizer
from core.errors import DatasetError

# What YAMNet hears faintly in recordings of all kinds.
_GENERIC = (
    "Speech", "Music", "Animal", "Vehicle", "Inside, small room", "Inside, large room or hall",
    "Outside, urban or manmade", "Outside, rural or natural", "Noise", "Sound effect", "Silence",
    "Musical instrument", "Wind", "Water",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedClips(CaptionedClips):
    """Clips of which most have no frames of their own: they are drawn for each batch.

    The draw depends on the seed and on which clips make up the batch, so a run that goes on after
    a stop sees what it would have seen. `frames` holds the real clips only; `real_rows` (N,) says
    which of them a clip is, -1 for simulated ones.
    """

    real_rows: Tensor
    events: EventTable
    simulator: TagSimulator = field(repr=False)
    seed: int = 0

    def batch(self, clips: Tensor, captions: Tensor) -> Batch:
        """Cut out clips (B,) with caption number captions (B,)."""
        code = zlib.crc32(clips.numpy().tobytes(), self.seed)
        generator = torch.Generator().manual_seed(code)
        frames, lengths = self.simulator.draw(self.events.pick(clips), generator)
        rows = self.real_rows[clips]
        real = (rows >= 0).nonzero()[:, 0]
        if len(real):
            own = self.cpu_frame_lengths[rows[real]].clamp(max=MOST_FRAMES)
            longest = int(own.max())
            if longest > frames.shape[1]:
                frames = torch.nn.functional.pad(frames, (0, 0, 0, longest - frames.shape[1]))
            frames[real] = 0
            frames[real, :longest] = _varied(self.frames[rows[real], :longest].float(), generator)
            lengths[real] = own
        longest_caption = self.longest(clips, captions)
        device = self.tokens.device
        return Batch(
            clips=clips.to(device),
            frames=frames[:, : int(lengths.max())].to(device),
            frame_lengths=lengths.to(device),
            tokens=self.tokens[clips.to(device), captions.to(device), :longest_caption],
        )


def simulated_clips(
    dataset: SimulatedStarter,
    encoder: AudioEncoder,
    stores: Sequence[Features],
    tokenizer: Tokenizer,
    device: torch.device,
    seed: int,
) -> SimulatedClips:
    """Put the training split together from the extracted features of its real clips.

    `stores` holds single recordings first, then, in the second stage, mixtures.

    Raises `DatasetError` when the tokenizer lacks the short style or the encoder gives no tags.
    """
    short = tokenizer.id_of(SHORT_STYLE)
    weight = getattr(encoder, "tag_weights", None)
    if weight is None:
        raise DatasetError(
            f"The dataset '{dataset.name}' simulates the tags of the encoder {ENCODER}; "
            f"choose it in place of {encoder.name}."
        )
    if short is None:
        raise DatasetError(
            f"The vocabulary lacks {SHORT_STYLE}, which captions of the dataset '{dataset.name}' "
            "begin with; start from the starter model or one that goes on from it."
        )
    ids, frames, lengths = _stored(stores)
    rows = {clip_id: row for row, clip_id in enumerate(ids)}
    shown = [(rows[clip_id], texts) for clip_id, texts in dataset.shown if clip_id in rows]
    captions = [*((text,) for text in dataset.texts), *(texts for _, texts in shown)]
    real_rows = torch.tensor([-1] * len(dataset.texts) + [row for row, _ in shown])
    tokens, token_lengths = _tokens(captions, tokenizer, short)
    simulator = _simulator(dataset, weight, encoder.tag_names, stores[0])
    return SimulatedClips(
        frames=frames,
        frame_lengths=lengths,
        tokens=tokens.to(device),
        cpu_frame_lengths=lengths,
        token_lengths=token_lengths,
        caption_counts=torch.tensor([len(texts) for texts in captions]),
        ids=tuple(clip.id for clip in dataset.clips("train"))[: len(captions)],
        references=tuple(tuple(text.caption for text in texts) for texts in captions),
        real_rows=real_rows,
        events=event_table([texts[0].caption for texts in captions], encoder.tag_names),
        simulator=simulator,
        seed=seed,
    )


def _tokens(
    captions: Sequence[tuple[Text, ...]], tokenizer: Tokenizer, short: int
) -> tuple[Tensor, Tensor]:
    """Return padded token ids (N, C, L) and their numbers (N, C) of up to C captions a clip."""
    encoded = [[tokenizer.encode(text.caption) for text in texts] for texts in captions]
    longest = max(len(ids) for texts in encoded for ids in texts)
    most = max(map(len, encoded))
    tokens = torch.full((len(captions), most, longest), PAD)
    lengths = torch.zeros(len(captions), most, dtype=torch.long)
    for row, texts in enumerate(captions):
        for column, text in enumerate(texts):
            ids = encoded[row][column]
            tokens[row, column, : len(ids)] = torch.tensor(ids)
            tokens[row, column, 0] = short if text.short else ids[0]
            lengths[row, column] = len(ids)
    return tokens, lengths


def _varied(frames: Tensor, generator: torch.Generator) -> Tensor:
    """Make the tags of real frames (B, T, C) a little stronger or weaker, in all and each."""
    level = 0.05 * torch.randn(len(frames), 1, 1, generator=generator) - 0.02
    each = 0.06 * torch.randn(len(frames), 1, frames.shape[2], generator=generator)
    noise = 0.03 * torch.randn(frames.shape, generator=generator)
    return (frames + (level + each + noise) * (frames > 0)).clamp_(0, 1)


def _simulator(
    dataset: SimulatedStarter, weight: Tensor, names: Sequence[str], bank: Features
) -> TagSimulator:
    clips = {clip.id: clip for clip in dataset.recorded.clips(BANK)}
    kept = [clips[clip_id] for clip_id in bank.clip_ids]
    frames = [torch.from_numpy(bank.frames(row).copy()) for row in range(len(kept))]
    lengths = torch.tensor([len(part) for part in frames])
    silence = torch.zeros(1, len(names), dtype=frames[0].dtype)
    members = _members(kept, names)
    together = torch.full((len(names), len(names)), torch.nan)
    for number, rows in enumerate(members):
        if rows:
            together[number] = torch.stack(
                [(frames[row].float() > 0.15).any(0).float() for row in rows]
            ).mean(0)
    by_class = torch.full((len(names), max(map(len, members))), -1)
    for number, rows in enumerate(members):
        by_class[number, : len(rows)] = torch.tensor(rows, dtype=torch.long)
    recorded = Recorded(
        torch.cat((silence, *frames)), 1 + lengths.cumsum(0) - lengths, lengths, by_class
    )
    generic = torch.tensor([names.index(name) for name in _GENERIC])
    return TagSimulator(nearest(affinities(weight, together)), parents_of(names), generic, recorded)


def _members(clips: Sequence[Clip], names: Sequence[str]) -> list[list[int]]:
    """Return the rows of the recordings that each class names."""
    named = {
        sound: {
            m.name for phrase in phrases for m in mentioned_events(phrase.finite)[:2] if not m.weak
        }
        for sound, phrases in sound_clauses().items()
    }
    number = {name: index for index, name in enumerate(names)}
    members: list[list[int]] = [[] for _ in names]
    for row, clip in enumerate(clips):
        for name in named[clip.tags[0]]:
            members[number[name]].append(row)
    return members


def _stored(stores: Sequence[Features]) -> tuple[list[str], Tensor, Tensor]:
    """Return ids, padded float16 frames (R, T, D) and lengths of all clips of some stores."""
    ids = [clip_id for store in stores for clip_id in store.clip_ids]
    parts = [
        torch.from_numpy(store.frames(row)[:MOST_FRAMES].copy())
        for store in stores
        for row in range(len(store.clip_ids))
    ]
    lengths = torch.tensor([len(part) for part in parts])
    frames = torch.zeros(len(parts), MOST_FRAMES, parts[0].shape[1], dtype=torch.float16)
    for row, part in enumerate(parts):
        frames[row, : len(part)] = part.half()
    return ids, frames, lengths
