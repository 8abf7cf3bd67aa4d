"""Loading the engine beside a window that is already in use.

Importing torch the plain way holds the interpreter's lock for a quarter of a second at a time, in
which no window can redraw. Here the longest parts happen with the lock released, or not at all.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import importlib.util
import os
import sys
from pathlib import Path

_LIBRARY = {"linux": "libtorch_python.so", "darwin": "libtorch_python.dylib"}


def load_engine() -> None:
    """Import all that training and captioning need. Meant for a worker thread."""
    with contextlib.suppress(OSError, AttributeError, ValueError):
        _load_libraries()
    enabled = gc.isenabled()
    # A collection in the middle of ten thousand new objects would find nothing to free.
    gc.disable()
    try:
        importlib.import_module("core.training")
        importlib.import_module("core.captioner")
        # Modules live as long as the program: later collections need not look at them.
        gc.freeze()
    finally:
        if enabled:
            gc.enable()


def _load_libraries() -> None:
    """Map torch's shared libraries; a call through ctypes lets other threads run meanwhile."""
    name = _LIBRARY.get(sys.platform)
    found = importlib.util.find_spec("torch") if "torch" not in sys.modules else None
    if name is None or found is None or not found.submodule_search_locations:
        return
    library = Path(next(iter(found.submodule_search_locations))) / "lib" / name
    if library.is_file():
        opener = ctypes.CDLL(None).dlopen
        opener.restype, opener.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
        opener(os.fsencode(library), os.RTLD_LAZY)
