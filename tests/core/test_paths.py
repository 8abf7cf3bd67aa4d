from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core import paths
from core.errors import StudioError

FOLDERS = (
    paths.runs_dir,
    paths.features_dir,
    paths.weights_dir,
    paths.checkpoints_dir,
    paths.presets_dir,
    paths.logs_dir,
)


def test_all_folders_are_made_under_home(home: Path) -> None:
    made = [folder() for folder in FOLDERS]
    assert all(folder.is_dir() and folder.parent == home for folder in made)
    assert len(set(made)) == len(FOLDERS)


def test_the_variable_may_begin_with_a_tilde_or_be_relative(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv(paths.HOME_VARIABLE, "~/studio")
    assert paths.home() == tmp_path / "studio"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(paths.HOME_VARIABLE, "near")
    assert paths.home() == tmp_path / "near"


def test_without_the_variable_it_is_the_platforms_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(paths.HOME_VARIABLE)
    monkeypatch.setattr(paths.platformdirs, "user_data_path", lambda *a, **k: tmp_path / "data")
    assert paths.home() == tmp_path / "data"


def test_a_file_in_the_way_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "file"))
    with pytest.raises(StudioError, match=r"file cannot be made .* AAC_STUDIO_HOME"):
        paths.runs_dir()


def test_resources_are_there() -> None:
    assert (paths.resources_dir() / "presets").is_dir()


@pytest.mark.parametrize(
    "module", ["config", "events", "files", "paths", "errors", "runs", "presets", "evaluation"]
)
def test_the_bottom_rows_import_no_torch(module: str) -> None:
    program = f"import core.{module}, sys; sys.exit('torch' in sys.modules)"
    root = str(Path(paths.__file__).parents[1])
    assert subprocess.run([sys.executable, "-c", program], cwd=root).returncode == 0
