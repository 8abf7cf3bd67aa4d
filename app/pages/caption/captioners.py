"""Captioners that are kept loaded, and shared by all that caption on the page."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.audio.log_mel import LogMel
from core.captions import Caption
from core.config import DecodingConfig
from core.timeline.captioning import CaptionsWaveforms

# Models that are kept loaded; several checkpoints may caption side by side.
MOST_LOADED = 4


class CaptionsFiles(CaptionsWaveforms, Protocol):
    """The part of `core.captioner.Captioner` that the page uses."""

    @property
    def decoding(self) -> DecodingConfig:
        """How the checkpoint's run searched for captions."""

    def caption_file(
        self,
        path: Path | str,
        decoding: DecodingConfig | None = None,
        start: float = 0.0,
        duration: float | None = None,
    ) -> Caption:
        """Caption a file, or the part from `start` for `duration` seconds."""

    def log_mel(
        self, path: Path | str, start: float = 0.0, duration: float | None = None
    ) -> LogMel | None:
        """Return the log-mel spectrogram that the encoder sees of a part of a file."""


Loader = Callable[[Path], CaptionsFiles]


def load_captioner(checkpoint: Path) -> CaptionsFiles:
    """Load a checkpoint with its encoder. Takes seconds the first time; not for the GUI thread."""
    from core.captioner import Captioner
    from core.device import choose_device

    return Captioner.load(checkpoint, choose_device("auto"))


class OneAtATime:
    """A captioner that files, batches and the microphone use in turn, from threads of their own."""

    def __init__(self, captioner: CaptionsFiles) -> None:
        self._captioner = captioner
        self._turn = threading.Lock()

    @property
    def decoding(self) -> DecodingConfig:
        """How the checkpoint's run searched for captions."""
        return self._captioner.decoding

    @property
    def sample_rate(self) -> int:
        """Rate in Hz at which it hears best."""
        return self._captioner.sample_rate

    def caption_file(
        self,
        path: Path | str,
        decoding: DecodingConfig | None = None,
        start: float = 0.0,
        duration: float | None = None,
    ) -> Caption:
        """Caption a file, or the part from `start` for `duration` seconds."""
        with self._turn:
            return self._captioner.caption_file(path, decoding, start=start, duration=duration)

    def caption_waveforms(
        self,
        waveforms: Sequence[NDArray[np.float32]],
        sample_rate: int,
        decoding: DecodingConfig | None = None,
    ) -> list[Caption]:
        """Caption several sounds, (n,) each, at once."""
        with self._turn:
            return self._captioner.caption_waveforms(waveforms, sample_rate, decoding)

    def log_mel(
        self, path: Path | str, start: float = 0.0, duration: float | None = None
    ) -> LogMel | None:
        """Return the log-mel spectrogram that the encoder sees of a part of a file."""
        with self._turn:
            return self._captioner.log_mel(path, start, duration)


class CaptionerCache:
    """Keeps the captioners used last, so that each checkpoint is read once.

    A checkpoint that training has written anew since is loaded again. Used by worker threads.
    """

    def __init__(self, load: Loader) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._captioners: OrderedDict[tuple[Path, int], CaptionsFiles] = OrderedDict()

    def holds(self, checkpoint: Path) -> bool:
        """Say whether `checkpoint` is ready for use."""
        return _key_of(checkpoint) in self._captioners

    def get(self, checkpoint: Path) -> CaptionsFiles:
        """Return the captioner of `checkpoint`, loaded if need be."""
        with self._lock:
            key = _key_of(checkpoint)
            if key not in self._captioners:
                for old in [old for old in self._captioners if old[0] == checkpoint]:
                    del self._captioners[old]
                while len(self._captioners) >= MOST_LOADED:
                    self._captioners.popitem(last=False)
                self._captioners[key] = OneAtATime(self._load(checkpoint))
            self._captioners.move_to_end(key)
            return self._captioners[key]


def _key_of(checkpoint: Path) -> tuple[Path, int]:
    try:
        return checkpoint, checkpoint.stat().st_mtime_ns
    except OSError:
        return checkpoint, 0
