"""Some clips through an encoder in one call, where one that is bad spoils no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from core.audio.encoder import AudioEncoder, Encoding
from core.data.clips import Clip
from core.errors import EncoderError, StudioError

Result = tuple[Clip, Encoding | StudioError]


def encoded_together(
    encoder: AudioEncoder, clips: Sequence[tuple[Clip, Callable[[], NDArray[np.float32]]]]
) -> list[Result]:
    """Encode clips, each with what gives its samples (n,); errors take the place of encodings."""
    waveforms: list[torch.Tensor] = []
    errors: list[StudioError | None] = []
    for _, load in clips:
        try:
            waveforms.append(torch.from_numpy(np.ascontiguousarray(load(), np.float32)))
            errors.append(None)
        except StudioError as error:
            errors.append(error)
    encodings = iter(_encoded(encoder, waveforms))
    return [
        (clip, error or next(encodings)) for (clip, _), error in zip(clips, errors, strict=True)
    ]


def _encoded(
    encoder: AudioEncoder, waveforms: Sequence[torch.Tensor]
) -> Sequence[Encoding | StudioError]:
    if not waveforms:
        return []
    try:
        return encoder.encode_batch(waveforms)
    except EncoderError:
        # One of them is unusable: find out which.
        return [_encoded_alone(encoder, waveform) for waveform in waveforms]


def _encoded_alone(encoder: AudioEncoder, waveform: torch.Tensor) -> Encoding | StudioError:
    try:
        return encoder.encode(waveform)
    except EncoderError as error:
        return error
