from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from core.config import CaptionNTXentConfig, RunConfig
from core.errors import CheckpointError
from core.models.checkpoint_files import (
    describe_checkpoint,
    find_checkpoint,
    list_checkpoints,
    objective_of,
)
from core.models.checkpoint_header import CheckpointInfo, metadata_of
from core.runs import create_run


def write_checkpoint(path: Path, config: RunConfig, info: CheckpointInfo) -> Path:
    """Write a real safetensors file with one small tensor and our metadata."""
    metadata = metadata_of(
        config, "{}", info, {"vocabulary_size": 7, "audio_dim": 4, "parameters": 2}
    )
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    header = json.dumps({"__metadata__": metadata, "w": entry}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<2f", 1.0, 2.0))
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AAC_STUDIO_HOME", str(tmp_path))
    return tmp_path


def contrastive(name: str) -> RunConfig:
    return RunConfig(name=name, objectives=(CaptionNTXentConfig(),))


def test_lists_checkpoints_of_runs_imports_and_resources(home: Path, tmp_path: Path) -> None:
    run = create_run(contrastive("Contrast, seed 1"))
    info = CheckpointInfo(epoch=12, step=48, metrics={"ce": 3.25}, encoder="yamnet")
    write_checkpoint(run.best, run.config(), info)
    write_checkpoint(run.last, run.config(), CheckpointInfo(epoch=20))
    write_checkpoint(home / "checkpoints" / "from-a-friend.safetensors", RunConfig(), info)
    shipped = tmp_path / "shipped"
    starter = shipped / "starter" / "starter.safetensors"
    write_checkpoint(starter, RunConfig(name="Starter captioner"), info)
    # What a shipped model needs besides is no checkpoint.
    (starter.parent / "encoder-tuning.safetensors").write_bytes(b"differences")

    found = list_checkpoints(builtin=shipped)

    assert [item.kind for item in found] == ["best", "last", "imported", "built-in"]
    best, last, imported, builtin = found
    assert best.title == "Contrast, seed 1"
    assert (best.label, imported.label) == ("Contrast, seed 1 · best", imported.title)
    assert best.run == run.name
    assert best.objective == "CE + caption NT-Xent"
    assert (best.encoder, best.dataset) == ("yamnet", "starter-scenes")
    assert (best.epoch, best.step, best.best_value, best.monitor) == (12, 48, 3.25, "loss")
    assert best.size == run.best.stat().st_size
    assert (best.parameters, best.vocabulary_size, best.dtype) == (2, 7, "float32")
    assert best.config == run.config()
    assert best.usable
    assert last.best_value is None
    assert imported.title == "From a friend"
    assert builtin.title == "Starter captioner"


def test_kept_checkpoints_of_a_run_are_listed_by_epoch(home: Path, tmp_path: Path) -> None:
    run = create_run(contrastive("Kept"))
    for epochs in (100, 20):
        info = CheckpointInfo(epoch=epochs)
        write_checkpoint(run.epoch_checkpoint(epochs), run.config(), info)
        # The best checkpoint of the shared epochs belongs to the state that is branched from.
        write_checkpoint(run.checkpoints / f"epoch-{epochs}.best.safetensors", run.config(), info)
    write_checkpoint(run.checkpoints / "top-7.safetensors", run.config(), CheckpointInfo(epoch=7))
    found = list_checkpoints(builtin=tmp_path / "none")
    assert [item.label for item in found] == [
        "Kept · among the best, epoch 7",
        "Kept · epoch 20",
        "Kept · epoch 100",
    ]
    assert [item.kind for item in found] == ["top", "epoch", "epoch"]


def test_broken_files_are_listed_with_their_problem(home: Path) -> None:
    run = create_run(RunConfig(name="Broken"))
    run.best.write_bytes(b"not a checkpoint at all")
    whole = write_checkpoint(
        home / "checkpoints" / "cut.safetensors", RunConfig(), CheckpointInfo()
    )
    whole.write_bytes(whole.read_bytes()[:-4])

    found = list_checkpoints(builtin=home / "nothing")

    assert [item.title for item in found] == ["Broken", "Cut"]
    assert all(item.problem and not item.usable for item in found)
    assert str(run.best) in found[0].problem
    assert "damaged" in found[1].problem


def test_a_checkpoint_of_a_run_without_configuration_is_listed(home: Path) -> None:
    run = create_run(RunConfig(name="Half"))
    write_checkpoint(run.best, run.config(), CheckpointInfo())
    run.config_file.unlink()
    (found,) = list_checkpoints(builtin=home / "nothing")
    assert found.usable


def test_half_written_and_foreign_files_are_left_out(home: Path) -> None:
    folder = home / "checkpoints"
    folder.mkdir()
    (folder / ".new.safetensors.abc.part").write_bytes(b"")
    (folder / ".hidden.safetensors").write_bytes(b"")
    (folder / "notes.txt").write_text("hello")
    (folder / "folder.safetensors").mkdir()
    assert list_checkpoints(builtin=home / "nothing") == []


def test_missing_file_becomes_a_problem(home: Path) -> None:
    found = describe_checkpoint(home / "gone.safetensors")
    assert "gone.safetensors" in found.problem


def test_cider_is_the_figure_where_it_was_monitored(home: Path) -> None:
    config = RunConfig.model_validate({"validation": {"monitor": "cider_d", "caption_clips": 4}})
    info = CheckpointInfo(metrics={"ce": 3.0, "cider_d": 0.21})
    path = write_checkpoint(home / "checkpoints" / "a.safetensors", config, info)
    found = describe_checkpoint(path)
    assert (found.monitor, found.best_value) == ("cider_d", 0.21)


def test_find_by_path_run_and_name(home: Path) -> None:
    run = create_run(RunConfig(name="One"))
    with pytest.raises(CheckpointError, match="no checkpoint yet"):
        find_checkpoint(run.name)
    write_checkpoint(run.last, run.config(), CheckpointInfo())
    assert find_checkpoint(run.name) == run.last
    write_checkpoint(run.best, run.config(), CheckpointInfo())
    assert find_checkpoint(str(run.path)) == run.best
    named = write_checkpoint(
        home / "checkpoints" / "mine.safetensors", RunConfig(), CheckpointInfo()
    )
    assert find_checkpoint("mine") == named
    assert find_checkpoint(str(named)) == named
    with pytest.raises(CheckpointError, match="nobody"):
        find_checkpoint("nobody")
    with pytest.raises(CheckpointError, match="did you mean starter"):
        find_checkpoint("startr")
    # What a shipped model needs besides is no checkpoint, and is not proposed as one.
    with pytest.raises(CheckpointError, match="named encoder-tuning; 'aac-studio runs'"):
        find_checkpoint("encoder-tuning")


def test_a_folder_that_is_no_run_is_said_to_be_none(home: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is no run folder"):
        find_checkpoint(str(tmp_path))


def test_objective_names() -> None:
    assert objective_of(RunConfig()) == "CE"
    assert objective_of(contrastive("x")) == "CE + caption NT-Xent"


def test_listing_needs_no_torch() -> None:
    code = (
        "import sys; import core.models.checkpoint_files as c; c.list_checkpoints();"
        "sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=os.environ, check=False, timeout=60)
    assert done.returncode == 0


def test_what_is_shipped_can_be_used(home: Path) -> None:
    assert [(item.path.stem, item.problem) for item in list_checkpoints()] == [("starter", "")]
