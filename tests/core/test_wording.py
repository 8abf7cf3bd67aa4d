from __future__ import annotations

from core.wording import choice_text, count_text, did_you_mean, rounded_text


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


def test_slips_of_the_keyboard() -> None:
    known = ["clotho", "macs", "starter-scenes", "starter-mixed"]
    assert did_you_mean("clotoh", known) == "; did you mean clotho?"
    assert did_you_mean("CLOTHO", known) == "; did you mean clotho?"
    assert did_you_mean("starter", known) == "; did you mean starter-scenes?"
    for word in ("x", "", "voices", "st"):
        assert did_you_mean(word, known) == ""
    assert choice_text("mac", known) == "; did you mean macs?"
    assert choice_text("x", known[:2]) == "; choose one of: clotho, macs."
    assert did_you_mean("x", []) == ""
