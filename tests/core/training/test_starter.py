from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.cli.program import main
from core.config import RunConfig
from core.data.tokenizer import Tokenizer
from core.events import Event, RunEnded, Warned
from core.models.caption_model import CaptionModel
from core.models.checkpoint_header import read_checkpoint_info
from core.models.checkpoints import save_checkpoint
from core.models.encoders.yamnet_tuning import tuning_file
from core.presets import load_preset
from core.runs import RunFolder
from core.training import starter


def save(path: Path, config: RunConfig) -> None:
    tokenizer = Tokenizer.fit(["a dog barks"])
    small = config.model.model_copy(update={"d_model": 8, "heads": 2, "feedforward": 8})
    config = config.model_copy(update={"model": small})
    path.parent.mkdir(parents=True, exist_ok=True)
    save_checkpoint(path, CaptionModel(small, tokenizer.size, 5), config, tokenizer)


class Trainings:
    """Stands for the trainer: writes the last checkpoint, or stops as often as told."""

    def __init__(self, stops: int = 0) -> None:
        self.stops = stops
        self.started: list[str] = []
        self.resumed: list[str] = []

    def train(self, config: RunConfig, run: RunFolder) -> Iterator[Event]:
        self.started.append(config.preset)
        yield from self._go(config, run)

    def resume(self, run: RunFolder) -> Iterator[Event]:
        self.resumed.append(run.config().preset)
        yield from self._go(run.config(), run)

    def _go(self, config: RunConfig, run: RunFolder) -> Iterator[Event]:
        yield Warned(message=config.training.initial_checkpoint)
        if self.stops:
            self.stops -= 1
            raise KeyboardInterrupt
        save(run.last, config)
        yield RunEnded(reason="finished", epoch=0, step=1, message="")


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Trainings:
    monkeypatch.setenv("AAC_STUDIO_HOME", str(tmp_path / "home"))
    made = Trainings()
    for name in ("starter-build", "starter-build-quick"):
        tuning = tmp_path / "home" / name / "encoder-tuning"
        tuning.parent.mkdir(parents=True)
        tuning.write_bytes(b"tuned layers")
    monkeypatch.setattr("core.training.train_run", made.train)
    monkeypatch.setattr("core.training.resume_run", made.resume)
    return made


def test_the_second_stage_goes_on_from_the_first(trainings: Trainings, tmp_path: Path) -> None:
    seen = list(starter.build_starter(tmp_path / "made.safetensors"))
    first, second = {run.name: run for run, _ in seen}.values()
    assert trainings.started == list(starter.STAGES)
    starts = [event.message for _, event in seen if isinstance(event, Warned)]
    assert starts == ["", str(first.last)]
    assert second.config().data.dataset == "starter-mixed"


def test_the_checkpoint_is_shipped_without_paths(trainings: Trainings, tmp_path: Path) -> None:
    output = tmp_path / "new" / "made.safetensors"
    list(starter.build_starter(output))
    header = read_checkpoint_info(output)
    assert header.dtype == "float16"
    assert header.config.name == starter.NAME
    assert str(tmp_path) not in header.config.model_dump_json()


def test_the_tuned_encoder_lies_beside_the_checkpoint(trainings: Trainings, tmp_path: Path) -> None:
    used = {tuning_file() for _ in starter.build_starter(tmp_path / "new" / "made.safetensors")}
    assert used == {tmp_path / "home" / "starter-build" / "encoder-tuning"}
    assert (tmp_path / "new" / "encoder-tuning.safetensors").read_bytes() == b"tuned layers"
    assert tuning_file().parent == starter.starter_file().parent


def test_what_was_tuned_is_not_tuned_again(trainings: Trainings) -> None:
    assert list(starter.tune_starter()) == []


def test_a_stopped_build_goes_on(trainings: Trainings, tmp_path: Path) -> None:
    trainings.stops = 1
    with pytest.raises(KeyboardInterrupt):
        list(starter.build_starter(tmp_path / "made.safetensors"))
    list(starter.build_starter(tmp_path / "made.safetensors"))
    assert trainings.started == list(starter.STAGES)
    assert trainings.resumed == [starter.STAGES[0]]


def test_a_quick_build_is_no_part_of_a_whole_one(trainings: Trainings, tmp_path: Path) -> None:
    trainings.stops = 1
    with pytest.raises(KeyboardInterrupt):
        list(starter.build_starter(tmp_path / "made.safetensors", quick=True))
    list(starter.build_starter(tmp_path / "made.safetensors"))
    assert trainings.resumed == []


def test_a_quick_build_does_not_replace_the_shipped_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["starter", "build", "--quick"]) == 2
    assert "--output" in capsys.readouterr().err


def test_all_stages_hear_and_are_built_alike() -> None:
    configs = [load_preset(name).config for name in (*starter.STAGES, "starter-fine-tune")]
    assert len({config.model for config in configs}) == 1
    assert {config.data.encoder for config in configs} == {"yamnet-tags"}
    tuned = configs[-1]
    assert tuned.training.initial_checkpoint == "starter" and tuned.training.new_words
    assert tuned.data.rehearsal > 0
