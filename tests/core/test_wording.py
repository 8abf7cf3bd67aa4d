from __future__ import annotations

from core.wording import count_text


def test_counts() -> None:
    assert count_text(0, "clip") == "0 clips"
    assert count_text(1, "clip") == "1 clip"
    assert count_text(1200, "clip") == "1,200 clips"
    assert count_text(2, "class", "classes") == "2 classes"
