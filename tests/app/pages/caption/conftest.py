"""Sounds on disk, a captioner that needs no model, and the page in a window."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pytestqt.qtbot import QtBot

from app.pages.caption.files_pane import FilesPane
from app.studio import Studio
from core.audio.files import read_audio
from core.audio.log_mel import LogMel
from core.captions import Beam, Caption, Tag, TokenScore
from core.config import DecodingConfig
from core.models import checkpoint_files
from core.models.checkpoint_files import CheckpointFile

RATE = 16_000
WORDS = ("a", "dog", "barks", "twice")


@pytest.fixture
def sound(tmp_path: Path) -> Callable[..., Path]:
    """Write a sine of 1 kHz and amplitude 0.5, silent in its first half, and return its path."""

    def write(name: str = "tone.wav", seconds: float = 2.0, rate: int = RATE) -> Path:
        time = np.arange(round(seconds * rate)) / rate
        tone = 0.5 * np.sin(2 * np.pi * 1000.0 * time) * (time >= seconds / 2)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone.astype(np.float32), rate)
        return path

    return write


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.wav"
    path.write_bytes(b"this is no sound")
    return path


class Parrot:
    """Gives every sound the same caption; `gate` holds it up until a test lets it go on."""

    decoding = DecodingConfig()
    sample_rate = RATE

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.asked: list[tuple[str, int, float, float | None]] = []

    def caption_file(
        self,
        path: Path | str,
        decoding: DecodingConfig | None = None,
        start: float = 0.0,
        duration: float | None = None,
    ) -> Caption:
        assert self.gate.wait(10)
        assert decoding is not None
        self.asked.append((Path(path).name, decoding.beam_size, start, duration))
        seconds = read_audio(path, RATE, start, duration).duration
        frames = max(4, round(seconds / 0.1))
        attention = np.full((len(WORDS), frames), 0.01, np.float32)
        # Word number i listens to frame number i * 4.
        attention[np.arange(len(WORDS)), np.arange(len(WORDS)) * 4 % frames] = 1.0
        return self._caption(seconds, attention, "/runs/x/best.safetensors")

    def caption_waveforms(
        self,
        waveforms: Sequence[np.ndarray],
        sample_rate: int,
        decoding: DecodingConfig | None = None,
    ) -> list[Caption]:
        """Hear whether a window is loud for a third of its length."""
        assert self.gate.wait(10)
        captions = []
        for samples in waveforms:
            loud = float(np.mean(np.abs(samples) > 0.01)) > 0.35
            attention = np.full((len(WORDS), 4), 0.25, np.float32)
            caption = self._caption(len(samples) / sample_rate, attention, "/runs/x/best")
            captions.append(dataclasses.replace(caption, text="a dog" if loud else "a hum"))
        return captions

    def log_mel(
        self, path: Path | str, start: float = 0.0, duration: float | None = None
    ) -> LogMel | None:
        """Hear 10 bands from 100 Hz to 1 kHz, the fifth the loudest."""
        frames = round((duration or 1.0) / 0.01)
        levels = np.full((10, frames), -60.0, np.float32)
        levels[4] = -10.0
        return LogMel(levels, np.linspace(100.0, 1000.0, 10), 0.005, 0.01, RATE)

    def _caption(self, seconds: float, attention: np.ndarray, checkpoint: str) -> Caption:
        tokens = tuple(
            TokenScore(word, float(np.log(chance)))
            for word, chance in zip(WORDS, (0.9, 0.5, 0.25, 1.0), strict=True)
        )
        text = " ".join(WORDS)
        beams = (Beam(text, -0.5, tokens), Beam("a cat meows", -0.75, tokens[:3]))
        tags = (Tag("Dog", 0.8), Tag("Animal", 0.6))
        return Caption(
            text,
            -0.5,
            tokens,
            beams,
            attention,
            0.1,
            tags,
            seconds,
            0.01,
            checkpoint,
            np.stack([attention, attention[:, ::-1]]),
        )


@pytest.fixture
def parrot() -> Parrot:
    return Parrot()


@pytest.fixture
def checkpoints(monkeypatch: pytest.MonkeyPatch) -> list[CheckpointFile]:
    """The checkpoints that there are; a test may change the list."""
    files = [
        CheckpointFile(path=Path("/bad.safetensors"), title="bad", kind="imported", problem="Cut."),
        CheckpointFile(
            path=Path("/good.safetensors"),
            title="CE, seed 1",
            kind="best",
            run="r",
            encoder="yamnet",
        ),
    ]
    monkeypatch.setattr(checkpoint_files, "list_checkpoints", lambda: list(files))
    return files


@pytest.fixture
def page(
    studio: Studio, qtbot: QtBot, parrot: Parrot, checkpoints: list[CheckpointFile]
) -> Iterator[FilesPane]:
    """The page on its own, shown at the size that it has in a window of 1280 x 720."""
    widget = FilesPane(studio, load=lambda _path: parrot)
    qtbot.addWidget(widget)
    widget.resize(1200, 665)
    widget.show()
    qtbot.waitUntil(lambda: widget.model_bar.checkpoints.count() == len(checkpoints))
    yield widget
    parrot.gate.set()
    widget.hide()
