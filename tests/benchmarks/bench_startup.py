"""Time from the start of the process until the window has been painted, on a warm disk.

Run by hand: ``python tests/benchmarks/bench_startup.py [repetitions]``. Prints the median and the
worst time and what the imports take of it; the aim is 1.0 s. No screen is needed.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

AIM = 1.0

CHILD = """
import sys, time
import app.__main__ as entry
import core.config
import importlib
application = importlib.import_module("app.application")
imported, cpu = time.time(), time.process_time()
from PySide6.QtCore import QEvent, QObject
app = application.make_application()

class Watch(QObject):
    painted = None
    def eventFilter(self, target, event):
        if self.painted is None and event.type() == QEvent.Type.Paint:
            Watch.painted = False
        elif self.painted is False and event.type() not in (QEvent.Type.Paint,):
            names = ("torch", "pyqtgraph")
            Watch.painted = [time.time(), time.process_time(), *(n in sys.modules for n in names)]
        return False

watch = Watch()
app.installEventFilter(watch)
window = application.make_window()
application.first_page(window)
window.show()
while not Watch.painted:
    app.processEvents()
import json
print(json.dumps([imported, cpu, *Watch.painted]))
window.close()
window.studio.jobs.shut_down()
"""


def measure(environment: dict[str, str], root: Path) -> tuple[float, float, float]:
    """Start one process; return seconds until imported and until painted, and processor time."""
    began = time.time()
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
        env=environment,
    )
    imported, _, painted, cpu, torch, plots = json.loads(done.stdout.splitlines()[-1])
    assert not torch, "torch was imported before the window was shown"
    assert not plots, "pyqtgraph was imported before the window was shown"
    return imported - began, painted - began, cpu


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    root = Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "AAC_STUDIO_HOME": home}
        measure(environment, root)  # warms the disk and the byte code
        results = [measure(environment, root) for _ in range(count)]
    imports = statistics.median(result[0] for result in results)
    painted = sorted(result[1] for result in results)
    middle = statistics.median(painted)
    print(f"window painted after {middle:.2f} s (worst {painted[-1]:.2f} s) of {AIM:.1f} s allowed")
    cpu = statistics.median(result[2] for result in results)
    print(f"processor time until then {cpu:.2f} s")
    print(f"ready to build after {imports:.2f} s, {100 * imports / middle:.0f} % of it: imports")
    print(f"ratio to the aim {middle / AIM:.2f}")


if __name__ == "__main__":
    main()
