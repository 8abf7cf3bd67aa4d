"""The training loop: what it says, that it learns, and that stopping changes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from core.config import RunConfig
from core.errors import CheckpointError, StudioError
from core.events import (
    CheckpointSaved,
    EpochEnded,
    Event,
    PreviewCaptioned,
    Progress,
    RunStarted,
    StepLogged,
    ValidationEnded,
    Warned,
)
from core.models.checkpoints import load_checkpoint
from core.runs import RunFolder, create_run
from core.training.prepare import Prepared
from core.training.trainer import Trainer
from tests.core.training.conftest import random_data, tiny_config

CPU = torch.device("cpu")
CONTRAST = {"name": "caption-ntxent"}
# For tests of what is learnt, which need many epochs and look at the last validation at most.
SELDOM = {"every_epochs": 100, "previews": 0}


def trainer(config: RunConfig, folder: RunFolder, data: Prepared, resume: bool = False) -> Trainer:
    return Trainer(config, folder, data, CPU, resume)


def comparable(event: Event) -> Event:
    """Leave out what the clock decides."""
    clocks = {
        field.name: 0.0
        for field in dataclasses.fields(event)
        if field.name in ("seconds", "examples_per_second")
    }
    return dataclasses.replace(event, **clocks)  # type: ignore[arg-type]


def weights(made: Trainer) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in made.model.state_dict().items()}


def same_weights(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


def test_it_says_what_it_does(folder: RunFolder, data: Prepared) -> None:
    events = list(trainer(tiny_config(), folder, data).run())
    first = events[0]
    assert isinstance(first, RunStarted)
    # 22 clips in batches of 5 are 5 batches; in groups of 2 that is 3 steps.
    assert first.steps_per_epoch == 3
    steps = [event for event in events if isinstance(event, StepLogged)]
    assert [event.step for event in steps] == list(range(1, 13))
    assert [event.epoch for event in events if isinstance(event, EpochEnded)] == [0, 1, 2, 3]
    validations = [event for event in events if isinstance(event, ValidationEnded)]
    assert len(validations) == 4
    previews = [event for event in events if isinstance(event, PreviewCaptioned)]
    assert [event.clip for event in previews[:2]] == ["clip-0", "clip-1"]
    assert len(previews) == 8
    assert isinstance(events[-1], CheckpointSaved)
    assert (folder.path / events[-1].path).is_file()


def test_it_learns(folder: RunFolder, data: Prepared) -> None:
    config = tiny_config(
        training={"epochs": 30, "mixup_alpha": 0.0, "label_smoothing": 0.0},
        model={"dropout": 0.0, "projection_dropout": 0.0},
        optimizer={"weight_decay": 0.0, "learning_rate": 0.01},
        validation=SELDOM,
    )
    ended = [e for e in trainer(config, folder, data).run() if isinstance(e, EpochEnded)]
    assert ended[-1].losses["ce"] < 0.8 * ended[0].losses["ce"]


def test_the_learning_rate_falls_once_an_epoch(folder: RunFolder, data: Prepared) -> None:
    events = trainer(tiny_config(), folder, data).run()
    rates = [event.learning_rate for event in events if isinstance(event, StepLogged)]
    assert rates[0] == pytest.approx(0.003)
    assert rates[0] == rates[1] == rates[2] > rates[3] == rates[5] > rates[6]


def test_the_best_checkpoint_is_the_lowest_validation_loss(
    folder: RunFolder, data: Prepared
) -> None:
    events = list(trainer(tiny_config(), folder, data).run())
    lowest = min(e.losses["ce"] for e in events if isinstance(e, ValidationEnded))
    best = [e for e in events if isinstance(e, CheckpointSaved) and e.kind == "best"][-1]
    assert best.value == lowest
    assert load_checkpoint(folder.best).info.epoch == best.epoch + 1


def test_weight_zero_changes_no_bit_of_the_run(
    tmp_path: Path, folder: RunFolder, data: Prepared
) -> None:
    epochs = {"epochs": 17}  # 51 steps
    plain = trainer(tiny_config(training=epochs, validation=SELDOM), folder, data)
    plain_events = list(plain.run())
    config = tiny_config(
        training=epochs,
        objectives=[{**CONTRAST, "weight": 0.0, "projection_dim": 8}],
        validation=SELDOM,
    )
    watched = trainer(config, create_run(config, tmp_path / "other"), data)
    watched_events = list(watched.run())
    assert same_weights(weights(plain), weights(watched))
    pairs = zip(
        (e for e in plain_events if isinstance(e, StepLogged)),
        (e for e in watched_events if isinstance(e, StepLogged)),
        strict=True,
    )
    for one, other in pairs:
        assert one.losses["ce"] == other.losses["ce"] == other.losses["total"]
        assert one.gradient_norm == other.gradient_norm
        assert "caption-ntxent" in other.losses


def test_arms_are_the_same_run_until_the_contrast_starts(
    tmp_path: Path, folder: RunFolder, data: Prepared
) -> None:
    plain = list(trainer(tiny_config(), folder, data).run())
    config = tiny_config(objectives=[{**CONTRAST, "start_epoch": 2}])
    arm = list(trainer(config, create_run(config, tmp_path / "arm"), data).run())

    def ce(events: list[Event]) -> list[float]:
        return [event.losses["ce"] for event in events if isinstance(event, StepLogged)]

    assert ce(plain)[:7] == ce(arm)[:7]
    assert ce(plain)[7:] != ce(arm)[7:]
    terms = ["caption-ntxent" in e.losses for e in arm if isinstance(e, StepLogged)]
    assert terms == [False] * 6 + [True] * 6


@pytest.mark.parametrize("mixup", [0.0, 0.4])
@pytest.mark.parametrize("hears_audio", [True, False])
def test_contrast_brings_captions_of_a_clip_together(
    folder: RunFolder, data: Prepared, mixup: float, hears_audio: bool
) -> None:
    objective = {**CONTRAST, "weight": 1.0, "hears_audio": hears_audio}
    config = tiny_config(
        objectives=[objective],
        training={"epochs": 25, "mixup_alpha": mixup, "batch_size": 8, "accumulate": 1},
        optimizer={"weight_decay": 0.0, "learning_rate": 0.01},
        validation=SELDOM,
    )
    ended = [e for e in trainer(config, folder, data).run() if isinstance(e, EpochEnded)]
    assert ended[-1].losses["caption-ntxent"] < ended[0].losses["caption-ntxent"]
    total = ended[3].losses["ce"] + ended[3].losses["caption-ntxent"]
    assert ended[3].losses["total"] == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize(
    ("objective", "figure", "better"),
    [
        ({"name": "audio-text-matching"}, "audio-text-matching/accuracy", 1),
        ({"name": "audio-text-ntxent", "temperature": 0.1}, "audio-text-ntxent", -1),
        ({"name": "audio-text-ntxent", "weight": 3}, "audio-text-ntxent/recall@10", 1),
        ({"name": "caption-proxy", "weight": 1, "proxy_epochs": 20}, "caption-proxy", -1),
        ({**CONTRAST, "weight": 1, "memory_bank": 16}, "caption-ntxent/alignment", -1),
    ],
)
def test_every_method_moves_what_it_is_for(
    folder: RunFolder, data: Prepared, objective: dict[str, object], figure: str, better: int
) -> None:
    data = dataclasses.replace(data, validation=data.train)
    config = tiny_config(
        objectives=[objective],
        training={"epochs": 19, "mixup_alpha": 0.0, "batch_size": 11, "accumulate": 1},
        model={"dropout": 0.0, "projection_dropout": 0.0},
        optimizer={"weight_decay": 0.0, "learning_rate": 0.01, "schedule": "constant"},
        validation={"every_epochs": 9, "previews": 0},
    )
    validations = [
        event.losses[figure]
        for event in trainer(config, folder, data).run()
        if isinstance(event, ValidationEnded)
    ]
    assert better * (validations[-1] - validations[0]) > 0


def test_proxies_are_fixed_when_the_second_stage_begins(folder: RunFolder, data: Prepared) -> None:
    made = trainer(
        tiny_config(objectives=[{"name": "caption-proxy", "proxy_epochs": 2}]), folder, data
    )
    seen = []
    for event in made.run():
        if isinstance(event, EpochEnded):
            proxies = made.losses.heads["caption-proxy"].get_buffer("proxies_train")
            seen.append(proxies.clone())
            assert ("caption-proxy/proxy-similarity" in event.losses) == (event.epoch >= 2)
    assert not seen[1].any()
    assert seen[2].any()
    assert torch.equal(seen[2], seen[3])


def test_gradient_norms_of_all_terms_are_told_once_an_epoch(
    folder: RunFolder, data: Prepared
) -> None:
    steps = [
        event
        for event in trainer(tiny_config(objectives=ALL_TERMS), folder, data).run()
        if isinstance(event, StepLogged)
    ]
    names = {f"{term['name']}/gradient-norm" for term in ALL_TERMS} | {"ce/gradient-norm"}
    for step in steps:
        told = {name for name in step.losses if name.endswith("/gradient-norm")}
        assert told == (names if step.step % 3 == 1 else set())
        assert all(step.losses[name] > 0 for name in told)


def interrupted(events: Iterator[Event], count: int) -> list[Event]:
    seen = [next(events) for _ in range(count)]
    events.close()  # type: ignore[attr-defined]
    return seen


ALL_TERMS = [
    {**CONTRAST, "projection_dim": 4, "memory_bank": 12},
    {"name": "audio-text-matching"},
    {"name": "audio-text-ntxent", "projection_dim": 8},
    {"name": "caption-proxy", "proxy_epochs": 2},
]


@pytest.fixture(scope="module")
def never_stopped(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[list[Event], dict[str, Tensor]]:
    config = tiny_config(objectives=ALL_TERMS)
    made = trainer(config, create_run(config, tmp_path_factory.mktemp("whole")), random_data())
    events = [comparable(event) for event in made.run()]
    return [event for event in events if not isinstance(event, Progress)], weights(made)


@pytest.mark.parametrize("stop_after", [1, 2, 3, 5, 9, 12, 13, 17, 20, 30, 36])
def test_a_stopped_run_goes_on_as_if_it_had_never_stopped(
    tmp_path: Path,
    data: Prepared,
    never_stopped: tuple[list[Event], dict[str, Tensor]],
    stop_after: int,
) -> None:
    config = tiny_config(objectives=ALL_TERMS)
    expected, learnt = never_stopped
    other = create_run(config, tmp_path / "stopped")
    interrupted(trainer(config, other, data).run(), stop_after)
    resumed = trainer(config, other, data, resume=True)
    events = [comparable(event) for event in resumed.run()]
    assert isinstance(events[0], RunStarted)
    rest = [event for event in events[1:] if not isinstance(event, Progress)]
    assert rest == expected[-len(rest) :]
    assert same_weights(learnt, weights(resumed))


def test_a_damaged_state_is_one_sentence(folder: RunFolder, data: Prepared) -> None:
    interrupted(trainer(tiny_config(), folder, data).run(), 4)
    folder.state.write_bytes(folder.state.read_bytes()[:100])
    with pytest.raises(CheckpointError, match=r"last\.state\.pt is damaged"):
        trainer(tiny_config(), folder, data, resume=True)


def test_ten_steps_without_a_finite_loss_end_the_run(folder: RunFolder, data: Prepared) -> None:
    data.train.frames.fill_(float("nan"))
    before = trainer(tiny_config(), folder, data)
    start = weights(before)
    skipped = []
    with pytest.raises(StudioError, match="10 steps in a row"):
        for event in before.run():
            skipped += [event.message] if isinstance(event, Warned) else []
    assert len(skipped) == 10
    assert same_weights(start, weights(before))


def test_an_initial_checkpoint_is_where_the_run_begins(
    tmp_path: Path, folder: RunFolder, data: Prepared
) -> None:
    list(trainer(tiny_config(), folder, data).run())
    config = tiny_config(training={"initial_checkpoint": str(folder.best)})
    initial = load_checkpoint(folder.best)
    started = trainer(
        config, create_run(config, tmp_path / "next"), dataclasses.replace(data, initial=initial)
    )
    assert same_weights(weights(started), initial.model.state_dict())


def test_the_last_epoch_is_validated_whatever_the_interval(
    folder: RunFolder, data: Prepared
) -> None:
    config = tiny_config(validation={"every_epochs": 3})
    events = list(trainer(config, folder, data).run())
    assert [e.epoch for e in events if isinstance(e, ValidationEnded)] == [2, 3]
