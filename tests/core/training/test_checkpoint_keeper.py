"""What a run keeps: proven states, kept epochs, the best k; and branches from what was kept."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Any

import pytest

import core.files
from core.config import RunConfig
from core.errors import CheckpointError, RunFolderError, StudioError
from core.events import (
    CheckpointSaved,
    Event,
    Progress,
    RunStarted,
    StepLogged,
    ValidationEnded,
    Warned,
)
from core.models.checkpoints import load_checkpoint
from core.runs import RunFolder, create_run, effective, record
from core.runs import disk_space as waiting
from core.runs.branching import branch_source, copy_history
from core.training.prepare import Prepared
from core.training.state import Position
from core.training.trainer import Trainer
from tests.core.training.conftest import tiny_config
from tests.core.training.test_trainer import (
    ALL_TERMS,
    CPU,
    comparable,
    same_weights,
    trainer,
    weights,
)


def damage(path: Path) -> None:
    """Cut a file in half."""
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[: len(content) // 2])


def test_a_damaged_state_falls_back_to_the_one_before(
    tmp_path: Path, folder: RunFolder, data: Prepared
) -> None:
    whole = trainer(tiny_config(), folder, data)
    list(whole.run())
    other = create_run(tiny_config(), tmp_path / "damaged")
    events = trainer(tiny_config(), other, data).run()
    for event in events:
        if isinstance(event, StepLogged) and event.step == 8:
            break
    events.close()  # type: ignore[attr-defined]
    damage(other.state)
    resumed = trainer(tiny_config(), other, data, resume=True)
    told = list(resumed.run())
    warned = [event.message for event in told if isinstance(event, Warned)]
    assert "continues from the state before it, after step 6" in warned[0]
    assert [event.step for event in told if isinstance(event, StepLogged)] == [7, 8, 9, 10, 11, 12]
    assert same_weights(weights(whole), weights(resumed))


def test_when_both_states_are_damaged_the_last_one_is_named(
    folder: RunFolder, data: Prepared
) -> None:
    list(trainer(tiny_config(), folder, data).run())
    damage(folder.state)
    damage(folder.previous_state)
    with pytest.raises(CheckpointError, match=r"last\.state\.pt is damaged"):
        trainer(tiny_config(), folder, data, resume=True)


def test_epochs_and_the_best_are_kept_as_asked(folder: RunFolder, data: Prepared) -> None:
    config = tiny_config(
        training={"epochs": 6, "keep_every_epochs": 2, "keep_states": [3], "keep_top_k": 2}
    )
    events = list(trainer(config, folder, data).run())
    names = {path.name for path in folder.checkpoints.iterdir()}
    kept = {f"epoch-{n}.safetensors" for n in (2, 3, 4, 6)} | {"epoch-3.state.pt"}
    assert kept <= names
    values = {e.epoch + 1: e.losses["ce"] for e in events if isinstance(e, ValidationEnded)}
    best = sorted(values, key=lambda epoch: values[epoch])[:2]
    assert {name for name in names if name.startswith("top-")} == {
        f"top-{epoch}.safetensors" for epoch in best
    }
    assert load_checkpoint(folder.epoch_checkpoint(4)).info.epoch == 4
    kinds = [event.kind for event in events if isinstance(event, CheckpointSaved)]
    assert kinds.count("epoch") == 4


def test_the_state_can_be_saved_more_seldom(folder: RunFolder, data: Prepared) -> None:
    config = tiny_config(training={"save_every_epochs": 3})
    events = list(trainer(config, folder, data).run())
    saved = [e.step for e in events if isinstance(e, CheckpointSaved) and e.kind == "last"]
    assert saved == [9, 12]


def test_a_run_can_end_before_its_schedule_does(
    tmp_path: Path, folder: RunFolder, data: Prepared
) -> None:
    whole = [e for e in trainer(tiny_config(), folder, data).run() if isinstance(e, StepLogged)]
    config = tiny_config(training={"stop_epoch": 2})
    short = list(trainer(config, create_run(config, tmp_path / "short"), data).run())
    assert isinstance(short[0], RunStarted)
    assert short[0].epochs == 2
    steps = [comparable(event) for event in short if isinstance(event, StepLogged)]
    assert steps == [comparable(event) for event in whole[:6]]


def later(start: int) -> RunConfig:
    return tiny_config(
        objectives=[{**term, "start_epoch": start} for term in ALL_TERMS],
        training={"epochs": 5},
        validation={"every_epochs": 2},
    )


def test_a_branch_is_the_run_that_trained_the_shared_epochs_itself(
    tmp_path: Path, data: Prepared
) -> None:
    base: dict[str, Any] = {"validation": {"every_epochs": 2}}
    trunk_config = tiny_config(**base, training={"epochs": 5, "keep_states": [3]})
    trunk = create_run(trunk_config, tmp_path / "trunk")
    list(record(trunk, trainer(trunk_config, trunk, data).run()))
    alone = create_run(later(3), tmp_path / "alone")
    whole = trainer(later(3), alone, data)
    list(record(alone, whole.run()))

    config = later(3).model_copy(
        update={
            "training": later(3).training.model_copy(
                update={"branch_from": str(trunk.epoch_checkpoint(3))}
            )
        }
    )
    run = create_run(config, tmp_path / "branch")
    source = branch_source(config)
    assert source.state == trunk.epoch_state(3)
    branch = Trainer(config, run, data, CPU, branch=source.state)
    copy_history(source.run, run, branch.position.epoch, branch.position.step)
    list(record(run, branch.run()))

    assert same_weights(weights(whole), weights(branch))
    heads = whole.losses.heads.state_dict()
    assert same_weights(heads, branch.losses.heads.state_dict())
    assert told(run) == told(alone)
    assert load_checkpoint(run.best).info.metrics == load_checkpoint(alone.best).info.metrics
    for one, other in ((run.maps, alone.maps), (run.previews, alone.previews)):
        assert [e for _, e in one.read_all()] == [e for _, e in other.read_all()]


def told(run: RunFolder) -> list[Event]:
    """What a run's curves are made of."""
    return [
        comparable(event)
        for _, event in effective(run.events.read_all())
        if isinstance(event, StepLogged | ValidationEnded)
        or (isinstance(event, CheckpointSaved) and event.kind == "best")
    ]


@pytest.mark.parametrize("with_best", [True, False])
def test_a_branch_takes_over_what_lies_in_its_own_folder(
    tmp_path: Path, folder: RunFolder, data: Prepared, with_best: bool
) -> None:
    """The best checkpoint comes along; without it, as without the best k, none is claimed."""
    config = tiny_config(training={"keep_states": [2], "keep_top_k": 2})
    trunk = trainer(config, folder, data)
    list(trunk.run())
    assert trunk.position.top
    state = folder.epoch_state(2)
    best = state.with_name("epoch-2.best.safetensors")
    assert best.exists()
    if not with_best:
        best.unlink()
    run = create_run(config, tmp_path / "branch")
    position = Trainer(config, run, data, CPU, branch=state).position
    assert position.top == []
    assert (position.best is not None) is run.best.exists() is with_best


def test_a_branch_keeps_data_model_and_batches(tmp_path: Path, data: Prepared) -> None:
    trunk = create_run(tiny_config(), tmp_path)
    list(trainer(tiny_config(), trunk, data).run())
    same = tiny_config(training={"branch_from": str(trunk.path)})
    assert branch_source(same).state == trunk.state
    assert Trainer(same, trunk, data, CPU, branch=trunk.state).position.epoch == 4
    wider = tiny_config(training={"branch_from": str(trunk.path)}, model={"d_model": 32})
    with pytest.raises(RunFolderError, match="settings of model are others"):
        branch_source(wider)
    missing = tiny_config(training={"branch_from": str(trunk.epoch_state(9))})
    with pytest.raises(RunFolderError, match="There is no state"):
        branch_source(missing)


class FullDisk:
    """Refuses files of the given names after writing half of them, so many times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refusals, self.name = 0, ""
        put = core.files._put

        def refusing(stream: FileIO, content: bytes) -> None:
            if self.refusals and self.name in str(stream.name):
                self.refusals -= 1
                put(stream, content[: len(content) // 2])
                raise OSError(errno.ENOSPC, "No space left on device")
            put(stream, content)

        monkeypatch.setattr(core.files, "_put", refusing)
        monkeypatch.setattr(waiting, "RETRY_SECONDS", 0.0)


@pytest.mark.parametrize("name", ["last.state", "best", "epoch-2", "events", "previews", "maps"])
def test_a_run_waits_for_space_and_goes_on_as_if_there_had_been_enough(
    tmp_path: Path,
    folder: RunFolder,
    data: Prepared,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    config = tiny_config(training={"epochs": 2, "keep_states": [2]}, validation={"previews": 1})
    whole = trainer(config, folder, data)
    list(record(folder, whole.run()))
    disk = FullDisk(monkeypatch)
    disk.refusals, disk.name = 2, name
    other = create_run(config, tmp_path / "full")
    made = trainer(config, other, data)
    events = list(record(other, made.run()))
    waits = [e.message for e in events if isinstance(e, Progress) and e.phase == "Paused"]
    assert len(waits) == 2
    assert any("nothing was lost" in event.message for event in events if isinstance(event, Warned))
    assert disk.refusals == 0
    assert same_weights(weights(whole), weights(made))
    assert told(other) == told(folder)
    assert sorted(path.name for path in other.checkpoints.iterdir()) == sorted(
        path.name for path in folder.checkpoints.iterdir()
    )


def test_stopping_on_a_full_disk_says_where_the_run_stands(
    folder: RunFolder, data: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = trainer(tiny_config(), folder, data).run()
    for event in events:
        if isinstance(event, StepLogged) and event.step == 4:
            break
    before = folder.state.read_bytes()
    disk = FullDisk(monkeypatch)
    disk.refusals, disk.name = 9, "checkpoints"
    with pytest.raises(StudioError, match="is full, so step 4 could not be saved"):
        events.close()  # type: ignore[attr-defined]
    assert folder.state.read_bytes() == before
    disk.refusals = 0
    assert trainer(tiny_config(), folder, data, resume=True).position.step == 3


def test_the_best_by_loss_is_the_best_by_cross_entropy(folder: RunFolder, data: Prepared) -> None:
    """Arms with and without contrast are judged by the same figure."""
    keeper, position = trainer(tiny_config(), folder, data).keeper, Position()
    for ce, total, better in ((2.0, 5.0, True), (1.9, 9.0, True), (1.95, 0.1, False)):
        saved = keeper.save_if_best(position, {"ce": ce, "total": total}, {})
        assert (saved is not None) is better
        if saved is not None:
            assert saved.value == ce
            position.best = saved.value
    assert keeper.save_if_best(position, {"ce": float("nan"), "total": 0.0}, {}) is None


def test_a_worse_epoch_leaves_the_best_checkpoint_alone(
    folder: RunFolder, data: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = iter((3.0, 2.0, 2.5, 2.2))

    def measured(*_: object) -> Iterator[Event]:
        yield Progress(phase="Validating", done=0)
        return {"ce": next(figures), "total": 0.0}

    monkeypatch.setattr("core.training.validation.validation_losses", measured)
    events = list(trainer(tiny_config(), folder, data).run())
    best = [e.epoch for e in events if isinstance(e, CheckpointSaved) and e.kind == "best"]
    assert best == [0, 1]
    assert load_checkpoint(folder.best).info.epoch == 2


def test_nothing_is_best_by_a_figure_that_is_none(folder: RunFolder, data: Prepared) -> None:
    keeper, position = trainer(tiny_config(), folder, data).keeper, Position()
    assert keeper.save_if_best(position, {"ce": float("nan")}, {}) is None
    assert not folder.best.exists()


def test_an_equal_figure_is_no_better(folder: RunFolder, data: Prepared) -> None:
    keeper, position = trainer(tiny_config(), folder, data).keeper, Position(best=2.0)
    assert keeper.save_if_best(position, {"ce": 2.0}, {}) is None
    assert keeper.save_if_best(position, {"ce": 1.9}, {}) is not None


def test_an_epoch_that_is_validated_again_is_kept_once(folder: RunFolder, data: Prepared) -> None:
    config = tiny_config(training={"keep_top_k": 2})
    keeper, position = trainer(config, folder, data).keeper, Position()
    for loss in (2.0, 2.0, 1.5):
        assert keeper.save_if_top(position, {"ce": loss}, {}) is not None
    assert position.top == [(1.5, 1)]


def test_the_best_k_by_a_metric_are_the_highest(folder: RunFolder, data: Prepared) -> None:
    config = tiny_config(
        training={"keep_top_k": 2}, validation={"monitor": "cider_d", "caption_clips": 2}
    )
    keeper, position = trainer(config, folder, data).keeper, Position()
    kept = []
    for score in (0.2, 0.5, 0.3, 0.1):
        kept.append(keeper.save_if_top(position, {"ce": 1.0 - score}, {"cider_d": score}))
        position.next_epoch()
    assert [saved is not None for saved in kept] == [True, True, True, False]
    assert position.top == [(0.5, 2), (0.3, 3)]
    names = {path.name for path in folder.checkpoints.iterdir()}
    assert names == {"top-2.safetensors", "top-3.safetensors"}
