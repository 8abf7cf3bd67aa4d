from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.config import ModelConfig, RunConfig
from core.data.tokenizer import Tokenizer
from core.errors import CheckpointError
from core.models.caption_model import CaptionModel
from core.models.checkpoint_header import CheckpointInfo, read_checkpoint_info
from core.models.checkpoints import load_checkpoint, save_checkpoint

CONFIG = RunConfig(
    name="a run", model=ModelConfig(d_model=16, layers=2, heads=2, feedforward=32), seed=7
)
TOKENIZER = Tokenizer.fit(["a dog barks", "“rain” falls, on a roof"])
INFO = CheckpointInfo(
    epoch=3,
    step=24,
    metrics={"loss": 3.25, "cider_d": 0.5},
    encoder="yamnet",
    encoder_hash="ab" * 32,
    created="2026-01-02T03:04:05+00:00",
    origin="training run",
)


@pytest.fixture
def model() -> CaptionModel:
    torch.manual_seed(0)
    return CaptionModel(CONFIG.model, TOKENIZER.size, 24)


@pytest.fixture
def saved(model: CaptionModel, tmp_path: Path) -> Path:
    path = tmp_path / "new folder" / "best.safetensors"
    save_checkpoint(path, model, CONFIG, TOKENIZER, INFO)
    return path


def rewrite(path: Path, **metadata: str | None) -> Path:
    """Save a copy with other metadata; None removes an entry."""
    with path.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        found = json.loads(stream.read(length))["__metadata__"]
    kept = {key: value for key, value in {**found, **metadata}.items() if value is not None}
    target = path.with_name("rewritten.safetensors")
    save_file(load_file(path), target, kept)
    return target


def test_everything_comes_back(saved: Path, model: CaptionModel) -> None:
    loaded = load_checkpoint(saved)
    assert loaded.config == CONFIG
    assert loaded.tokenizer == TOKENIZER
    assert loaded.info == INFO
    assert not loaded.model.training
    assert (loaded.model.vocabulary_size, loaded.model.audio_dim) == (TOKENIZER.size, 24)
    expected = model.state_dict()
    for name, tensor in loaded.model.state_dict().items():
        assert torch.equal(tensor, expected[name]), name


def test_the_header_alone_tells_it(saved: Path, model: CaptionModel) -> None:
    header = read_checkpoint_info(saved)
    assert header.config == CONFIG and header.info == INFO
    assert header.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert (header.vocabulary_size, header.audio_dim) == (TOKENIZER.size, 24)
    assert header.dtype == "float32" and header.file_size == saved.stat().st_size
    assert Tokenizer.from_json(header.tokenizer_json) == TOKENIZER


def test_reading_the_header_needs_no_torch(saved: Path) -> None:
    code = (
        "import sys; from core.models.checkpoint_header import read_checkpoint_info; "
        f"read_checkpoint_info({str(saved)!r}); assert 'torch' not in sys.modules"
    )
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


def test_half_precision_halves_the_file(saved: Path, model: CaptionModel) -> None:
    half = saved.with_name("half.safetensors")
    save_checkpoint(half, model, CONFIG, TOKENIZER, INFO, half=True)
    tensors = sum(parameter.numel() * 4 for parameter in model.parameters())
    assert saved.stat().st_size - half.stat().st_size > 0.49 * tensors
    assert read_checkpoint_info(half).dtype == "float16"
    for name, parameter in load_checkpoint(half).model.named_parameters():
        assert parameter.dtype == torch.float32
        torch.testing.assert_close(parameter, model.state_dict()[name], rtol=1e-3, atol=1e-4)


def test_loading_leaves_the_random_numbers_alone(saved: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    load_checkpoint(saved)
    assert torch.equal(torch.rand(1), expected)


def test_a_date_is_added_where_there_is_none(saved: Path, model: CaptionModel) -> None:
    save_checkpoint(saved, model, CONFIG, TOKENIZER)
    assert read_checkpoint_info(saved).info.created.startswith("20")


def test_a_tokenizer_of_another_model_is_refused(saved: Path, model: CaptionModel) -> None:
    before = saved.read_bytes()
    with pytest.raises(CheckpointError, match="do not belong together"):
        save_checkpoint(saved, model, CONFIG, Tokenizer.fit(["one"]), INFO)
    assert saved.read_bytes() == before


def test_a_failed_save_leaves_the_old_file(
    saved: Path, model: CaptionModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.files._put", fail)
    with pytest.raises(CheckpointError, match="No space left"):
        save_checkpoint(saved, model, CONFIG, TOKENIZER, INFO)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


@pytest.mark.parametrize("length", [0, 4, 8, 100, 5_000, -1])
def test_files_cut_short_are_refused(saved: Path, length: int) -> None:
    content = saved.read_bytes()
    saved.write_bytes(content[:length])
    with pytest.raises(CheckpointError, match=r"best\.safetensors") as caught:
        load_checkpoint(saved)
    assert "\n" not in str(caught.value)


def test_other_files_are_refused(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.safetensors"
    save_file({"a": torch.ones(2)}, foreign)
    with pytest.raises(CheckpointError, match="not an AAC Studio checkpoint"):
        load_checkpoint(foreign)
    pickled = tmp_path / "best.ckpt"
    torch.save({"state_dict": {}}, pickled)
    with pytest.raises(CheckpointError, match="import an official"):
        load_checkpoint(pickled)
    for path in (tmp_path / "missing.safetensors", tmp_path):
        with pytest.raises(CheckpointError, match="There is no checkpoint"):
            load_checkpoint(path)


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"schema_version": "99"}, "format 99"),
        ({"schema_version": None}, "format unknown"),
        ({"format": "other"}, "not an AAC Studio checkpoint"),
        ({"config": "{"}, "damaged"),
        ({"config": '{"seed": -1}'}, "seed is -1"),
        ({"config": None}, "config"),
        ({"info": "[]"}, "info"),
        ({"sizes": "{}"}, "vocabulary_size"),
        ({"tokenizer": "{}"}, "tokenizer"),
        ({"tokenizer": Tokenizer.fit(["one"]).to_json()}, "tokenizer has 5 tokens"),
    ],
)
def test_damaged_descriptions_are_refused(
    saved: Path, metadata: dict[str, str | None], words: str
) -> None:
    with pytest.raises(CheckpointError, match=words):
        load_checkpoint(rewrite(saved, **metadata))


def test_unknown_facts_of_newer_versions_are_left_out(saved: Path) -> None:
    path = rewrite(saved, info='{"epoch": 2, "colour": "blue"}')
    assert read_checkpoint_info(path).info == CheckpointInfo(epoch=2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda tensors: tensors.pop("classifier.bias"), r"lacks classifier\.bias"),
        (lambda tensors: tensors.update(extra=torch.ones(1)), "unknown extra"),
        (lambda tensors: tensors.update({"classifier.bias": torch.ones(3)}), "shape"),
        (lambda tensors: tensors["classifier.bias"].fill_(torch.nan), "not finite"),
    ],
)
def test_tensors_of_another_model_are_refused(saved: Path, change, words: str) -> None:
    tensors = load_file(saved)
    change(tensors)
    header = read_checkpoint_info(saved)
    with saved.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        metadata = json.loads(stream.read(length))["__metadata__"]
    assert header.config == CONFIG
    save_file(tensors, saved, metadata)
    with pytest.raises(CheckpointError, match=words):
        load_checkpoint(saved)


def test_hostile_headers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "hostile.safetensors"
    for header in (b"[]", b"[" * 100_000, b'{"a": 1}', b'{"a": {"data_offsets": []}}', b"\xff\xff"):
        path.write_bytes(struct.pack("<Q", len(header)) + header)
        with pytest.raises(CheckpointError):
            read_checkpoint_info(path)
    path.write_bytes(struct.pack("<Q", 2**63) + b"{}")
    with pytest.raises(CheckpointError):
        read_checkpoint_info(path)
