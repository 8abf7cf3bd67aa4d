"""The preset dcase2024-baseline from a copy of Clotho on disk to captions, all sizes as published.

Only the copy is tiny, and the encoder's weights are drawn; they come as a file in the layout of the
published one.
"""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from core import paths
from core.audio.files import read_audio
from core.captioner import Captioner
from core.cli import main
from core.data.datasets import open_dataset
from core.data.feature_store import FeatureStore
from core.data.store_index import store_path
from core.download.hashing import file_md5
from core.events import StepLogged
from core.models import weights as registry
from core.models.checkpoints import load_checkpoint
from core.models.encoders import load_encoder
from core.models.encoders.convnext_frontend import stored_tensors
from core.models.weights import find_weights, own_path, use_local_file
from core.runs import RunFolder
from tests.core.models.encoders.test_convnext import draw_state

CAPTION = "a dog barks, while birds sing - and rain falls on the old tin-roof"
# Seconds of each clip.
SPLITS = {"development": (0.6, 1.3, 0.9), "validation": (1.0, 0.5), "evaluation": (0.7,)}


def write_copy(root: Path) -> None:
    """Write clips and captions in Clotho's layout."""
    random = np.random.default_rng(0)
    folder = root / "CLOTHO_v2.1"
    (folder / "clotho_csv_files").mkdir(parents=True)
    for split, lengths in SPLITS.items():
        audio = folder / "clotho_audio_files" / split
        audio.mkdir(parents=True)
        captions = folder / "clotho_csv_files" / f"clotho_captions_{split}.csv"
        with captions.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["file_name", *(f"caption_{number}" for number in range(1, 6))])
            for number, seconds in enumerate(lengths):
                samples = random.uniform(-0.3, 0.3, (round(seconds * 44_100), 2))
                soundfile.write(audio / f"{split} {number}.wav", samples, 44_100)
                texts = [" ".join(random.permutation(CAPTION.split())) for _ in range(5)]
                writer.writerow([f"{split} {number}.wav", *texts])


@pytest.fixture
def clotho(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny copy of Clotho, and an encoder file that passes for the published one."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    write_copy(tmp_path / "data")
    downloaded = tmp_path / "downloaded.pth"
    torch.save({"iteration": 70_000, "model": {**draw_state(), **stored_tensors()}}, downloaded)
    known = dataclasses.replace(find_weights("convnext-tiny"), md5=file_md5(downloaded))
    others = [item for item in registry.known_weights() if item.name != known.name]
    monkeypatch.setattr(registry, "_KNOWN", (known, *others))
    use_local_file("convnext-tiny", downloaded)
    downloaded.unlink()
    return tmp_path / "data"


def test_the_preset_trains_on_a_copy_of_clotho(clotho: Path) -> None:
    started = ["train", "--preset", "dcase2024-baseline", "--epochs", "1", "--device", "cpu"]
    assert main([*started, "--set", f"data.root={clotho}"]) == 0
    (folder,) = paths.runs_dir().iterdir()
    run = RunFolder(folder)

    checkpoint = load_checkpoint(run.best)
    # The hyphen is no word and splits "tin-roof" in two; the comma is one.
    assert checkpoint.tokenizer.size == 4 + 15
    outside = 2 * 256 * (4371 - 19) + (4371 - 19)
    parameters = sum(tensor.numel() for tensor in checkpoint.model.parameters())
    assert parameters == 11_911_699 - outside
    steps = [event for _, event in run.events.read_all() if isinstance(event, StepLogged)]
    assert [step.learning_rate for step in steps] == [5e-4]

    encoder = load_encoder("convnext-tiny")
    dataset = open_dataset("clotho", clotho)
    for split in ("development", "validation"):
        store = FeatureStore.open(store_path(dataset, split, encoder, "float32"))
        for row, clip in enumerate(dataset.clips(split)):
            # Clip by clip, as if no other were there, not one of them padded.
            assert clip.source is not None
            alone = encoder.encode(torch.from_numpy(read_audio(clip.source, 32_000).samples))
            assert torch.equal(torch.from_numpy(np.array(store.frames(row))), alone.frames)

    captioner = Captioner.load(run.best)
    (clip,) = dataset.clips("evaluation")
    assert clip.source is not None
    caption = captioner.caption_file(clip.source)
    assert len(caption.beams) == 3
    assert caption.beams[0].log_prob == caption.log_prob


def test_a_changed_file_of_weights_is_refused_with_one_sentence(
    clotho: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = own_path(find_weights("convnext-tiny"))
    with path.open("r+b") as stream:
        stream.seek(5_000_000)
        stream.write(b"changed")
    assert main(["train", "--preset", "dcase2024-baseline", "--set", f"data.root={clotho}"]) == 2
    error = capsys.readouterr().err.strip()
    assert f"{path} is not the published" in error
    assert error.count("\n") == 0
