"""What the Experiments tab shows at first, and how it words it."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.pages.compare.experiment_tables import arm_metrics, difference_rows, results_html
from app.pages.compare.experiments_tab import ExperimentsTab
from app.studio import Studio
from core.config import RunConfig
from core.evaluation.intervals import Interval
from core.evaluation.registry import METRICS, main_metric
from core.experiments import Analysis, Arm, create_experiment, experiment_status
from core.experiments.analysis import (
    ArmDifference,
    ArmFigures,
    plain_reading,
    plain_sentence,
)
from core.experiments.variance import Difference


def difference(second: str, interval: tuple[float, float, float]) -> ArmDifference:
    result = Difference(Interval(*interval), 0.04, 3, 200, seeds_needed=16)
    told = ("cider_d", "CE", second, result)
    return ArmDifference(
        "cider_d", "CE", second, {}, result, plain_sentence(*told), plain_reading(*told)
    )


def analysis(metrics: tuple[str, ...]) -> Analysis:
    names = ("CE", "CE + audio-text matching", "CE & <others>")
    experiment = create_experiment("Methods", RunConfig(), [Arm(name) for name in names], (1, 2, 3))
    figures = [
        ArmFigures(name, metric, {1: 0.5, 2: 0.6}, 0.55, 0.07, Interval(0.55, 0.1, 0.9))
        for name in names
        for metric in metrics
    ]
    differences = (
        difference(names[1], (0.049, -0.051, 0.148)),
        difference(names[2], (-0.07, -0.137, -0.003)),
    )
    status = experiment_status(experiment)
    main = main_metric(metrics)
    return Analysis(experiment, status, {}, metrics, main, tuple(figures), differences, ())


def test_the_metrics_of_the_challenge_come_first() -> None:
    free = ("meteor", "cider_d", "sbert_sim_minilm", "rouge_l", "bleu_1", "vocabulary")
    assert arm_metrics(analysis(free), every=False) == [
        "meteor",
        "cider_d",
        "sbert_sim_minilm",
        "vocabulary",
    ]
    assert arm_metrics(analysis(free), every=True) == list(free)
    # Where FENSE is there, nothing needs to stand in for its sentence model.
    assert "sbert_sim_minilm" not in arm_metrics(analysis((*free, "fense")), every=False)
    # By what the arms are judged is never left out.
    assert arm_metrics(analysis(("rouge_l", "bleu_1")), every=False) == ["rouge_l"]


def test_what_is_shown_stands_out() -> None:
    html = results_html(analysis(("cider_d",)))
    first, second = html.split("</div>")[:2]
    assert "400" in first and "No difference shown: CE + audio-text matching was" in first
    assert "−5.1 to 14.8" in first
    assert "600" in second and "CE &amp; &lt;others&gt; is worse than CE by 7.0" in second
    readings = [row[-1] for row in difference_rows(analysis(("cider_d",)).differences)[1]]
    assert readings == ["no difference shown; about 16 seeds would be needed", "CE is better"]


@pytest.mark.parametrize("every", [False, True])
def test_the_arms_fit_a_small_window(studio: Studio, qtbot: QtBot, every: bool) -> None:
    tab = ExperimentsTab(studio)
    qtbot.addWidget(tab)
    tab.resize(1200, 640)
    tab.stack.setCurrentIndex(1)
    tab.show()
    tab._analysed(0, analysis(tuple(METRICS)))
    tab.stack.setCurrentIndex(1)
    tab.every.setChecked(every)
    bar = tab.arms.horizontalScrollBar()
    qtbot.waitUntil(lambda: tab.arms.width() > 1000)
    qtbot.waitUntil(lambda: (bar.maximum() > 0) == every)
