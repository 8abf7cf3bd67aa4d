"""The published figures stand as they were printed."""

from __future__ import annotations

import pytest

from core.evaluation import METRICS
from core.evaluation.published_scores import PUBLISHED, PublishedRow


def test_the_report_is_there_to_the_letter() -> None:
    report = PUBLISHED[0].scores
    names = ("meteor", "cider_d", "spice", "spider", "spider_fl", "fense", "vocabulary")
    assert [report[name] for name in names] == [0.1892, 0.4732, 0.1346, 0.3039, 0.3016, 0.5035, 578]


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row.title)
def test_published_metrics_are_known_and_agree_with_each_other(row: PublishedRow) -> None:
    assert set(row.scores) <= set(METRICS)
    mean = (row.scores["cider_d"] + row.scores["spice"]) / 2
    assert row.scores["spider"] == pytest.approx(mean, abs=2e-4)
