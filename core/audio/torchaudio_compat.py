"""torchaudio, also where its compiled extension cannot be loaded.

The wheel of torchaudio 2.11 is linked against CUDA, so beside a CPU-only torch its import fails
with `OSError`. Transforms and resampling are pure Python; the compiled part serves forced
alignment and a few others that this program does not use. With a stand-in for the module that
loads the extension, the rest imports as it is.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import TypeVar

_LOCK = threading.Lock()
_EXTENSION = "torchaudio._extension"

_Function = TypeVar("_Function", bound=Callable[..., object])


def load_torchaudio() -> ModuleType:
    """Import torchaudio, with its compiled extension where that loads and without it elsewhere.

    May be called from any thread and any number of times.

    Raises
    ------
    ImportError
        torchaudio is not installed.
    """
    with _LOCK:
        try:
            return importlib.import_module("torchaudio")
        except OSError:
            for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
                del sys.modules[name]
            sys.modules[_EXTENSION] = _stand_in()
            return importlib.import_module("torchaudio")


def _stand_in() -> ModuleType:
    """Make a module that says that there is no extension."""
    module = ModuleType(_EXTENSION, "Stand-in where the compiled extension cannot be loaded.")
    module._IS_TORCHAUDIO_EXT_AVAILABLE = False  # type: ignore[attr-defined]
    module._IS_ALIGN_AVAILABLE = False  # type: ignore[attr-defined]
    module.fail_if_no_align = _unchanged  # type: ignore[attr-defined]
    module._check_cuda_version = _nothing  # type: ignore[attr-defined]
    return module


def _unchanged(function: _Function) -> _Function:
    return function


def _nothing() -> None:
    return None
