"""The configuration: every impossible value is refused with a sentence that names the field."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from core.config import (
    OBJECTIVE_CONFIGS,
    RunConfig,
    allowed_range,
    field_info,
    load_config,
    parse_config,
    replace_fields,
    save_config,
)
from core.errors import ConfigError

CONTRAST = {"objectives": [{"name": name} for name in OBJECTIVE_CONFIGS]}


def fields(model: type[BaseModel] = RunConfig, prefix: str = "") -> list[tuple[str, Any]]:
    """All (dotted path, pydantic field) of the tree; one index for each method."""
    found = []
    for name, info in model.model_fields.items():
        if name == "objectives":
            for number, term in enumerate(OBJECTIVE_CONFIGS.values()):
                found += fields(term, f"objectives.{number}.")
        elif isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            found += fields(info.annotation, f"{prefix}{name}.")
        else:
            found.append((prefix + name, info))
    return found


def full(path: str) -> str:
    """Name the method of a term's field, without which its range may be another method's."""
    head, *rest = path.split(".")
    if head != "objectives":
        return path
    return ".".join([head, rest[0], list(OBJECTIVE_CONFIGS)[int(rest[0])], *rest[1:]])


def bounds(info: Any) -> dict[str, float]:
    return {
        key: getattr(item, key)
        for item in info.metadata
        for key in ("ge", "gt", "le", "lt")
        if getattr(item, key, None) is not None
    }


NUMBERS = [(path, info) for path, info in fields() if info.annotation in (int, float)]
CHOICES = [(path, info) for path, info in fields() if get_origin(info.annotation) is Literal]
TEXTS = [path for path, info in fields() if info.annotation is str]


def base() -> RunConfig:
    return parse_config(CONTRAST)


def outside(info: Any) -> list[float]:
    """Values just outside each bound of a number."""
    limits = bounds(info)
    step = 1 if info.annotation is int else 1e-6
    values: list[float] = []
    if "ge" in limits:
        values.append(limits["ge"] - step)
    if "gt" in limits:
        values.append(limits["gt"])
    if "le" in limits:
        values.append(limits["le"] + step)
    if "lt" in limits:
        values.append(limits["lt"])
    return values


BAD_NUMBERS = [(path, value) for path, info in NUMBERS for value in outside(info)]


def test_every_number_has_a_lower_bound_and_help() -> None:
    for path, info in NUMBERS:
        assert {"ge", "gt"} & bounds(info).keys(), path
    for path, info in fields():
        if path != "schema_version" and not path.endswith(".name"):
            assert info.title, path
            assert info.description, path


@pytest.mark.parametrize(("path", "value"), BAD_NUMBERS)
def test_a_number_outside_its_range_is_named_with_the_range(path: str, value: float) -> None:
    with pytest.raises(ConfigError) as caught:
        replace_fields(base(), {path: value})
    sentence = str(caught.value)
    assert path in sentence
    assert allowed_range(full(path)) in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "much", None, [], {}, "1,5"])
@pytest.mark.parametrize("path", [path for path, _ in NUMBERS])
def test_what_is_no_number_is_refused(path: str, value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        replace_fields(base(), {path: value})
    assert path in str(caught.value)


@pytest.mark.parametrize("path", [path for path, _ in CHOICES])
@pytest.mark.parametrize("value", ["", "unheard-of", 3.5, None])
def test_a_wrong_choice_names_the_allowed_ones(path: str, value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        replace_fields(base(), {path: value})
    sentence = str(caught.value)
    assert path in sentence
    info = field_info(full(path))
    assert all(str(choice) in sentence for choice in get_args(info.annotation))


@pytest.mark.parametrize("path", TEXTS)
@pytest.mark.parametrize("value", [None, 3, [], {}])
def test_text_must_be_text(path: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=path):
        replace_fields(base(), {path: value})


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("model.d_model", 255, ["255", "multiple"]),
        ("model.heads", 7, ["256", "7"]),
        ("decoding.min_tokens", 20, ["shortest caption 20", "20"]),
        ("decoding.max_tokens", 3, ["longest caption 3"]),
        ("training.batch_size", 1, ["batch size", "2"]),
        ("objectives.0.end_epoch", 0, []),
        ("device", "gpu", ["device", "gpu"]),
        ("device", "cuda:", ["device"]),
        ("name", "x" * 81, ["name", "80"]),
        ("schema_version", 2, ["schema_version"]),
    ],
)
def test_rules_between_fields(path: str, value: Any, words: list[str]) -> None:
    if not words:
        replace_fields(base(), {path: value})
        return
    with pytest.raises(ConfigError) as caught:
        replace_fields(base(), {path: value})
    assert all(word in str(caught.value) for word in words), caught.value


def test_a_term_must_end_after_it_starts() -> None:
    term = {"name": "caption-ntxent", "start_epoch": 5, "end_epoch": 5}
    with pytest.raises(ConfigError, match="end epoch 5 must be after start epoch 5"):
        parse_config({"objectives": [term]})


def test_a_term_may_stand_once() -> None:
    with pytest.raises(ConfigError, match="only once"):
        parse_config({"objectives": [{"name": "caption-ntxent"}] * 2})


@pytest.mark.parametrize(
    "path", ["model.colour", "colour", "", ".", "model", "model.", "objectives.7.weight", "seed.x"]
)
def test_no_such_setting(path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        replace_fields(base(), {path: 1})
    assert "setting" in str(caught.value) or path in str(caught.value)


def test_several_mistakes_are_all_named() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({"seed": -1, "training": {"epochs": 0, "speed": 3}, "model": 5})
    for path in ("seed", "training.epochs", "training.speed", "model"):
        assert path in str(caught.value)


@pytest.mark.parametrize("values", [None, [], "x", 3, [[]], True])
def test_what_is_no_configuration_at_all(values: Any) -> None:
    with pytest.raises(ConfigError):
        parse_config(values)


def test_a_configuration_cannot_be_changed_in_place() -> None:
    config = RunConfig()
    with pytest.raises(ValueError, match="frozen"):
        config.seed = 3  # type: ignore[misc]
    assert replace_fields(config, {"training.epochs": 7}).training.epochs == 7
    assert config.training.epochs == 400


def test_defaults_are_the_published_baseline() -> None:
    config = RunConfig()
    assert (config.model.d_model, config.model.layers, config.model.heads) == (256, 6, 8)
    assert (config.optimizer.learning_rate, config.optimizer.weight_decay) == (5e-4, 2.0)
    assert (config.training.epochs, config.training.batch_size, config.training.accumulate) == (
        400,
        64,
        8,
    )
    assert (config.training.label_smoothing, config.training.mixup_alpha) == (0.2, 0.4)
    assert (config.decoding.beam_size, config.decoding.min_tokens, config.decoding.max_tokens) == (
        3,
        3,
        20,
    )
    assert (config.validation.monitor, config.seed) == ("loss", 42)


# -- property tests ------------------------------------------------------------------------------


def inside(info: Any) -> st.SearchStrategy[Any]:
    limits = bounds(info)
    if info.annotation is int:
        low = int(limits.get("ge", limits.get("gt", 0) + 1))
        high = int(limits.get("le", limits.get("lt", 10_001) - 1))
        return st.integers(low, min(high, low + 10_000))
    return st.floats(
        limits.get("ge", limits.get("gt")),
        limits.get("le", limits.get("lt")),
        exclude_min="gt" in limits,
        exclude_max="lt" in limits,
    )


TIED = ("model.d_model", "model.heads", "decoding.", "training.batch_size", "epoch")
FREE = [(path, info) for path, info in NUMBERS if not any(word in path for word in TIED)]


@given(st.data())
def test_any_value_in_range_is_taken_and_survives_json(data: st.DataObject) -> None:
    path, info = data.draw(st.sampled_from(FREE))
    value = data.draw(inside(info))
    config = replace_fields(base(), {path: value})
    again = parse_config(json.loads(config.model_dump_json()))
    assert again == config
    target: Any = again
    for part in path.split("."):
        target = target[int(part)] if part.isdigit() else getattr(target, part)
    assert target == value


@given(st.data())
def test_any_value_out_of_range_is_refused(data: st.DataObject) -> None:
    path, info = data.draw(st.sampled_from(NUMBERS))
    limits = bounds(info)
    low = limits.get("ge", limits.get("gt"))
    value = data.draw(st.integers(max_value=int(low or 0) - 1))
    with pytest.raises(ConfigError, match=path):
        replace_fields(base(), {path: value})


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
NAMES = st.sampled_from([*RunConfig.model_fields, "colour"])


@given(JUNK | st.dictionaries(NAMES, JUNK, max_size=3))
def test_rubbish_is_refused_with_one_line_or_taken(values: Any) -> None:
    try:
        config = parse_config(values)
    except ConfigError as error:
        assert len(str(error)) > 10 and "\n" not in str(error)
    else:
        assert parse_config(config.model_dump(mode="json")) == config


# -- files ---------------------------------------------------------------------------------------


def test_a_saved_configuration_reads_the_same(tmp_path: Path) -> None:
    config = replace_fields(base(), {"name": "Ruhe – тихо"})
    save_config(config, tmp_path / "config.json")
    assert load_config(tmp_path / "config.json") == config


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b'{"seed": -1}', b'{"schema_version": 9}'],
)
def test_a_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_or_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load_config(tmp_path / "none.json")
    with pytest.raises(ConfigError, match="is not a configuration: it cannot be read"):
        load_config(tmp_path)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("training.epochs", "1 to 100000"),
        ("optimizer.learning_rate", "above 0, at most 1"),
        ("objectives.0.temperature", "above 0, at most 100"),
        ("data.train_clips", "at least 0"),
        ("data.dataset", ""),
        ("no.such", ""),
    ],
)
def test_ranges_in_words(path: str, text: str) -> None:
    assert allowed_range(path) == text
