from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.config import RunConfig, replace_fields
from core.errors import ConfigError
from core.presets import list_presets, load_preset, save_preset

BUILTIN = [preset.name for preset in list_presets()]


def test_built_in_presets_come_in_their_order() -> None:
    assert BUILTIN[:2] == ["starter-ce", "starter-ce+cl"]
    assert BUILTIN.index("dcase2024-baseline") < BUILTIN.index("dcase2024-ce100-cl300")
    assert all(preset.builtin and preset.title for preset in list_presets())


@pytest.mark.parametrize("name", BUILTIN)
def test_a_built_in_preset_says_what_it_is_for_and_names_itself(name: str) -> None:
    preset = load_preset(name)
    assert preset.description.endswith(".")
    assert preset.config.preset == name


def test_the_starter_arms_differ_in_the_contrast_alone() -> None:
    plain, contrast = load_preset("starter-ce").config, load_preset("starter-ce+cl").config
    assert plain.objectives == ()
    assert [term.name for term in contrast.objectives] == ["caption-ntxent"]
    same = {"objectives": (), "preset": ""}
    assert plain.model_copy(update=same) == contrast.model_copy(update=same)


def test_the_baseline_preset_is_the_published_configuration() -> None:
    config = load_preset("dcase2024-baseline").config
    default = RunConfig()
    for part in ("model", "optimizer", "training", "decoding", "objectives", "seed"):
        assert getattr(config, part) == getattr(default, part), part


@pytest.mark.parametrize("title", ["Mine", "10 epochs", "A+B  (test)", "Größe 3"])
def test_an_own_preset_is_found_again(title: str) -> None:
    config = replace_fields(RunConfig(), {"training.epochs": 7})
    saved = save_preset(title, config)
    assert saved.title == title
    assert load_preset(saved.name).config == saved.config
    assert saved.config.training.epochs == 7
    assert not saved.builtin
    assert [preset.name for preset in list_presets()] == [*BUILTIN, saved.name]


def test_saving_again_replaces() -> None:
    for epochs in (3, 5):
        save_preset("Mine", replace_fields(RunConfig(), {"training.epochs": epochs}))
    assert load_preset("mine").config.training.epochs == 5


@pytest.mark.parametrize("title", ["", "  ", "!?", "Starter CE", "starter-ce+cl"])
def test_impossible_names_are_refused(title: str) -> None:
    with pytest.raises(ConfigError):
        save_preset(title, RunConfig())


def test_an_unknown_preset_names_the_built_in_ones() -> None:
    with pytest.raises(ConfigError, match="starter-ce"):
        load_preset("nonesuch")


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"config": 3}', '{"config": {"seed": -1}}', '{"config": {"x": 1}}'],
)
def test_a_broken_preset_file_is_named_and_does_not_break_the_list(
    home: Path, content: str
) -> None:
    path = home / "presets" / "broken.json"
    path.parent.mkdir()
    path.write_text(content)
    assert [preset.name for preset in list_presets()] == BUILTIN
    with pytest.raises(ConfigError) as caught:
        load_preset("broken")
    assert str(path) in str(caught.value)


def test_a_preset_file_may_lie_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "20-mine.json"
    path.write_text(json.dumps({"title": "T", "config": {"seed": 3}}))
    preset = load_preset(str(path))
    assert (preset.name, preset.config.seed, preset.config.preset) == ("20-mine", 3, "20-mine")
    with pytest.raises(ConfigError, match="does not exist"):
        load_preset(str(tmp_path / "none.json"))
