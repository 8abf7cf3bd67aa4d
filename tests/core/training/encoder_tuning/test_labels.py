from __future__ import annotations

from pathlib import Path

import torch

from core.data.simulated.named_sounds import NamedSound
from core.training.encoder_tuning.labels import corrected, labels_of

NAMES = ("Dog", "Bark", "Siren", "Speech", "Howl")
DOG = NamedSound(Path("dog.ogg"), "dog bark", ("Dog",), ("Bark",))


def test_the_name_is_heard_and_strangers_are_doubted() -> None:
    labels = labels_of([DOG], NAMES)
    heard = torch.tensor([[0.2, 0.3, 0.8, 0.9, 0.1]])
    right = corrected(heard, labels, torch.tensor([0]), torch.tensor([True]))[0]
    assert right[0] == 0.7
    assert right[1] == 0.3  # a relative stays as it was heard
    assert right[2] == 0.4  # a particular class that has nothing to do with dogs
    assert right[3] == torch.tensor(0.9)  # speech may be in any recording


def test_clearly_heard_names_are_left_alone() -> None:
    labels = labels_of([DOG], NAMES)
    right = corrected(torch.full((1, 5), 0.9), labels, torch.tensor([0]), torch.tensor([True]))
    assert right[0, 0] == torch.tensor(0.9)


def test_faint_patches_keep_what_was_heard() -> None:
    labels = labels_of([DOG], NAMES)
    heard = torch.rand(1, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(corrected(heard, labels, torch.tensor([0]), torch.tensor([False])), heard)
