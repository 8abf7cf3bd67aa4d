"""YAMNet's tags as frames: what the sound is taken for, every 0.48 s, and nothing else.

A frame holds the 521 class logits of one patch of 0.96 s, clipped and brought to 0..1. Such frames
can be simulated from captions without audio (`core.data.simulated`); the clipping closes most of
the gap between simulated and real ones, since logits below -4 only carry loudness.

The last layers are not YAMNet's own: they were tuned (`core.training.encoder_tuning`) on short and
dull recordings and on two sounds at a time, which YAMNet's are poor at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Self

import soxr
import torch
from torch.nn import functional

from core.audio.encoder import Encoding
from core.audio.log_mel import LogMel
from core.models.encoders.yamnet import PATCH_SAMPLES, YamNet
from core.models.encoders.yamnet_frontend import SAMPLE_RATE
from core.models.encoders.yamnet_tuning import apply_tuning, load_tuning
from core.models.encoders.yamnet_weights import CLASSES

HOP_SAMPLES = PATCH_SAMPLES // 2
LOGIT_LOW, LOGIT_HIGH = -4.0, 6.0

# Recordings come at any level; YAMNet's tags are best about the level of AudioSet's own clips.
_TARGET_RMS = 0.1
_LOUDEST_SAMPLES = round(0.4 * SAMPLE_RATE)
_MOST_GAIN = 10.0
# Shorter sounds are repeated: each copy lies differently in the patches, which are padded with the
# sound itself in place of zeros. On clips that nothing was chosen on, the right tag is then the
# first for 59 % in place of 56 %, and among the first five for 75 % in place of 70 %.
_LEAST_SAMPLES = 3 * SAMPLE_RATE
_VERSION = "3"
# Beside the sound's own: what it is heard at when one listens closely.
_OTHER_SPEEDS = (0.8, 1.25)


def tag_frames(logits: torch.Tensor) -> torch.Tensor:
    """Clip logits (..., 521) to [-4, 6] and bring them to 0..1."""
    return (logits.clamp(LOGIT_LOW, LOGIT_HIGH) - LOGIT_LOW) / (LOGIT_HIGH - LOGIT_LOW)


def long_enough(waveform: torch.Tensor) -> torch.Tensor:
    """Repeat samples (n,) of less than three seconds up to three seconds."""
    if waveform.dim() != 1 or not 0 < len(waveform) < _LEAST_SAMPLES:
        return waveform
    return waveform.repeat(-(-_LEAST_SAMPLES // len(waveform)))[:_LEAST_SAMPLES]


def at_common_level(waveform: torch.Tensor) -> torch.Tensor:
    """Scale samples (n,) so that their loudest 0.4 s has -20 dBFS; by +20 dB at most."""
    if waveform.dim() != 1 or not len(waveform):
        return waveform
    power = waveform.float().square()
    length = min(len(power), _LOUDEST_SAMPLES)
    sums = functional.pad(power.double().cumsum(0), (1, 0))
    loudest = ((sums[length:] - sums[:-length]).max() / length).sqrt()
    gain = (_TARGET_RMS / loudest.clamp_min(_TARGET_RMS / _MOST_GAIN)).to(waveform.dtype)
    return waveform * gain


def _at_speed(waveform: torch.Tensor, speed: float, hop: int) -> torch.Tensor:
    """Play samples (n,) faster or slower, with silence behind for as many patches as before."""
    if not len(waveform):
        return waveform
    played = soxr.resample(
        waveform.float().cpu().numpy(), SAMPLE_RATE, SAMPLE_RATE / speed, quality="MQ"
    )
    return functional.pad(torch.from_numpy(played), (0, PATCH_SAMPLES + hop))


class YamNetTags:
    """YAMNet's clipped class logits as an `AudioEncoder`: 521-d frames of 0.96 s every 0.48 s.

    Not `tuned`, it hears as YAMNet does, for comparison.

    Raises `EncoderError` when the weights or what was tuned of them are missing.

    Sounds are brought to a common level first (`at_common_level`) and repeated where they are short
    (`long_enough`), so there are at least six frames. The last patch reaches the end of the sound.
    """

    name = "yamnet-tags"
    sample_rate = SAMPLE_RATE
    frame_seconds = HOP_SAMPLES / SAMPLE_RATE
    dim = CLASSES

    def __init__(self, *, tuned: bool = True) -> None:
        self._yamnet = YamNet()
        tuning_hash = "untuned"
        if tuned:
            differences, tuning_hash = load_tuning()
            apply_tuning(self._yamnet.network, differences)
        # Frames of another way of listening are not those that a model was trained on.
        weights = f"{self._yamnet.weights_hash}:{tuning_hash}:{self.name}:{_VERSION}"
        self.weights_hash = hashlib.sha256(weights.encode()).hexdigest()
        self.tag_names = self._yamnet.tag_names

    @property
    def concurrent(self) -> bool:
        """Whether several threads may encode at once and gain by it: on a CPU."""
        return self._yamnet.concurrent

    @property
    def tag_weights(self) -> torch.Tensor:
        """Rows of the classifier (521, 1024): classes with like rows are taken for each other."""
        return self._yamnet.tag_weights

    def to(self, device: torch.device | str) -> Self:
        """Move the weights to a device and return the encoder itself."""
        self._yamnet.to(device)
        return self

    def encode(self, waveform: torch.Tensor) -> Encoding:
        """Encode one mono waveform (n,), float32 at 16 kHz.

        Raises
        ------
        EncoderError
            The waveform is empty or is not one row of floating-point samples.
        """
        return self.encode_batch([waveform])[0]

    def encode_batch(self, waveforms: Sequence[torch.Tensor]) -> list[Encoding]:
        """Encode waveforms of any lengths at once, with the same results as one by one."""
        prepared = [long_enough(at_common_level(waveform)) for waveform in waveforms]
        logits = self._yamnet.patch_logits(prepared, HOP_SAMPLES)
        return [Encoding(tag_frames(rows), rows.sigmoid().mean(0)) for rows in logits]

    def encode_closely(self, waveforms: Sequence[torch.Tensor]) -> list[Encoding]:
        """Encode waveforms with the mean logits of three speeds, at the same moments of the sound.

        What is heard at one speed only is mostly wrong: on clips that nothing was trained on a
        quarter fewer captions then name an absent sound (resources/models/starter/README.md).
        """
        prepared = [long_enough(at_common_level(waveform)) for waveform in waveforms]
        heard = self._yamnet.patch_logits(prepared, HOP_SAMPLES)
        for speed in _OTHER_SPEEDS:
            hop = round(HOP_SAMPLES / speed)
            changed = [_at_speed(waveform, speed, hop) for waveform in prepared]
            logits = self._yamnet.patch_logits(changed, hop)
            heard = [rows + more[: len(rows)] for rows, more in zip(heard, logits, strict=True)]
        means = [rows / (1 + len(_OTHER_SPEEDS)) for rows in heard]
        return [Encoding(tag_frames(rows), rows.sigmoid().mean(0)) for rows in means]

    def tag_logits(self, frames: torch.Tensor) -> torch.Tensor:
        """Return the clipped logits (T, 521) that frames (T, 521) hold."""
        return frames.float() * (LOGIT_HIGH - LOGIT_LOW) + LOGIT_LOW

    def log_mel(self, waveform: torch.Tensor) -> LogMel:
        """Return the log-mel spectrogram of one waveform (n,), at the level it is brought to."""
        return self._yamnet.log_mel(at_common_level(waveform))
