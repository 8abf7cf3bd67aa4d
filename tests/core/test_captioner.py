"""From sound to sentence with a checkpoint of a few kilobytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from core.captioner import Captioner
from core.confidence import SIGNS, Confidence, confidence_path
from core.config import DecodingConfig
from core.data.tokenizer import EOS, PAD
from core.decoding.beam import Hypothesis
from core.errors import AudioFileError, CheckpointError
from tests.core.tiny import checkpoint, sound

__all__ = ["checkpoint"]


@pytest.fixture
def captioner(checkpoint: Path) -> Captioner:
    return Captioner.load(checkpoint)


def test_a_caption_and_its_evidence(captioner: Captioner) -> None:
    caption = captioner.caption_waveform(sound("low", 44_100), 44_100)
    assert caption.text == caption.beams[0].text
    assert caption.duration == pytest.approx(1.0)
    assert [len(beam.text) > 0 for beam in caption.beams] == [True] * 3
    scores = [beam.log_prob for beam in caption.beams]
    assert scores == sorted(scores, reverse=True)
    assert caption.attention.shape[0] == len(caption.tokens)
    assert caption.attention.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert len(caption.tags) == 10
    assert caption.tags[0].probability >= caption.tags[9].probability
    assert all(token.log_prob <= 0 for token in caption.tokens)


def test_attention_of_each_layer_averages_to_that_of_all(captioner: Captioner) -> None:
    caption = captioner.caption_waveform(sound("low"), 16_000)
    layers = captioner.checkpoint.config.model.layers
    assert caption.layer_attention.shape == (layers, *caption.attention.shape)
    np.testing.assert_allclose(caption.layer_attention.mean(axis=0), caption.attention, atol=1e-6)


def test_sounds_captioned_together_get_what_they_get_alone(captioner: Captioner) -> None:
    sounds = [sound("low"), sound("high")[:9000], sound("noise")]
    together = captioner.caption_waveforms(sounds, 16_000)
    alone = [captioner.caption_waveform(samples, 16_000) for samples in sounds]
    assert [caption.text for caption in together] == [caption.text for caption in alone]
    assert [caption.duration for caption in together] == [caption.duration for caption in alone]
    assert captioner.caption_waveforms([], 16_000) == []


def test_decoding_may_be_changed_for_one_caption(captioner: Captioner) -> None:
    wide = captioner.caption_waveform(
        sound("high"), 16_000, DecodingConfig(beam_size=5, max_tokens=6)
    )
    assert len(wide.beams) == 5
    assert all(len(beam.tokens) <= 6 for beam in wide.beams)


def test_a_file_and_a_part_of_it(captioner: Captioner, tmp_path: Path) -> None:
    path = tmp_path / "two.wav"
    samples = np.concatenate([sound("low"), sound("noise")])
    soundfile.write(path, samples, 16_000, subtype="FLOAT")
    whole = captioner.caption_file(path)
    part = captioner.caption_file(path, start=1.0, duration=1.0)
    alone = captioner.caption_waveform(sound("noise"), 16_000)
    assert whole.duration == pytest.approx(2.0)
    assert part.duration == pytest.approx(1.0)
    assert part.text == alone.text
    assert part.log_prob == pytest.approx(alone.log_prob, abs=1e-4)


@pytest.mark.parametrize("seconds", [0.05, 3.0])
def test_silence_and_very_short_sounds_have_a_caption(captioner: Captioner, seconds: float) -> None:
    caption = captioner.caption_waveform(np.zeros(int(48_000 * seconds), np.float32), 48_000)
    assert caption.text


def test_a_missing_file_is_one_sentence(captioner: Captioner, tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match=r"none\.wav"):
        captioner.caption_file(tmp_path / "none.wav")


def test_a_missing_checkpoint_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"none\.safetensors"):
        Captioner.load(tmp_path / "none.safetensors")


def test_special_tokens_are_no_words(captioner: Captioner, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Hypothesis(
        tokens=(5, PAD, 6, EOS),
        log_prob=-1.0,
        token_log_probs=(-0.1, -0.2, -0.3, -0.4),
        attention=torch.arange(12.0).view(4, 3),
    )
    monkeypatch.setattr(captioner, "search", lambda *args, **options: [[found]])
    caption = captioner.caption_waveform(sound("low"), 16_000)
    assert [token.log_prob for token in caption.tokens] == [-0.1, -0.3]
    assert caption.attention.tolist() == [[0, 1, 2], [6, 7, 8]]
    assert len(caption.text.split()) == 2


def test_near_silence_is_called_so_and_the_guess_kept(captioner: Captioner) -> None:
    quiet = captioner.caption_waveform(sound("low") * 0.002, 16_000)
    assert (quiet.text, quiet.wording) == ("silence or very quiet sound", "silence")
    assert quiet.hypothesis == quiet.beams[0].text != quiet.text
    assert quiet.confidence is None
    audible = captioner.caption_waveform(sound("low") * 0.02, 16_000)
    assert (audible.text, audible.wording) == (audible.hypothesis, "plain")


def test_confidence_comes_from_the_file_beside_the_checkpoint(checkpoint: Path) -> None:
    signs = len(SIGNS)
    made = Confidence((0.0,) * signs, 0.0, (0.0,) * signs, (1.0,) * signs, 0.6, "nothing")
    made.save(confidence_path(checkpoint))
    caption = Captioner.load(checkpoint).caption_waveform(sound("high"), 16_000)
    assert caption.confidence == pytest.approx(0.5)
    assert caption.wording == "possible"
    assert caption.text == f"possibly {caption.hypothesis}"
    assert caption.tokens == caption.beams[0].tokens


def test_reranking_with_an_encoder_that_tells_tags(captioner: Captioner) -> None:
    decoding = DecodingConfig(strategy="rerank", max_tokens=6, samples=5)
    sounds = [sound("low"), sound("noise")[:9000]]
    together = captioner.caption_waveforms(sounds, 16_000, decoding)
    alone = [captioner.caption_waveform(samples, 16_000, decoding) for samples in sounds]
    assert [caption.text for caption in together] == [caption.text for caption in alone]
    assert all(beam.score is not None for caption in together for beam in caption.beams)
    assert captioner.rerank_problem == ""


def test_reranking_without_tags_says_so(
    captioner: Captioner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captioner.encoder, "tag_names", ())
    monkeypatch.setattr("core.captioner.predict_tags", lambda encoder, frames: [None] * len(frames))
    assert "what most of them name" in captioner.rerank_problem
    decoding = DecodingConfig(strategy="rerank", max_tokens=6, samples=5)
    caption = captioner.caption_waveform(sound("low"), 16_000, decoding)
    scores = [beam.score for beam in caption.beams if beam.score is not None]
    assert scores == sorted(scores, reverse=True)
