"""Events files as columns: the same as event by event, whatever the lines are like."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from core.errors import RunFolderError
from core.events import EpochEnded, Event, RunStarted, StepLogged, ValidationEnded
from core.runs import EventsFile
from core.runs.event_columns import ColumnReader, Piece, StepBlock, digest, skim


def stepped(step: int, losses: dict[str, float]) -> StepLogged:
    return StepLogged(
        epoch=step // 10,
        step=step,
        losses=losses,
        learning_rate=5e-05,
        gradient_norm=1 / 3,
        examples_per_second=1234.5,
    )


def a_run() -> list[Event]:
    events: list[Event] = [
        RunStarted(
            epochs=4,
            steps_per_epoch=10,
            device="cpu",
            parameters=1,
            vocabulary_size=1,
            train_clips=1,
            validation_clips=1,
        )
    ]
    for step in range(1, 41):
        losses = {"ce": 1e-7 * step, "total": 3.0 + step}
        if step > 20:
            losses["caption-ntxent"] = -step / 7
        if step == 30:
            losses = {"ce": math.nan, "total": math.inf, "caption-ntxent": -math.inf}
        events.append(stepped(step, losses))
        if step % 10 == 0:
            events.append(EpochEnded(epoch=step // 10 - 1, step=step, losses=losses, seconds=1.0))
            events.append(ValidationEnded(epoch=step // 10 - 1, step=step, losses={"ce": 2.0}))
    return events


@pytest.fixture
def file(tmp_path: Path) -> EventsFile:
    file = EventsFile(tmp_path / "events.jsonl")
    for number, event in enumerate(a_run()):
        file.append(event, 1795379676.0 + number / 8)
    return file


def flat(pieces: list[Piece]) -> list[object]:
    """Blocks as rows, so that it does not matter where one ends and the next begins."""
    rows: list[object] = []
    for piece in pieces:
        if not isinstance(piece, StepBlock):
            rows.append(piece)
            continue
        for row in range(len(piece.columns["time"])):
            figures = {name: float(values[row]) for name, values in piece.columns.items()}
            known = {name: value for name, value in figures.items() if not math.isnan(value)}
            rows.append(json.dumps(known, sort_keys=True))
    return rows


@pytest.mark.parametrize("most", [1, 700, 1 << 20])
def test_columns_are_the_events(file: EventsFile, most: int) -> None:
    reader, pieces, more = ColumnReader(file.path), [], True
    while more:
        found, more = reader.read(most)
        pieces += found
    assert flat(pieces) == flat(digest(file.read_all()))
    assert reader.read() == ([], False)


def test_growing_torn_and_odd_lines(file: EventsFile) -> None:
    reader = ColumnReader(file.path)
    reader.read()
    extra = {"event": "StepLogged", "time": 5.0, "note": "new", "epoch": 4, "step": 41}
    extra |= {"losses": {"ce": 1}, "learning_rate": 0.1, "gradient_norm": 1.0}
    odd = [
        json.dumps(extra | {"examples_per_second": 2.0}),
        '{"time": 6.0, "event": "StepLogged", "epoch": "x"}',
        "no JSON at all",
        '{"time": NaN, "event": "StepLogged"}',
        '{"time": 7.0, "event": "SomethingNew"}',
    ]
    with file.path.open("a") as stream:
        stream.write("\n".join(odd) + '\n{"time": 8.0, "event": "StepLog')
    (block,), more = reader.read()
    assert not more and isinstance(block, StepBlock)
    assert block.columns["step"].tolist() == [41.0] and block.columns["ce"].tolist() == [1.0]
    with file.path.open("a") as stream:
        stream.write('ged"}\n')
    assert reader.read() == ([], False)


def test_skimming_keeps_all_but_epochs_and_most_steps(file: EventsFile) -> None:
    pieces = skim(file.path, steps=8)
    others = [piece for piece in pieces if not isinstance(piece, StepBlock)]
    every = digest(file.read_all())
    kept = [item for item in every if not isinstance(item, StepBlock)]
    assert others == [item for item in kept if not isinstance(item[1], EpochEnded)]
    steps = np.concatenate([p.columns["step"] for p in pieces if isinstance(p, StepBlock)])
    assert steps.tolist() == [7, 14, 21, 28, 35]
    blocks = [block for block in skim(file.path) if isinstance(block, StepBlock)]
    whole = [block for block in every if isinstance(block, StepBlock)]
    names = ("step", "ce", "time")
    for name in names:
        found, right = (np.concatenate([b.columns[name] for b in part]) for part in (blocks, whole))
        np.testing.assert_array_equal(found, right)


def test_a_missing_file_is_empty_and_an_unreadable_one_an_error(tmp_path: Path) -> None:
    assert ColumnReader(tmp_path / "no.jsonl").read() == ([], False)
    assert skim(tmp_path / "no.jsonl") == []
    with pytest.raises(RunFolderError, match="cannot be read"):
        ColumnReader(tmp_path).read()


def test_steps_can_be_passed_over(file: EventsFile) -> None:
    everything = file.read_all()
    assert file.read_all(steps=False) == [
        item for item in everything if not isinstance(item[1], StepLogged)
    ]
