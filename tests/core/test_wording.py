from __future__ import annotations

from core.wording import count_text, rounded_text


def test_counts() -> None:
    assert count_text(0, "clip") == "0 clips"
    assert count_text(1, "clip") == "1 clip"
    assert count_text(1200, "clip") == "1,200 clips"
    assert count_text(2, "class", "classes") == "2 classes"


def test_rounded_numbers_have_no_negative_zero() -> None:
    assert rounded_text(-0.004, 2) == "0.00"
    assert rounded_text(-0.004, 2, sign=True) == rounded_text(0.0, 2, sign=True) == "0.00"
    assert rounded_text(-0.006, 2, sign=True) == "−0.01"
    assert rounded_text(0.006, 2, sign=True) == "+0.01"
    assert rounded_text(-1234.56, 1) == "−1,234.6"
