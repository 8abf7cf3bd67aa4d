from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CODE = """
import gc, sys, threading
from core.preload import load_engine
assert "torch" not in sys.modules
worker = threading.Thread(target=load_engine)
worker.start()
worker.join()
assert "torch" in sys.modules and "core.captioner" in sys.modules
assert gc.isenabled() and gc.get_freeze_count() > 10_000
import torch
assert float(torch.ones(2).sum()) == 2.0
load_engine()
print("loaded")
"""


def test_the_engine_is_loaded_in_a_thread_and_leaves_the_collector_on() -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, cwd=root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "loaded"
