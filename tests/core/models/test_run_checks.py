"""What would keep a run from starting is said before it starts."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.config import RunConfig, parse_config, replace_fields
from core.data.clips import Clip
from core.errors import ConfigError
from core.models.continuation import continued_config
from core.models.run_checks import check_run
from tests.core.tiny import Tones, checkpoint, tiny_config, tiny_values, tones

__all__ = ["checkpoint", "tones"]


class OneCaption(Tones):
    def clips(self, split: str) -> tuple[Clip, ...]:
        return tuple(
            dataclasses.replace(clip, captions=clip.captions[:1]) for clip in super().clips(split)
        )


def found(config: RunConfig) -> dict[str, str]:
    return {problem.field: problem.sentence for problem in check_run(config)}


@pytest.mark.usefixtures("tones")
def test_a_run_that_can_start_has_no_problem() -> None:
    assert (
        check_run(replace_fields(tiny_config(), {"objectives": [{"name": "caption-ntxent"}]})) == []
    )


def test_one_caption_a_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    import core.data.datasets as datasets

    monkeypatch.setitem(datasets._OPENERS, "tones", lambda root: OneCaption())
    terms = [{"name": "audio-text-matching"}, {"name": "caption-ntxent"}]
    problems = found(replace_fields(tiny_config(), {"objectives": terms}))
    assert list(problems) == ["objectives.1.name"]
    assert "only one caption, but caption-ntxent compares two" in problems["objectives.1.name"]
    assert found(replace_fields(tiny_config(), {"objectives": terms[:1]})) == {}


@pytest.mark.usefixtures("tones")
def test_a_single_clip_cannot_be_contrasted() -> None:
    one = {"data.train_clips": 1, "objectives": [{"name": "audio-text-ntxent"}]}
    problems = found(replace_fields(tiny_config(), one))
    assert "needs at least 2 to compare" in problems["data.train_clips"]


@pytest.mark.usefixtures("tones")
def test_what_rehearsal_needs() -> None:
    wanted = {"data.rehearsal": 100, "data.encoder": "yamnet"}
    problems = found(replace_fields(tiny_config(), wanted))
    assert "choose it in place of yamnet, or" in problems["data.rehearsal"]
    wanted["data.encoder"] = "yamnet-tags"
    problems = found(replace_fields(tiny_config(), wanted))
    assert "starts from no checkpoint" in problems["data.rehearsal"]
    wanted["data.dataset"] = "starter-simulated"
    problems = found(replace_fields(tiny_config(), wanted))
    assert "is what rehearsal shows" in problems["data.rehearsal"]


def test_an_unknown_dataset_and_missing_origins(tmp_path: Path) -> None:
    changes = {"data.dataset": "nothing", "training.branch_from": str(tmp_path)}
    problems = found(replace_fields(tiny_config(), changes))
    assert list(problems) == ["data.dataset", "training.branch_from"]
    assert "is no run folder" in problems["training.branch_from"]
    missing = {"data.dataset": "nothing", "training.initial_checkpoint": "none"}
    assert "none" in found(replace_fields(tiny_config(), missing))["training.initial_checkpoint"]


@pytest.mark.usefixtures("tones")
def test_a_checkpoint_of_another_model_or_encoder(checkpoint: Path) -> None:
    changes: dict[str, Any] = {"training.initial_checkpoint": str(checkpoint)}
    assert found(replace_fields(tiny_config(), changes)) == {}
    changes |= {"model.layers": 2, "data.encoder": "convnext-tiny"}
    problems = found(replace_fields(tiny_config(), changes))
    assert "differs" in problems["training.initial_checkpoint"]
    assert "features of yamnet" in problems["data.encoder"]


@pytest.mark.usefixtures("tones")
def test_going_on_from_a_checkpoint(checkpoint: Path) -> None:
    own = continued_config(checkpoint)
    assert own.training.initial_checkpoint == str(checkpoint)
    assert own.model == tiny_config().model
    preset = parse_config(
        {
            "data": {"dataset": "tones", "encoder": "convnext-tiny"},
            "model": {"layers": 3},
            "objectives": [{"name": "caption-ntxent"}],
        }
    )
    both = continued_config(checkpoint, preset)
    assert both.objectives == preset.objectives
    assert (both.model, both.data.encoder) == (tiny_config().model, "yamnet")
    assert found(both) == {}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"objectives": [{"name": "caption-ntxent", "temperature": 0}]}, "temperature is 0"),
        ({"objectives": [{"name": "caption-ntxent", "weight": -0.1}]}, "weight is -0.1"),
        ({"objectives": [{"name": "clip"}]}, "'clip' but must be one of caption-ntxent"),
        (
            {"objectives": [{"name": "caption-ntxent"}], "training": {"batch_size": 1}},
            "needs a batch size of at least 2",
        ),
        (
            {"training": {"initial_checkpoint": "a", "branch_from": "b"}},
            "starts from a checkpoint or branches from a state, not both",
        ),
        ({"training": {"keep_states": [0]}}, "keep_states"),
    ],
)
def test_what_a_configuration_refuses_by_itself(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        parse_config({**tiny_values(), **changes})


def test_the_form_can_ask_without_torch() -> None:
    code = (
        "import sys, core.models.run_checks, core.models.continuation, core.training.queue_runner\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
