"""What a checkpoint says about itself, read from its first kilobytes without torch.

A checkpoint is one safetensors file: an 8-byte little-endian length, a JSON header of that length,
then the tensors. The header's ``__metadata__`` keeps strings only, so ours holds JSON texts:
``format``, ``schema_version``, ``config`` (a `RunConfig`), ``tokenizer`` (Hugging Face layout),
``sizes`` and ``info``. Nothing in it is ever unpickled.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from math import prod
from pathlib import Path
from typing import Any

from core.config import RunConfig, parse_config
from core.errors import CheckpointError, ConfigError

FORMAT = "aac-studio-checkpoint"
SCHEMA_VERSION = 1
_LARGEST_HEADER = 100_000_000  # the limit of the safetensors format


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointInfo:
    """Where the weights come from.

    `metrics` are the validation figures at that moment, `encoder_hash` names the encoder weights
    whose frames the model was trained on (empty where unknown), `created` is an ISO 8601 date,
    `origin` a few words such as "training run" or "imported from best.ckpt".
    """

    epoch: int = 0
    step: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    encoder: str = ""
    encoder_hash: str = ""
    created: str = ""
    origin: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointHeader:
    """A checkpoint without its tensors. `dtype` is "float32" or "float16", `parameters` a count."""

    path: Path
    file_size: int
    config: RunConfig
    info: CheckpointInfo
    vocabulary_size: int
    audio_dim: int
    parameters: int
    dtype: str
    tokenizer_json: str = field(repr=False)


def read_checkpoint_info(path: Path | str) -> CheckpointHeader:
    """Read what a checkpoint says about itself, touching none of its tensors.

    Raises `CheckpointError` when the file is missing, cut short, or not one of ours.
    """
    path = Path(path)
    header, size = _read_header(path)
    metadata = header.pop("__metadata__", None)
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} is a safetensors file but not an AAC Studio checkpoint; "
            "choose a checkpoint that was saved or imported here."
        )
    version = metadata.get("schema_version", "")
    if version != str(SCHEMA_VERSION):
        raise CheckpointError(
            f"{path} has checkpoint format {version or 'unknown'}; this version of AAC Studio "
            f"reads format {SCHEMA_VERSION}; update AAC Studio or save the checkpoint again."
        )
    try:
        config = parse_config(json.loads(metadata["config"]), f"{path} (its configuration)")
        sizes = json.loads(metadata["sizes"])
        return CheckpointHeader(
            path=path,
            file_size=size,
            config=config,
            info=_info_from(json.loads(metadata["info"])),
            vocabulary_size=int(sizes["vocabulary_size"]),
            audio_dim=int(sizes["audio_dim"]),
            parameters=int(sizes["parameters"]),
            dtype=_dtype_of(header),
            tokenizer_json=metadata["tokenizer"],
        )
    except ConfigError as error:
        raise CheckpointError(str(error)) from error
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path} is damaged: its description lacks or has a wrong {error}; get the file again."
        ) from error


def metadata_of(
    config: RunConfig, tokenizer_json: str, info: CheckpointInfo, sizes: Mapping[str, int]
) -> dict[str, str]:
    """Return the header's metadata: strings by name."""
    return {
        "format": FORMAT,
        "schema_version": str(SCHEMA_VERSION),
        "config": config.model_dump_json(),
        "tokenizer": tokenizer_json,
        "sizes": json.dumps(dict(sizes)),
        "info": json.dumps({**asdict(info), "metrics": dict(info.metrics)}, allow_nan=False),
    }


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
    """Return the JSON header and the file's size, after checking that all tensors are inside."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(0)
            start = stream.read(8)
            length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
            if not 2 <= length <= min(size - 8, _LARGEST_HEADER):
                raise ValueError("no header")
            header = json.loads(stream.read(length))
            if not isinstance(header, dict):
                raise ValueError("no header")
            ends = [
                int(entry["data_offsets"][1])
                for name, entry in header.items()
                if name != "__metadata__"
            ]
    except (FileNotFoundError, IsADirectoryError):
        raise CheckpointError(f"There is no checkpoint at {path}; choose another file.") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise CheckpointError(f"{path} cannot be read ({reason}); check the file.") from error
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        raise CheckpointError(
            f"{path} is not an AAC Studio checkpoint, or it is cut short; choose a .safetensors "
            "file that was saved here, or import an official .ckpt file first."
        ) from None
    expected = 8 + length + max(ends, default=0)
    if size != expected:
        raise CheckpointError(
            f"{path} is damaged: it has {size:,} bytes where {expected:,} belong; get it again."
        )
    return header, size


def _info_from(values: Any) -> CheckpointInfo:
    """Make the info from JSON; fields of newer versions are left out."""
    if not isinstance(values, dict):
        raise ValueError("info")
    known = {item.name for item in fields(CheckpointInfo)}
    return CheckpointInfo(**{key: value for key, value in values.items() if key in known})


def _dtype_of(header: Mapping[str, Any]) -> str:
    """Name the number type that most values are stored in."""
    counts: dict[str, int] = {}
    for entry in header.values():
        counts[entry["dtype"]] = counts.get(entry["dtype"], 0) + prod(entry["shape"])
    names = {"F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64"}
    most = max(counts, key=lambda kind: counts[kind], default="F32")
    return names.get(most, most.lower())
