"""The settings of the last start, so that the next session begins where this one was."""

from __future__ import annotations

from pathlib import Path

from core import paths
from core.config import RunConfig, parse_config
from core.errors import ConfigError
from core.files import read_json, write_json_atomic


def _file() -> Path:
    return paths.home() / "last-setup.json"


def save_setup(config: RunConfig, preset: str) -> None:
    """Remember the settings and the preset they began with."""
    write_json_atomic(_file(), {"preset": preset, "config": config.model_dump(mode="json")})


def load_setup() -> tuple[RunConfig | None, str]:
    """Return the remembered settings without the run's name; (None, "") when there are none."""
    try:
        content = read_json(_file())
        config = parse_config(content["config"], str(_file()))
        return config.model_copy(update={"name": ""}), str(content["preset"])
    except (OSError, ValueError, KeyError, TypeError, ConfigError):
        return None, ""
