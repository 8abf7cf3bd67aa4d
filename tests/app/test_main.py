from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import __main__ as entry


def test_without_a_screen_it_names_the_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert entry.main([]) == 1
    message = capsys.readouterr().err
    assert "no display" in message and "aac-studio train" in message


def test_the_window_is_shown_without_torch_and_numbers_stay_numbers(tmp_path: Path) -> None:
    code = """
import json, locale, sys
from app import __main__ as entry
import core.config
from app.application import first_page, make_application, make_window
app = make_application()
window = make_window()
first_page(window)
window.show()
app.processEvents()
order = list(sys.modules)
print(json.dumps({
    "visible": window.isVisible(),
    "torch": "torch" in sys.modules,
    "pydantic first": order.index("pydantic") < order.index("PySide6.QtWidgets"),
    "decimal point": locale.localeconv()["decimal_point"],
}))
window.close()
window.studio.jobs.shut_down()
"""
    home = tmp_path / "home"
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "AAC_STUDIO_HOME": str(home)}
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "visible": True,
        "torch": False,
        "pydantic first": True,
        "decimal point": ".",
    }
