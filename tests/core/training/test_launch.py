"""Whole runs in their folders: from sound to checkpoint, stopped, resumed, refused."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from core.config import replace_fields
from core.data.clips import Clip
from core.errors import ConfigError, DatasetError, RunFolderError
from core.events import EpochEnded, Progress, RunEnded, RunStarted, StepLogged, ValidationEnded
from core.models.checkpoints import load_checkpoint
from core.runs import create_run, effective, summarize
from core.training import resume_run, train_run
from tests.core.tiny import Tones, tiny_config, tones

__all__ = ["tones"]
CONTRAST = {"name": "caption-ntxent"}


@pytest.mark.usefixtures("tones")
def test_a_run_from_sound_to_checkpoint() -> None:
    run = create_run(tiny_config())
    events = list(train_run(run.config(), run))
    assert isinstance(events[0], Progress)
    started = next(event for event in events if isinstance(event, RunStarted))
    assert (started.train_clips, started.validation_clips) == (12, 6)
    assert isinstance(events[-1], RunEnded)
    assert events[-1].reason == "finished"
    summary = summarize(run)
    assert (summary.state, summary.epoch, summary.step) == ("finished", 2, 6)
    for file in (run.environment_file, run.tokenizer_file, run.best, run.last, run.state):
        assert file.is_file()
    assert load_checkpoint(run.best).info.encoder == "yamnet"
    assert not (run.path / "owner.json").exists()


@pytest.mark.usefixtures("tones")
def test_a_stopped_run_is_resumed_from_its_folder() -> None:
    run = create_run(tiny_config())
    events = train_run(run.config(), run)
    for event in events:
        if isinstance(event, StepLogged) and event.step == 2:
            break
    events.close()  # type: ignore[attr-defined]
    assert summarize(run).state == "stopped"
    resumed = list(resume_run(run))
    assert [e.step for e in resumed if isinstance(e, StepLogged)] == [3, 4, 5, 6]
    steps = [e.step for _, e in effective(run.events.read_all()) if isinstance(e, StepLogged)]
    assert steps == [1, 2, 3, 4, 5, 6]
    assert summarize(run).state == "finished"


@pytest.mark.usefixtures("tones")
def test_a_run_whose_last_state_is_gone_goes_on_from_the_one_before() -> None:
    run = create_run(tiny_config())
    list(train_run(run.config(), run))
    assert run.previous_state.is_file()
    run.state.unlink()
    resumed = list(resume_run(run))
    assert [e.epoch for e in resumed if isinstance(e, EpochEnded)] == [1]


@pytest.mark.usefixtures("tones")
def test_a_branch_that_was_stopped_goes_on_without_the_run_it_came_from() -> None:
    trunk = create_run(replace_fields(tiny_config(), {"training.stop_epoch": 1}))
    list(train_run(trunk.config(), trunk))
    run = create_run(replace_fields(tiny_config(), {"training.branch_from": str(trunk.path)}))
    events = train_run(run.config(), run)
    for event in events:
        if isinstance(event, StepLogged):
            break
    events.close()  # type: ignore[attr-defined]
    shutil.rmtree(trunk.path)
    resumed = list(resume_run(run))
    assert [e.epoch for e in resumed if isinstance(e, EpochEnded)] == [1]
    assert summarize(run).state == "finished"


@pytest.mark.usefixtures("tones")
def test_a_run_stopped_while_features_are_extracted_begins_anew() -> None:
    run = create_run(tiny_config())
    events = train_run(run.config(), run)
    next(events)
    events.close()  # type: ignore[attr-defined]
    resumed = list(resume_run(run))
    assert [e.epoch for e in resumed if isinstance(e, EpochEnded)] == [0, 1]


@pytest.mark.usefixtures("tones")
def test_a_run_is_not_written_twice_at_a_time() -> None:
    run = create_run(tiny_config())
    events = train_run(run.config(), run)
    next(events)
    with pytest.raises(RunFolderError, match="being written"):
        next(resume_run(run))
    events.close()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("tones")
def test_a_run_goes_on_from_a_checkpoint_of_another() -> None:
    first = create_run(tiny_config())
    list(train_run(first.config(), first))
    config = replace_fields(
        tiny_config(),
        {"training.initial_checkpoint": str(first.best), "objectives": [CONTRAST]},
    )
    second = create_run(config)
    events = list(train_run(config, second))
    assert first.tokenizer_file.read_bytes() == second.tokenizer_file.read_bytes()
    loss = [e.losses["ce"] for e in events if isinstance(e, ValidationEnded)]
    before = [e.losses["ce"] for _, e in first.events.read_all() if isinstance(e, ValidationEnded)]
    assert loss[0] < before[0]


def test_a_device_that_is_not_there_is_named() -> None:
    config = replace_fields(tiny_config(), {"device": "cuda:7"})
    run = create_run(config)
    with pytest.raises(ConfigError, match="cuda:7"):
        list(train_run(config, run))
    assert summarize(run).state == "failed"
    assert "cuda:7" in summarize(run).problem


class OneCaption(Tones):
    """Tones with a single caption each."""

    def clips(self, split: str) -> tuple[Clip, ...]:
        return tuple(
            dataclasses.replace(clip, captions=clip.captions[:1]) for clip in super().clips(split)
        )


@pytest.mark.parametrize("method", ["caption-ntxent", "caption-proxy"])
def test_contrast_between_captions_needs_two_of_a_clip(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    import core.data.datasets as datasets

    monkeypatch.setitem(datasets._OPENERS, "tones", lambda root: OneCaption())
    config = replace_fields(tiny_config(), {"objectives": [{"name": method}]})
    run = create_run(config)
    with pytest.raises(DatasetError, match=f"only one caption, but {method}"):
        list(train_run(config, run))


@pytest.mark.usefixtures("tones")
def test_a_missing_initial_checkpoint_is_one_sentence(tmp_path: Path) -> None:
    missing = tmp_path / "none.safetensors"
    config = replace_fields(tiny_config(), {"training.initial_checkpoint": str(missing)})
    run = create_run(config)
    with pytest.raises(Exception, match=r"none\.safetensors"):
        list(train_run(config, run))
    assert "\n" not in summarize(run).problem
