"""YAMNet against figures made without torch, and how it behaves on awkward inputs."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

from core.audio.encoder import AudioEncoder
from core.audio.files import read_audio
from core.errors import EncoderError
from core.models.encoders import load_encoder
from core.models.encoders.yamnet import YamNet
from core.models.encoders.yamnet_frontend import YamNetFrontEnd

GOLDEN = Path(__file__).parents[3] / "golden"


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> AudioEncoder:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AAC_STUDIO_HOME", str(tmp_path_factory.mktemp("home")))
        return load_encoder("yamnet")


@pytest.fixture(scope="module")
def sound() -> torch.Tensor:
    return torch.from_numpy(read_audio(GOLDEN / "yamnet.flac").samples)


def noise(samples: int, seed: int = 0) -> torch.Tensor:
    return 0.1 * torch.randn(samples, generator=torch.Generator().manual_seed(seed))


def test_agrees_with_the_network_run_without_torch(
    encoder: AudioEncoder, sound: torch.Tensor
) -> None:
    golden = json.loads((GOLDEN / "yamnet.json").read_text())
    assert encoder.weights_hash == golden["archive_sha256"]
    encoding = encoder.encode(sound)
    assert encoding.frames.mean(1).tolist() == pytest.approx(golden["frame_means"], abs=2e-5)
    for frame, units in zip(encoding.frames, golden["largest"], strict=True):
        for unit, value in units.items():
            assert float(frame[int(unit)]) == pytest.approx(value, abs=1e-3)
    for tag, probability in golden["top_tags"].items():
        assert float(encoding.tag_probabilities[int(tag)]) == pytest.approx(probability, abs=1e-4)


def test_front_end_agrees_with_figures_in_double_precision(sound: torch.Tensor) -> None:
    golden = json.loads((GOLDEN / "yamnet.json").read_text())
    samples = torch.zeros(3 * 15_360 + 352)
    samples[: len(sound)] = sound
    log_mel = YamNetFrontEnd()(samples.unfold(0, 15_712, 15_360))
    assert log_mel.shape == (3, 96, 64)
    assert float(log_mel.mean()) == pytest.approx(golden["log_mel_mean"], abs=1e-5)


def test_silence_stands_at_the_floor_of_the_log() -> None:
    log_mel = YamNetFrontEnd()(torch.zeros(1, 15_712))
    torch.testing.assert_close(log_mel, torch.full((1, 96, 64), math.log(0.001)))


def test_states_what_it_is(encoder: AudioEncoder) -> None:
    assert isinstance(encoder, AudioEncoder)
    assert (encoder.name, encoder.sample_rate, encoder.dim) == ("yamnet", 16_000, 1024)
    assert encoder.frame_seconds == pytest.approx(0.32)
    assert len(encoder.tag_names) == 521
    assert encoder.tag_names[0] == "Speech"
    assert encoder.tag_names[1] == "Child speech, kid speaking"


@pytest.mark.parametrize(
    ("samples", "frames"),
    [(1, 1), (800, 1), (5_120, 1), (5_121, 2), (15_360, 3), (15_361, 4), (160_000, 32)],
)
def test_one_frame_for_each_started_320_ms(
    encoder: AudioEncoder, samples: int, frames: int
) -> None:
    encoding = encoder.encode(noise(samples))
    assert encoding.frames.shape == (frames, 1024)
    assert encoding.frames.dtype == torch.float32
    assert encoding.tag_probabilities.shape == (521,)
    assert bool(((encoding.tag_probabilities >= 0) & (encoding.tag_probabilities <= 1)).all())


def test_a_batch_gives_what_single_calls_give(encoder: AudioEncoder, sound: torch.Tensor) -> None:
    waveforms = [noise(160_000, 1), sound, noise(800, 2), noise(1_100_000, 3), sound[5_000:]]
    for one, many in zip(
        map(encoder.encode, waveforms), encoder.encode_batch(waveforms), strict=True
    ):
        torch.testing.assert_close(one.frames, many.frames, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(
            one.tag_probabilities, many.tag_probabilities, atol=1e-5, rtol=1e-5
        )


def test_an_empty_batch_is_empty(encoder: AudioEncoder) -> None:
    assert encoder.encode_batch([]) == []


def test_what_follows_a_patch_hardly_changes_it(encoder: AudioEncoder, sound: torch.Tensor) -> None:
    # Only the last window of a patch looks 15 ms beyond it.
    alone = encoder.encode(sound[:15_600]).frames[:3]
    torch.testing.assert_close(encoder.encode(sound).frames[:3], alone, atol=1e-5, rtol=1e-5)


def test_results_may_be_used_in_training(encoder: AudioEncoder, sound: torch.Tensor) -> None:
    layer = torch.nn.Linear(1024, 2)
    encoding = encoder.encode(sound)
    (layer(encoding.frames).sum() + encoding.tag_probabilities.sum()).backward()
    assert layer.weight.grad is not None
    assert not encoding.frames.requires_grad


def test_double_precision_input_is_accepted(encoder: AudioEncoder, sound: torch.Tensor) -> None:
    torch.testing.assert_close(encoder.encode(sound.double()).frames, encoder.encode(sound).frames)


@pytest.mark.parametrize(
    ("waveform", "words"),
    [
        (torch.zeros(0), "zero length"),
        (torch.zeros(2, 16_000), "shape (2, 16000)"),
        (torch.zeros(16_000, dtype=torch.int16), "int16"),
    ],
)
def test_refuses_what_is_no_mono_waveform(
    encoder: AudioEncoder, waveform: torch.Tensor, words: str
) -> None:
    with pytest.raises(EncoderError) as error:
        encoder.encode(waveform)
    assert words in str(error.value)


def test_memory_does_not_grow_with_the_batch(
    encoder: AudioEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(encoder, YamNet)
    sizes: list[int] = []
    front_end = encoder._front_end.forward

    def counted(samples: torch.Tensor) -> torch.Tensor:
        sizes.append(len(samples))
        return front_end(samples)

    monkeypatch.setattr(encoder._front_end, "forward", counted)
    encoder.encode_batch([noise(15_360 * 50), noise(15_360 * 50), noise(15_360 * 100)])
    assert sizes == [29, 29, 29, 29, 29, 29, 26]


def test_moves_to_a_device_and_returns_itself(encoder: AudioEncoder) -> None:
    assert encoder.to("cpu") is encoder


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_gives_what_the_cpu_gives(encoder: AudioEncoder, sound: torch.Tensor) -> None:
    ours = load_encoder("yamnet", "cuda").encode(sound)
    theirs = encoder.encode(sound)
    assert ours.frames.is_cuda
    torch.testing.assert_close(ours.frames.cpu(), theirs.frames, atol=2e-2, rtol=1e-2)
    torch.testing.assert_close(
        ours.tag_probabilities.cpu(), theirs.tag_probabilities, atol=5e-3, rtol=0
    )


def test_frames_are_the_same_whichever_convolution_makes_them() -> None:
    network = YamNet().network
    patches = torch.randn(5, 96, 64, generator=torch.Generator().manual_seed(0))
    # With gradients the layers themselves are called; a network without is as for listening.
    usual = network(patches)
    with torch.inference_mode():
        quick = network(patches)
    torch.testing.assert_close(quick, usual, atol=2e-5, rtol=1e-4)
