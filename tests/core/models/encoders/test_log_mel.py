"""What the encoders show of what they hear."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core.audio.log_mel import ShowsLogMel
from core.models.encoders import load_encoder
from core.models.encoders.convnext_frontend import band_middles, mel_bands
from core.models.encoders.yamnet import YamNet


@pytest.mark.parametrize("name", ["yamnet", "yamnet-tags"])
def test_a_tone_lights_up_the_band_of_its_frequency(name: str) -> None:
    encoder = load_encoder(name)
    assert isinstance(encoder, ShowsLogMel)
    time = torch.arange(20_000) / 16_000
    heard = encoder.log_mel(0.5 * torch.sin(2 * math.pi * 1000 * time))
    assert heard.levels_db.shape == (64, 125)
    assert heard.levels_db.dtype == np.float32
    loudest = heard.band_hertz[heard.levels_db[:, 60].argmax()]
    assert loudest == pytest.approx(1000, rel=0.06)
    assert (heard.frame_seconds, heard.first_seconds) == (0.01, 0.0125)


def test_it_is_what_the_network_is_given() -> None:
    encoder = YamNet()
    samples = torch.randn(15_712, generator=torch.Generator().manual_seed(0))
    expected = encoder._front_end(samples[None])[0] * (20 / math.log(10))
    heard = encoder.log_mel(samples)
    np.testing.assert_allclose(heard.levels_db[:, :96], expected.T.numpy(), atol=1e-3)


def test_bands_of_the_published_encoder_peak_in_their_middles() -> None:
    middles, bands = band_middles(), mel_bands()
    assert len(middles) == bands.shape[1]
    bins = torch.linspace(0, 16_000, 513, dtype=torch.float64)
    wide = slice(100, None)  # narrower bands may lie between two bins
    peaks = bins[bands[:, wide].argmax(0)]
    assert ((peaks - middles[wide]).abs() <= 16_000 / 512).all()
