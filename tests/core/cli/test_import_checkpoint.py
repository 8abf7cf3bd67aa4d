from __future__ import annotations

import lzma
import shutil
from pathlib import Path

import pytest

from core import paths
from core.cli import main
from core.data.tokenizer import Tokenizer
from core.models.checkpoint_header import read_checkpoint_info
from tests.core.models.test_import_reference import assert_captions_of_the_baseline

GOLDEN = Path(__file__).parents[2] / "golden" / "lightning"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    path = tmp_path / "epoch_003.ckpt"
    path.write_bytes(lzma.decompress((GOLDEN / "small.ckpt.xz").read_bytes()))
    return path


def test_a_published_checkpoint_becomes_ours(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(GOLDEN / "tokenizer.json", published.parent)
    assert main(["import-checkpoint", str(published)]) == 0
    target = paths.checkpoints_dir() / "epoch_003.safetensors"
    assert capsys.readouterr().out.startswith(str(target))
    assert read_checkpoint_info(target).vocabulary_size == 52
    assert_captions_of_the_baseline(target)
    assert main(["import-checkpoint", str(target)]) == 0
    assert (paths.checkpoints_dir() / "epoch_003-2.safetensors").is_file()


def test_a_tokenizer_is_asked_for(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import-checkpoint", str(published)]) == 2
    assert "--tokenizer" in capsys.readouterr().err
    chosen = str(GOLDEN / "tokenizer.json")
    assert main(["import-checkpoint", str(published), "--tokenizer", chosen]) == 0


def test_the_tokenizer_of_another_run_is_refused(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (published.parent / "tokenizer.json").write_text(Tokenizer.fit(["a dog barks"]).to_json())
    assert main(["import-checkpoint", str(published)]) == 2
    error = capsys.readouterr().err.strip()
    assert "has 7 tokens but" in error and "with 52" in error
    assert error.count("\n") == 0
    assert list(paths.checkpoints_dir().iterdir()) == []


def test_half_a_checkpoint_is_refused(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    published.write_bytes(published.read_bytes()[:40_000])
    chosen = str(GOLDEN / "tokenizer.json")
    assert main(["import-checkpoint", str(published), "--tokenizer", chosen]) == 2
    assert "damaged or cut short" in capsys.readouterr().err
    assert list(paths.checkpoints_dir().iterdir()) == []


def test_other_files_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "song.safetensors"
    other.write_bytes(b"not a checkpoint")
    assert main(["import-checkpoint", str(other)]) == 2
    assert "song.safetensors" in capsys.readouterr().err
