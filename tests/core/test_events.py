from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import events
from core.events import (
    CheckpointSaved,
    Evaluated,
    Event,
    PreviewCaptioned,
    Progress,
    RunEnded,
    StepLogged,
    from_record,
    to_record,
)

TEXT = st.text(max_size=8)
INT = st.integers(-(2**53), 2**53)
FLOAT = st.floats(allow_nan=False)
BY_ANNOTATION: dict[str, st.SearchStrategy[Any]] = {
    "str": TEXT,
    "int": INT,
    "int | None": st.none() | INT,
    "float": FLOAT,
    "float | None": st.none() | FLOAT,
    "Mapping[str, float]": st.dictionaries(TEXT, FLOAT, max_size=3),
    "Mapping[str, str]": st.dictionaries(TEXT, TEXT, max_size=3),
    "tuple[tuple[float, float], ...]": st.lists(st.tuples(FLOAT, FLOAT), max_size=3).map(tuple),
    "tuple[str, ...]": st.lists(TEXT, max_size=3).map(tuple),
    "Literal['best', 'last', 'epoch', 'top']": st.sampled_from(["best", "last", "epoch", "top"]),
    "Literal['finished', 'stopped', 'failed']": st.sampled_from(["finished", "stopped", "failed"]),
}
KINDS = sorted(events._KINDS.values(), key=lambda kind: kind.__name__)


def drawn(kind: type[Event]) -> st.SearchStrategy[Event]:
    fields = {
        item.name: BY_ANNOTATION[str(item.type).replace('"', "'")]
        for item in dataclasses.fields(kind)
    }
    return st.builds(kind, **fields)


@given(st.sampled_from(KINDS).flatmap(drawn))
def test_every_event_survives_a_line_of_json(event: Event) -> None:
    line = json.dumps(to_record(event), default=dict)
    assert "\n" not in line
    assert from_record(json.loads(line)) == event


def test_figures_that_are_not_finite_survive() -> None:
    event = StepLogged(
        epoch=0,
        step=1,
        losses={"total": math.inf},
        learning_rate=0.1,
        gradient_norm=math.nan,
        examples_per_second=1.0,
    )
    again = from_record(json.loads(json.dumps(to_record(event), default=dict)))
    assert isinstance(again, StepLogged)
    assert again.losses["total"] == math.inf
    assert math.isnan(again.gradient_norm)


def test_unknown_kinds_are_none_and_unknown_fields_left_out() -> None:
    assert from_record({"event": "Rescored", "epoch": 1}) is None
    assert from_record({}) is None
    record = {"event": "RunEnded", "reason": "finished", "mood": "good", "time": 3.0}
    assert from_record(record) == RunEnded(reason="finished")


@pytest.mark.parametrize(
    "record",
    [
        {"event": "RunEnded"},
        {"event": "EpochEnded", "epoch": "7", "step": 1, "losses": {}, "seconds": 1.0},
        {"event": "EpochEnded", "epoch": True, "step": 1, "losses": {}, "seconds": 1.0},
        {"event": "EpochEnded", "epoch": 1, "step": 1, "losses": [1], "seconds": 1.0},
        {"event": "EpochEnded", "epoch": 1, "step": 1, "losses": {"ce": "x"}, "seconds": 1.0},
        {"event": "EpochEnded", "epoch": 1, "step": 1, "losses": {}, "seconds": None},
        {"event": "PreviewCaptioned", "epoch": 1, "step": 1, "clip": "a", "caption": 3},
        {"event": "CheckpointSaved", "epoch": 1, "step": 1, "kind": 1, "path": "a"},
        {
            "event": "CaptionsMapped",
            "epoch": 1,
            "step": 1,
            "clips": ["a"],
            "captions": ["b"],
            "points": [[1.0]],
            "explained": 0.5,
        },
    ],
)
def test_a_record_with_missing_or_wrong_fields_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="record"):
        from_record(record)


def test_which_events_a_run_keeps() -> None:
    passing = {Progress, Evaluated}
    for kind in KINDS:
        assert kind.recorded == (kind not in passing), kind


def test_events_are_frozen_and_named() -> None:
    event = CheckpointSaved(epoch=1, step=2, kind="best", path="checkpoints/best.safetensors")
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.epoch = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        PreviewCaptioned(1, 2, "clip", "caption", 0.0)  # type: ignore[misc]
