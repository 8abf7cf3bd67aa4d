"""Where things live on disk.

Everything a user makes stands under one folder, `home()`: the platform's data folder, or the
folder named by the environment variable ``AAC_STUDIO_HOME``. Folders are made when first asked for;
where that fails, each function raises `StudioError`.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from core.errors import StudioError

HOME_VARIABLE = "AAC_STUDIO_HOME"


def home() -> Path:
    """Return the folder that holds runs, features, weights, presets and logs."""
    chosen = os.environ.get(HOME_VARIABLE, "").strip()
    folder = Path(chosen) if chosen else platformdirs.user_data_path("aac-studio", appauthor=False)
    return _made(folder.expanduser().absolute())


def runs_dir() -> Path:
    """Return the folder with one sub-folder a run."""
    return _made(home() / "runs")


def features_dir() -> Path:
    """Return the folder of the feature stores."""
    return _made(home() / "features")


def weights_dir() -> Path:
    """Return the folder of downloaded or converted encoder weights."""
    return _made(home() / "weights")


def checkpoints_dir() -> Path:
    """Return the folder of imported checkpoints (those of runs stay in their run folders)."""
    return _made(home() / "checkpoints")


def experiments_dir() -> Path:
    """Return the folder with one sub-folder an experiment."""
    return _made(home() / "experiments")


def presets_dir() -> Path:
    """Return the folder of the user's own presets."""
    return _made(home() / "presets")


def logs_dir() -> Path:
    """Return the folder of the application's log files."""
    return _made(home() / "logs")


def resources_dir() -> Path:
    """Return the folder of the files shipped with the product."""
    return Path(__file__).resolve().parent.parent / "resources"


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StudioError(
            f"The folder {folder} cannot be made ({_reason(folder, error)}); let {HOME_VARIABLE} "
            "name a folder you may write in."
        ) from error
    return folder


def _reason(folder: Path, error: OSError) -> str:
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        for path in (folder, *folder.parents):
            if path.is_file():
                return f"{path} is a file"
    return error.strerror or str(error)
