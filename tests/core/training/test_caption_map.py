"""The two-dimensional map of validation captions."""

from __future__ import annotations

import pytest
import torch

from core.events import CaptionsMapped
from core.runs import RunFolder
from core.training.caption_map import principal_plane
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
