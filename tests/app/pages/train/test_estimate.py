from __future__ import annotations

from app.pages.train.estimate import Estimator, duration_text, remaining_text


def test_nothing_is_promised_before_enough_was_seen() -> None:
    estimate = Estimator(1000)
    estimate.take(0.0, 1)
    estimate.take(2.0, 500)
    assert estimate.remaining(500) is None
    assert remaining_text(None) == "Estimating..."


def test_the_rate_is_that_of_this_start() -> None:
    estimate = Estimator(1000)
    estimate.take(100.0, 500)  # resumed at step 500
    estimate.take(110.0, 600)
    assert estimate.remaining(600) == 40.0


def test_a_pause_does_not_count() -> None:
    estimate = Estimator(200)
    estimate.take(0.0, 0)
    estimate.take(10.0, 100)
    estimate.restart()
    estimate.take(1000.0, 100)
    estimate.take(1005.0, 150)
    assert estimate.remaining(150) == 5.0


def test_lengths_of_time_read_well() -> None:
    assert [duration_text(s) for s in (7, 750, 3723)] == ["0:07", "12:30", "1:02:03"]
    assert remaining_text(3) == "a few seconds left"
    assert remaining_text(44) == "about 40 s left"
    assert remaining_text(600) == "about 10 min left"
    assert remaining_text(9000) == "about 2.5 h left"
