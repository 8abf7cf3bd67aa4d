"""Adding figures to a checkpoint that was written before they were known."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path

from core.errors import CheckpointError
from core.files import write_proven
from core.models.checkpoint_header import read_checkpoint_info


def add_scores(path: Path, epoch: int, step: int, metrics: Mapping[str, float]) -> None:
    """Add metrics to the info of the checkpoint at `path`, if it is that of this epoch and step.

    The tensors stay as they are. What is missing or cannot be read is left alone. Raises `OSError`
    when the disk refuses.
    """
    try:
        info = read_checkpoint_info(path).info
    except CheckpointError:
        return
    if (info.epoch, info.step) != (epoch, step):
        return
    content = path.read_bytes()
    end = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:end])
    noted = json.loads(header["__metadata__"]["info"])
    noted["metrics"] |= metrics
    header["__metadata__"]["info"] = json.dumps(noted, allow_nan=False)
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # The tensors begin at a multiple of eight bytes.
    write_proven(path, struct.pack("<Q", len(text)) + text + content[end:])
