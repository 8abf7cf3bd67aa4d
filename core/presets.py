"""Presets: named configurations, built-in (read-only) and the user's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from core import paths
from core.config import RunConfig, parse_config
from core.errors import ConfigError
from core.files import read_json, unreadable_json, words_for_path, write_json_atomic
from core.wording import choice_text


@dataclass(frozen=True)
class Preset:
    """A configuration with a name, a title for people and a sentence on what it is for."""

    name: str
    title: str
    description: str
    config: RunConfig
    builtin: bool
    path: Path


def list_presets() -> list[Preset]:
    """Return the built-in presets in their own order, then the user's by name.

    A user's preset that cannot be read is left out; `load_preset` says why.
    """
    builtin = [_read(path, True) for path in sorted(_builtin_dir().glob("*.json"))]
    own = []
    for path in sorted(paths.presets_dir().glob("*.json")):
        try:
            own.append(_read(path, False))
        except ConfigError:
            continue
    return builtin + own


def load_preset(name: str) -> Preset:
    """Return the preset of that name, or the one in that JSON file. Raises `ConfigError`."""
    own = paths.presets_dir() / f"{name}.json"
    for path in sorted(_builtin_dir().glob("*.json")):
        if _name(path) == name:
            return _read(path, True)
    if own.is_file():
        return _read(own, False)
    if name.endswith(".json"):
        return _read(Path(name).expanduser(), False)
    known = [_name(path) for path in sorted(_builtin_dir().glob("*.json"))]
    known += [path.stem for path in sorted(paths.presets_dir().glob("*.json"))]
    raise ConfigError(f"There is no preset named {name}{choice_text(name, known)}")


def save_preset(title: str, config: RunConfig) -> Preset:
    """Save a preset of the user's own. Raises `ConfigError` for a built-in or empty name."""
    name = words_for_path(title)
    if not name:
        raise ConfigError("A preset needs a name with at least one letter or digit.")
    if any(_name(path) == name for path in _builtin_dir().glob("*.json")):
        raise ConfigError(f"{name} is a built-in preset; choose another name.")
    path = paths.presets_dir() / f"{name}.json"
    config = config.model_copy(update={"preset": name})
    content = {"title": title, "description": "", "config": config.model_dump(mode="json")}
    write_json_atomic(path, content)
    return _read(path, False)


def _builtin_dir() -> Path:
    return paths.resources_dir() / "presets"


def _name(path: Path) -> str:
    # Built-in files carry a number in front that decides their order: 10-starter-ce.json.
    return re.sub(r"^\d+-", "", path.stem)


def _read(path: Path, builtin: bool) -> Preset:
    try:
        content = read_json(path)
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; give the path of a preset file.") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} is not a preset: {unreadable_json(error)}.") from error
    if not isinstance(content, dict) or not isinstance(content.get("config"), dict):
        raise ConfigError(f"{path} is not a preset: it has no part named config.")
    name = _name(path) if builtin else path.stem
    config = parse_config({"preset": name, **content["config"]}, str(path))
    title = str(content.get("title") or name)
    return Preset(name, title, str(content.get("description", "")), config, builtin, path)
