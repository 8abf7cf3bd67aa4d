from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from core.config import RunConfig
from core.errors import CheckpointError
from core.models.checkpoint_files import list_checkpoints
from core.models.checkpoint_header import CheckpointInfo, metadata_of
from core.models.checkpoint_transfer import export_checkpoint, import_checkpoint


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AAC_STUDIO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def checkpoint(path: Path) -> Path:
    sizes = {"vocabulary_size": 7, "audio_dim": 4, "parameters": 0}
    metadata = metadata_of(RunConfig(), "{}", CheckpointInfo(), sizes)
    header = json.dumps({"__metadata__": metadata}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    return path


def test_import_copies_and_never_overwrites(home: Path, tmp_path: Path) -> None:
    source = checkpoint(tmp_path / "mine.safetensors")
    first, second = import_checkpoint(source), import_checkpoint(source)
    assert first == home / "checkpoints" / "mine.safetensors"
    assert second.name == "mine-2.safetensors"
    assert first.read_bytes() == second.read_bytes() == source.read_bytes()
    listed = list_checkpoints(builtin=tmp_path / "none")
    assert sorted(item.path for item in listed) == sorted([first, second])


def test_import_refuses_other_files(home: Path, tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(b"no")
    with pytest.raises(CheckpointError, match="not an AAC Studio checkpoint"):
        import_checkpoint(tmp_path / "x.safetensors")
    assert not (home / "checkpoints").exists() or not list((home / "checkpoints").iterdir())


def test_export_adds_the_suffix_and_keeps_the_source(home: Path, tmp_path: Path) -> None:
    source = checkpoint(tmp_path / "mine.safetensors")
    target = export_checkpoint(source, tmp_path / "copy")
    assert target == tmp_path / "copy.safetensors"
    assert target.read_bytes() == source.read_bytes()
    with pytest.raises(CheckpointError, match="checkpoint itself"):
        export_checkpoint(source, source)
