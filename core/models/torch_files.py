"""Read tensors from files that `torch.save` wrote, without running anything inside them.

Such files are pickles: programs that may import and call what they like. ``torch.load`` with
``weights_only=True`` refuses every class it does not know, and with it the official checkpoints,
whose tensors stand beside harmless configuration objects (OmegaConf lists, NumPy arrays). Here the
pickle is interpreted with four names only, all of which build tensors; every other class or
function is replaced by `Inert`, which takes anything and does nothing. No module is imported.
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import torch

_DTYPES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


class Inert:
    """Stands where a file has an object of a class that is not wanted; swallows its content."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def append(self, item: object) -> None:
        """Take an item, as lists do."""

    def extend(self, items: object) -> None:
        """Take items, as lists do."""

    def add(self, item: object) -> None:
        """Take an item, as sets do."""


class TorchFileError(ValueError):
    """A file that cannot be read; the text is the rest of a sentence that begins with its name."""


def read_torch_file(path: Path) -> Any:
    """Return the content of a file: dictionaries, lists, plain values and tensors on the CPU.

    Raises `TorchFileError` when the file is missing, cut short or not written by ``torch.save``.
    """
    try:
        with path.open("rb") as stream:
            is_archive = stream.read(4) == b"PK\x03\x04"
            if not is_archive:
                return _read_old_format(path)
            with zipfile.ZipFile(stream) as archive:
                return _Archive(archive).load()
    except FileNotFoundError:
        raise TorchFileError("does not exist; choose another file") from None
    except zipfile.BadZipFile:
        raise TorchFileError("is damaged or cut short; get the file again") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise TorchFileError(f"cannot be read ({reason}); check the file") from error
    except TorchFileError:
        raise
    except Exception as error:
        # A broken pickle may raise nearly anything; none of it was run, all of it means the same.
        raise TorchFileError(f"is damaged ({error}); get the file again") from error


def _read_old_format(path: Path) -> Any:
    """Read files of torch before 1.6, which are no archives; plain tensors only."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise TorchFileError(
            "is not a PyTorch file, or it is damaged; choose another file"
        ) from error


class _Archive:
    """A zip archive with ``<folder>/data.pkl`` and one ``<folder>/data/<key>`` a storage."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._storages: dict[str, torch.Tensor] = {}
        pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise TorchFileError("is an archive but not a PyTorch file; choose another file")
        self._folder = pickles[0].removesuffix("data.pkl")
        order = f"{self._folder}byteorder"
        if order in archive.namelist() and archive.read(order) != b"little":
            raise TorchFileError("was written on a big-endian machine, which is not supported")

    def load(self) -> Any:
        with self._archive.open(f"{self._folder}data.pkl") as stream:
            return _TensorUnpickler(stream, self).load()

    def storage(self, key: str, dtype: torch.dtype) -> torch.Tensor:
        """Return the values of a storage as a flat tensor."""
        if key not in self._storages:
            entry = self._archive.getinfo(f"{self._folder}data/{key}")
            if entry.compress_type != zipfile.ZIP_STORED:
                raise TorchFileError("is an archive but not a PyTorch file; choose another file")
            content = bytearray(self._archive.read(entry))
            empty = torch.empty(0, dtype=dtype)
            self._storages[key] = torch.frombuffer(content, dtype=dtype) if content else empty
        return self._storages[key]


class _TensorUnpickler(pickle.Unpickler):
    """Builds plain values and tensors; see the module's text."""

    def __init__(self, stream: Any, archive: _Archive) -> None:
        super().__init__(stream)
        self._archive = archive

    def find_class(self, module: str, name: str) -> Any:
        if module == "collections" and name == "OrderedDict":
            return OrderedDict
        if module == "torch._utils" and name == "_rebuild_tensor_v2":
            return _rebuild_tensor
        if module == "torch._utils" and name == "_rebuild_parameter":
            return _rebuild_parameter
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        return Inert

    def persistent_load(self, pid: Any) -> Any:
        kind, dtype, key = pid[:3]
        if kind != "storage" or not isinstance(dtype, torch.dtype):
            return Inert()
        return self._archive.storage(str(key), dtype)


def _rebuild_tensor(
    storage: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_rest: object
) -> Any:
    """Make a tensor of a flat storage; torch itself refuses what would reach beyond the end."""
    if not isinstance(storage, torch.Tensor):
        return Inert()
    return storage.as_strided(size, stride, offset)


def _rebuild_parameter(data: Any, *_rest: object) -> Any:
    return data
