"""Stand-ins for what the pages show: checkpoints without torch, a dataset, a captioner."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.captions import Beam, Caption, Tag
from core.config import CaptionNTXentConfig, RunConfig
from core.data.clips import Clip
from core.errors import AudioFileError
from core.events import CheckpointSaved, EpochEnded, RunEnded, RunStarted, ValidationEnded
from core.models.checkpoint_header import CheckpointInfo, metadata_of
from core.runs import RunFolder, create_run


def write_checkpoint(path: Path, config: RunConfig, info: CheckpointInfo | None = None) -> Path:
    """Write a real safetensors file with one small tensor and our metadata."""
    sizes = {"vocabulary_size": 7, "audio_dim": 4, "parameters": 2}
    metadata = metadata_of(config, "{}", info or CheckpointInfo(), sizes)
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    header = json.dumps({"__metadata__": metadata, "w": entry}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<2f", 1.0, 2.0))
    return path


def make_run(name: str, *, contrast: bool = False, seed: int = 1, best: float = 3.0) -> RunFolder:
    """Make a finished run of three epochs with its two checkpoints."""
    objectives = (CaptionNTXentConfig(),) if contrast else ()
    config = RunConfig(name=name, seed=seed, objectives=objectives)
    run = create_run(config)
    events = [
        RunStarted(
            epochs=3,
            steps_per_epoch=2,
            device="cpu",
            parameters=9,
            vocabulary_size=7,
            train_clips=4,
            validation_clips=2,
        ),
        EpochEnded(epoch=2, step=6, losses={"total": best}, seconds=1.0),
        ValidationEnded(epoch=2, step=6, losses={"ce": best}),
        CheckpointSaved(
            epoch=2, step=6, kind="best", path="checkpoints/best", monitor="loss", value=best
        ),
        RunEnded(reason="finished", epoch=2, step=6),
    ]
    for number, event in enumerate(events):
        run.events.append(event, 1_700_000_000.0 + number)
    info = CheckpointInfo(epoch=3, step=6, metrics={"ce": best}, encoder="yamnet")
    write_checkpoint(run.best, config, info)
    write_checkpoint(run.last, config, info)
    return run


class FakeDataset:
    """Three splits of small clips whose first sample names the clip."""

    name = "starter-scenes"
    splits = ("train", "validation", "test")
    sizes = (("train", 8), ("validation", 4), ("test", 6))

    def clips(self, split: str) -> tuple[Clip, ...]:
        return tuple(
            Clip(
                f"{split}-{number}",
                (f"a dog barks {number} times", "dogs are barking"),
                2.0,
                None,
                ("dog", "rain") if number % 2 else ("dog",),
            )
            for number in range(dict(self.sizes)[split])
        )

    def load_audio(self, clip: Clip, sample_rate: int) -> NDArray[np.float32]:
        number = int(clip.id.rsplit("-", 1)[1])
        return np.full(2 * sample_rate, number / 100, dtype=np.float32)

    def fingerprint(self, split: str) -> str:
        return split


class FakeCaptioner:
    """Says what its checkpoint and the first sample tell it to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    sample_rate = 16_000

    def caption_waveform(self, samples: NDArray[np.float32], sample_rate: int) -> Caption:
        number = round(float(samples[0]) * 100)
        contrast = "contrast" in str(self.path)
        text = f"a dog barks {number} times" if contrast else "a dog barks in the rain"
        if number == 99:
            raise AudioFileError("This sound cannot be captioned.")
        beams = (Beam(text, -0.5, ()), Beam("dogs bark", -0.9, ()))
        return Caption(
            text=text,
            log_prob=-0.5,
            tokens=(),
            beams=beams,
            attention=np.zeros((1, 1), np.float32),
            frame_seconds=0.32,
            tags=(Tag("Dog", 0.9),),
            duration=2.0,
            seconds_taken=0.01,
            checkpoint=str(self.path),
        )
