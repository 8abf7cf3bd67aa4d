from __future__ import annotations

from app.pages.train.choices import joins


def test_datasets_are_joined_by_two_and_all() -> None:
    assert joins(["starter-scenes"]) == []
    assert joins(["starter-scenes", "starter-mixed", "mine"]) == ["starter-scenes+mine"]
    assert joins(["clotho", "audiocaps", "audiocaps-v2", "rain-1", "rain-2"])[-1] == (
        "clotho+audiocaps+rain-1+rain-2"
    )
