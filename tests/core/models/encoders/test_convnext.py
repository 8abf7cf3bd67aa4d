"""The ConvNeXt encoder against the public code, run on the same drawn weights.

The 28 million weights are drawn here by a recipe instead of being stored; ``convnext.npz`` holds
what the DCASE 2024 baseline's own network (with torchlibrosa 0.1.0) makes of them.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from core.audio.encoder import AudioEncoder
from core.errors import EncoderError
from core.models.encoders.convnext import (
    ConvNeXtEncoder,
    build_network,
    equal_lengths,
    load_tag_names,
    read_state,
)
from core.models.encoders.convnext_frontend import (
    LogMel,
    differing_tensor,
    mel_bands,
    stored_tensors,
)
from core.models.encoders.convnext_network import MIN_SAMPLES, ConvNeXt

GOLDEN = Path(__file__).parents[3] / "golden" / "convnext.npz"


def draw(name: str, shape: torch.Size) -> torch.Tensor:
    """Return values for a learnt tensor that keep all parts of the network busy.

    Unlike fresh initial weights, layer scales are far from zero and biases are not zero.
    """
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    normal = torch.randn(shape, generator=generator)
    if name == "bn0.num_batches_tracked":
        return torch.tensor(70_000)
    if name == "bn0.running_mean":
        return -30 + 5 * normal
    if name == "bn0.running_var":
        return 100 * (1 + 0.3 * normal.abs())
    if len(shape) >= 2:
        return normal * shape[1:].numel() ** -0.5
    if name.endswith("gamma"):
        return normal
    return 0.1 * normal if name.endswith("bias") else 1 + 0.1 * normal


def draw_state() -> dict[str, torch.Tensor]:
    with torch.device("meta"):
        expected = ConvNeXt().state_dict()
    return {name: draw(name, tensor.shape) for name, tensor in expected.items()}


def sound(seconds: float, seed: int = 0) -> torch.Tensor:
    """Noise and two tones; the noise keeps every mel band above the arithmetic's own noise."""
    count = round(seconds * 32_000)
    time = torch.arange(count) / 32_000
    tones = 0.2 * (2 * torch.pi * 440 * time).sin() + 0.05 * (2 * torch.pi * 6_000 * time).cos()
    noise = torch.randn(count, generator=torch.Generator().manual_seed(seed))
    return tones + 0.05 * noise * (1.2 + (2 * torch.pi * 1.5 * time).sin())


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN) as content:
        return dict(content)


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    return draw_state()


@pytest.fixture(scope="module")
def encoder(state: dict[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("weights") / "convnext.pth"
    torch.save({"iteration": 70_000, "model": state, "indexes": np.arange(3)}, path)
    encoder = ConvNeXtEncoder(path)
    path.unlink()
    return encoder


def hollow(changes: dict[str, torch.Tensor | None] | None = None) -> dict[str, torch.Tensor]:
    """A state of the right names and shapes whose tensors share one zero: small on disk."""
    with torch.device("meta"):
        expected = ConvNeXt().state_dict()
    state = {
        name: torch.zeros((), dtype=tensor.dtype).expand(tensor.shape)
        for name, tensor in expected.items()
    }
    for name, tensor in (changes or {}).items():
        if tensor is None:
            del state[name]
        else:
            state[name] = tensor
    return state


def test_frames_and_tags_are_those_of_the_public_code(encoder, golden) -> None:
    heard = encoder.encode(sound(2.5))
    assert heard.frames.shape == (8, 768)
    assert np.abs(golden["frames"]).max() > 1
    np.testing.assert_allclose(heard.frames.numpy(), golden["frames"], rtol=0, atol=1e-4)
    np.testing.assert_allclose(heard.tag_probabilities.numpy(), golden["tags"], rtol=0, atol=1e-5)


def test_log_mel_is_that_of_the_public_code(golden) -> None:
    decibels = LogMel()(sound(2.5)[None])[0]
    assert decibels.shape == (251, 224)
    np.testing.assert_allclose(decibels[::10].numpy(), golden["log_mel"], rtol=0, atol=1e-3)


def test_fixed_tensors_of_the_public_code_are_recognised(golden) -> None:
    np.testing.assert_allclose(mel_bands().numpy(), golden["mel"], rtol=0, atol=1e-7)
    assert differing_tensor({"logmel_extractor.melW": torch.tensor(golden["mel"])}) is None
    rows = torch.zeros(513, 1, 1024)
    for kind in ("real", "imag"):
        name = f"spectrogram_extractor.stft.conv_{kind}.weight"
        assert differing_tensor({name: rows}) == name
        stored = torch.tensor(golden[f"conv_{kind}"])
        ours = stored_tensors()[name][golden["conv_rows"], 0]
        torch.testing.assert_close(ours.float(), stored, rtol=0, atol=1e-5)


def test_it_is_an_audio_encoder_of_the_published_size(encoder, state) -> None:
    assert isinstance(encoder, AudioEncoder)
    assert (encoder.name, encoder.sample_rate, encoder.dim) == ("convnext-tiny", 32_000, 768)
    assert encoder.frame_seconds == 0.32
    network = build_network(state)
    assert sum(parameter.numel() for parameter in network.parameters()) == 28_222_767
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert not network.training


@pytest.mark.parametrize(("seconds", "frames"), [(10, 31), (15, 47), (29.9, 93), (30.0, 94)])
def test_number_of_frames(seconds: float, frames: int) -> None:
    """The network's own arithmetic of lengths, with layers that only keep the shape."""
    spectra = round(seconds * 32_000) // 320 + 1
    maps = torch.zeros(1, 1, spectra, 224)
    network = ConvNeXt()
    for downsample in network.downsample_layers:
        convolution = next(part for part in downsample if isinstance(part, torch.nn.Conv2d))
        thin = torch.nn.Conv2d(
            1, 1, convolution.kernel_size, convolution.stride, convolution.padding
        )
        maps = thin(maps)
    assert maps.shape[2:] == (frames, 7)


@pytest.mark.parametrize("samples", [1, 512, 1_600, MIN_SAMPLES - 1, MIN_SAMPLES])
def test_shortest_sounds_have_one_frame(encoder, samples: int) -> None:
    heard = encoder.encode(torch.full((samples,), 0.1))
    assert heard.frames.shape == (1, 768)
    assert heard.frames.isfinite().all()


def test_silence_is_finite(encoder) -> None:
    assert encoder.encode(torch.zeros(16_000)).frames.isfinite().all()


def test_a_batch_gives_what_single_calls_give(encoder) -> None:
    waveforms = [sound(0.5, 1), sound(1.0, 2), sound(0.5, 3)]
    together = encoder.encode_batch(waveforms)
    for waveform, heard in zip(waveforms, together, strict=True):
        alone = encoder.encode(waveform)
        assert torch.equal(alone.frames, heard.frames)
        assert torch.equal(alone.tag_probabilities, heard.tag_probabilities)
    assert encoder.encode_batch([]) == []


def test_waveforms_in_one_pass_do_not_disturb_each_other(state) -> None:
    """What a GPU does with equal lengths."""
    network = build_network(state)
    pair = torch.stack([sound(0.5, 1), sound(0.5, 3)])
    with torch.inference_mode():
        frames, logits = network(pair)
        for row in range(2):
            alone, tags = network(pair[row : row + 1])
            torch.testing.assert_close(frames[row], alone[0], rtol=0, atol=2e-5)
            torch.testing.assert_close(logits[row], tags[0], rtol=0, atol=2e-5)


def test_only_equal_lengths_go_together() -> None:
    assert equal_lengths([5, 9, 5, 5, 9], 10) == [[0, 2], [3], [1], [4]]
    assert equal_lengths([5, 5], 0) == [[0], [1]]
    assert equal_lengths([], 10) == []


def test_results_may_be_used_in_training(encoder) -> None:
    frames = encoder.encode(torch.zeros(8_000)).frames
    weight = torch.ones(768, requires_grad=True)
    (frames @ weight).sum().backward()
    assert weight.grad is not None


@pytest.mark.parametrize(
    "waveform", [torch.zeros(0), torch.zeros(2, 100), torch.zeros(100, dtype=torch.int16)]
)
def test_waveforms_of_another_form_are_refused(encoder, waveform: torch.Tensor) -> None:
    with pytest.raises(EncoderError):
        encoder.encode(waveform)


def test_all_forms_of_the_file_give_the_same_weights(tmp_path: Path) -> None:
    state = hollow()
    torch.save({"model": state}, tmp_path / "wrapped.pth")
    torch.save(state, tmp_path / "bare.pth")
    torch.save({"model": {**state, "logmel_extractor.melW": mel_bands()}}, tmp_path / "full.pth")
    small = {name: tensor.clone() for name, tensor in state.items()}
    save_file(small, tmp_path / "weights.safetensors")
    files = ("wrapped.pth", "bare.pth", "full.pth", "weights.safetensors")
    states = [read_state(tmp_path / name) for name in files]
    assert all(found.keys() == state.keys() for found in states)
    hashes = {ConvNeXtEncoder(tmp_path / name).weights_hash for name in ("bare.pth", files[3])}
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stages.2.4.gamma": None}, r"lacks stages\.2\.4\.gamma"),
        ({"stages.2.4.scale_layer": torch.zeros(384)}, r"unknown stages\.2\.4\.scale_layer"),
        ({"downsample_layers.0.0.weight": torch.zeros(96, 1, 18, 4)}, r"\(96, 1, 18, 4\)"),
        ({"norm.bias": torch.full((768,), torch.nan)}, r"norm\.bias that are not finite"),
        ({"logmel_extractor.melW": 2 * mel_bands()}, "another spectrogram"),
    ],
)
def test_other_networks_are_refused(tmp_path: Path, changes: dict, words: str) -> None:
    path = tmp_path / "other.pth"
    torch.save({"model": hollow(changes)}, path)
    with pytest.raises(EncoderError, match=words) as caught:
        ConvNeXtEncoder(path)
    assert str(path) in str(caught.value)


def test_damaged_and_strange_files_are_refused(tmp_path: Path) -> None:
    whole = tmp_path / "whole.pth"
    torch.save(hollow(), whole)
    cut = tmp_path / "cut.pth"
    cut.write_bytes(whole.read_bytes()[:-2000])
    (tmp_path / "text.pth").write_text("no weights")
    (tmp_path / "text.safetensors").write_text("no weights")
    torch.save([1, 2], tmp_path / "list.pth")
    torch.save({"model": {"a": 1}}, tmp_path / "empty.pth")
    names = ("cut.pth", "text.pth", "text.safetensors", "list.pth", "empty.pth", "missing.pth")
    for name in (*names, "missing.safetensors"):
        with pytest.raises(EncoderError, match=name) as caught:
            ConvNeXtEncoder(tmp_path / name)
        assert str(caught.value).count("\n") == 0


def test_tag_names() -> None:
    names = load_tag_names()
    assert len(names) == len(set(names)) == 527
    assert names[0] == "Speech" and names[137] == "Music" and names[526] == "Field recording"
