"""The two-dimensional map of validation captions."""

from __future__ import annotations

import itertools

import pytest
import torch

from core.events import CaptionsMapped
from core.models.caption_model import CaptionModel
from core.runs import RunFolder
from core.training.caption_map import map_captions, principal_plane
from core.training.prepare import Prepared
from core.training.trainer import Trainer
from tests.core.training.conftest import tiny_config


def test_a_plane_is_found_again() -> None:
    generator = torch.Generator().manual_seed(1)
    flat = torch.randn(30, 2, generator=generator, dtype=torch.float64) * torch.tensor([5.0, 1.0])
    turned, _ = torch.linalg.qr(torch.randn(9, 9, generator=generator, dtype=torch.float64))
    points, shown = principal_plane(flat @ turned[:2] + 7.0)
    assert shown == pytest.approx(1.0)
    assert torch.cdist(points, points) == pytest.approx(torch.cdist(flat, flat), abs=1e-4)
    assert points[:, 0].var() > points[:, 1].var()


def test_axes_point_to_where_their_largest_component_is_positive() -> None:
    generator = torch.Generator().manual_seed(2)
    table = torch.randn(12, 5, generator=generator)
    points, _ = principal_plane(table)
    for column in points.T:
        # The axis is what the coordinates of all rows have in common with their components.
        axis = (table - table.mean(dim=0)).double().T @ column
        assert axis[axis.abs().argmax()] > 0


@pytest.mark.parametrize("training", [True, False])
def test_captions_are_mapped_by_direction_without_dropout(data: Prepared, training: bool) -> None:
    torch.manual_seed(0)
    config = tiny_config(model={"dropout": 0.5})
    model = CaptionModel(config.model, data.tokenizer.size, 12).train(training)
    mapped = map_captions(model, data.validation, epoch=1, step=7, at_once=2)
    assert model.training is training
    model.eval()
    clips = torch.arange(len(data.validation))
    means = []
    for clip, caption in itertools.product(clips.tolist(), range(3)):
        one = torch.tensor([clip])
        batch = data.validation.batch(one, torch.tensor([caption]))
        length = int(data.validation.token_lengths[clip, caption])
        memory = model.project(batch.frames, batch.frame_lengths)
        means.append(model.decode_tokens(batch.tokens[:, : length - 1], memory)[0].mean(dim=0))
    unit = torch.nn.functional.normalize(torch.stack(means).detach(), dim=1)
    expected, shown = principal_plane(unit)
    torch.testing.assert_close(torch.tensor(mapped.points), expected.float(), rtol=0, atol=1e-5)
    assert (mapped.epoch, mapped.step, mapped.explained) == (1, 7, pytest.approx(shown, abs=1e-5))
    assert mapped.captions == tuple(itertools.chain.from_iterable(data.validation.references))


def test_one_point_lies_in_the_middle() -> None:
    points, shown = principal_plane(torch.ones(1, 4))
    assert points.tolist() == [[0.0, 0.0]]
    assert shown == 1.0


def test_contrast_gathers_the_captions_of_a_clip(folder: RunFolder, data: Prepared) -> None:
    config = tiny_config(
        objectives=[{"name": "caption-ntxent", "weight": 3.0}],
        training={"epochs": 40, "mixup_alpha": 0.0, "batch_size": 11, "accumulate": 1},
        optimizer={"weight_decay": 0.0, "learning_rate": 0.01, "schedule": "constant"},
        validation={"every_epochs": 40},
    )
    made = Trainer(config, folder, data, torch.device("cpu"))
    maps = [event for event in made.run() if isinstance(event, CaptionsMapped)]
    before, after = maps
    assert (before.step, len(before.points)) == (0, 18)
    assert before.clips[:4] == ("clip-0", "clip-0", "clip-0", "clip-1")
    assert spread_within(after) < 0.8 * spread_within(before)


def spread_within(mapped: CaptionsMapped) -> float:
    """Mean distance of captions to the middle of their clip, as a share of the whole spread."""
    points = torch.tensor(mapped.points)
    groups = points.view(-1, 3, 2)
    within = (groups - groups.mean(dim=1, keepdim=True)).norm(dim=-1).mean()
    return float(within / (points - points.mean(dim=0)).norm(dim=-1).mean())
