"""From kept evaluations to figures, sentences and a page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from core.config import parse_config
from core.evaluation.bleu import bleu_scores
from core.evaluation.evaluation_files import CaptionedClip, write_evaluation
from core.evaluation.intervals import Interval
from core.evaluation.scorer import Scores
from core.events import RunEnded, RunStarted, ValidationEnded
from core.experiments import (
    Arm,
    Experiment,
    analyse,
    create_experiment,
    report_html,
    write_report,
)
from core.experiments.analysis import plain_reading, plain_sentence, run_evaluation_folder
from core.experiments.figures import curves, dots, intervals, mean_curve
from core.experiments.variance import Difference
from core.runs import create_run, record

CLIPS = 40


def made(seeds: Sequence[int] = (1, 2, 3)) -> Experiment:
    base = parse_config({"training": {"epochs": 2}})
    contrast = {"objectives": [{"name": "caption-ntxent"}]}
    return create_experiment("CE <or> CL", base, [Arm("CE"), Arm("CE + CL", contrast)], seeds)


def finished(experiment: Experiment, arm: Arm, seed: int, gain: float) -> Path:
    """Make the folder of a run that was trained and evaluated."""
    run = create_run(experiment.config(arm, seed))
    events = [
        RunStarted(
            epochs=2,
            steps_per_epoch=1,
            device="cpu",
            parameters=1,
            vocabulary_size=5,
            train_clips=1,
            validation_clips=1,
        ),
        ValidationEnded(epoch=0, step=1, losses={"ce": 3.0 - gain}),
        ValidationEnded(epoch=1, step=2, losses={"ce": 2.0 - gain}),
        RunEnded(reason="finished", epoch=2, step=2),
    ]
    list(record(run, iter(events)))
    run.best.touch()
    shared = np.random.default_rng(0).normal(0.4, 0.1, CLIPS)
    own = np.random.default_rng(10 * seed + len(arm.overrides)).normal(0, 0.01, CLIPS)
    values = shared + own + gain
    counts = np.tile([6.0, 3, 2, 1, 8, 7, 6, 5, 8, 8], (CLIPS, 1))
    counts[: 20 + seed, 0] += round(gain * 10)
    bleu = bleu_scores(counts.sum(0))
    scores = Scores(
        {"cider_d": values.mean(), "bleu_1": bleu[0], "vocabulary": 90.0 + seed + 100 * gain},
        {"cider_d": values.tolist(), "bleu_1": bleu_scores(counts)[:, 0].tolist()},
        {"spice": "SPICE's program is not here."},
        {"bleu": counts.tolist()},
    )
    captioned = [
        CaptionedClip(f"c{n}.wav", f"{arm.name} says {n}", "x", -1.0, ("a <b> reference",))
        for n in range(CLIPS)
    ]
    folder = run_evaluation_folder(experiment, run.best)
    about = {"title": arm.name, "dataset": "starter-scenes", "split": "test"}
    write_evaluation(folder, captioned, scores, scores.corpus, about)
    return folder


@pytest.fixture
def experiment() -> Experiment:
    experiment = made()
    for arm, gain in zip(experiment.arms, (0.0, 0.05), strict=True):
        for seed in experiment.seeds:
            finished(experiment, arm, seed, gain)
    return experiment


def test_figures_and_differences(experiment: Experiment) -> None:
    analysis = analyse(experiment)
    assert analysis.problems == ()
    assert (analysis.main, set(analysis.metrics)) == (
        "cider_d",
        {"cider_d", "bleu_1", "vocabulary"},
    )
    arm = analysis.of("CE + CL", "vocabulary")
    assert arm is not None
    assert dict(arm.by_seed) == {1: 96.0, 2: 97.0, 3: 98.0}
    assert (arm.mean, arm.sd) == (97.0, 1.0)
    by_metric = {item.metric: item for item in analysis.differences}
    cider = by_metric["cider_d"].result
    assert (cider.seeds, cider.clips) == (3, CLIPS)
    assert cider.interval.value == pytest.approx(0.05, abs=0.01)
    assert cider.shown
    assert re.fullmatch(
        r"CE \+ CL is better than CE by [45]\.\d+ CIDEr-D points with 3 seeds, "
        r"95 % interval [\d.]+ to [\d.]+\.",
        analysis.sentences[0],
    )
    # The difference of corpus figures, though no mean over clips.
    bleu = by_metric["bleu_1"]
    mean = sum(bleu.by_seed.values()) / 3
    assert bleu.result.interval.value == pytest.approx(mean)
    # Told as the second arm minus the first.
    words = by_metric["vocabulary"]
    assert (words.result.clips, words.result.interval.value) == (1, pytest.approx(5.0))
    assert dict(words.by_seed) == pytest.approx({1: 5.0, 2: 5.0, 3: 5.0})


def test_what_is_missing_is_listed() -> None:
    experiment = made((1, 2))
    folder = finished(experiment, experiment.arms[0], 1, 0.0)
    finished(experiment, experiment.arms[1], 1, 0.0)
    (folder / "clips.json").unlink()
    create_run(experiment.config(experiment.arms[0], 2))
    analysis = analyse(experiment)
    assert len(analysis.problems) == 3
    assert "clips.json is missing" in analysis.problems[0]
    assert "CE, seed 2: not started" in analysis.problems[1]
    assert "CE + CL, seed 2: not trained yet." in analysis.problems[2]
    assert analysis.differences == ()
    assert "nothing to compare yet" in report_html(analysis)


@pytest.mark.parametrize(
    ("metric", "interval", "seeds", "needed", "sentence"),
    [
        (
            "fense",
            (0.004, -0.002, 0.010),
            3,
            9,
            "No difference shown: B was 0.4 FENSE points higher than A with 3 seeds, "
            "95 % interval -0.2 to 1.0; about 9 seeds would be needed.",
        ),
        (
            "fense",
            (-0.004, -0.005, -0.003),
            3,
            None,
            "B is worse than A by 0.4 FENSE points with 3 seeds, 95 % interval 0.3 to 0.5.",
        ),
        (
            "fer",
            (-0.02, -0.03, -0.01),
            5,
            None,
            "B is better than A by 2.0 FER points with 5 seeds, 95 % interval 1.0 to 3.0.",
        ),
        (
            "vocabulary",
            (12.0, -3.0, 27.0),
            3,
            None,
            "No difference shown: the vocabulary of B was 12 words larger than that of A with "
            "3 seeds, 95 % interval -3 to 27; no number of seeds would show so small a difference "
            "on these 50 clips.",
        ),
        (
            "words_per_caption",
            (-1.0, -1.5, -0.5),
            3,
            None,
            "The captions of B are shorter than those of A by 1.00 words with 3 seeds, "
            "95 % interval 0.50 to 1.50.",
        ),
        ("fense", (0.0, 0.0, 0.0), 3, None, "B and A do not differ in FENSE with 3 seeds."),
        (
            "cider_d",
            (0.01, 0.005, 0.015),
            1,
            None,
            "One seed cannot show a difference: B was 1.0 CIDEr-D points higher than A on these "
            "50 clips, 95 % interval 0.5 to 1.5; other seeds may say otherwise.",
        ),
    ],
)
def test_plain_words(
    metric: str,
    interval: tuple[float, float, float],
    seeds: int,
    needed: int | None,
    sentence: str,
) -> None:
    result = Difference(Interval(*interval), 0.1, seeds, 50, seeds_needed=needed)
    assert plain_sentence(metric, "A", "B", result) == sentence


@pytest.mark.parametrize(
    ("interval", "seeds", "needed", "reading"),
    [
        ((0.004, -0.002, 0.010), 3, 9, "no difference shown; about 9 seeds would be needed"),
        ((0.004, 0.002, 0.006), 3, None, "B is better"),
        ((-0.004, -0.006, -0.002), 3, None, "A is better"),
        ((0.004, 0.002, 0.006), 1, None, "one seed cannot show a difference"),
    ],
)
def test_few_words(
    interval: tuple[float, float, float], seeds: int, needed: int | None, reading: str
) -> None:
    result = Difference(Interval(*interval), 0.1, seeds, 50, seeds_needed=needed)
    assert plain_reading("fense", "A", "B", result) == reading


class _Checker(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.links += [str(value) for name, value in attributes if name in ("src", "href")]

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_report_is_one_whole_page(experiment: Experiment) -> None:
    analysis = analyse(experiment)
    text = report_html(analysis, datetime(2026, 11, 22, 20, 0))
    checker = _Checker()
    checker.feed(text)
    assert checker.open == []
    assert checker.links == []
    assert "CE &lt;or&gt; CL" in text
    assert "a &lt;b&gt; reference" in text
    assert text.count("<svg") == 5
    assert "SPICE: SPICE&#x27;s program is not here." in text
    assert not re.search(r"[ >(]-[0-9]", text), "a hyphen where a minus belongs"
    assert "objectives.caption-ntxent.weight" in text
    path = write_report(analysis)
    assert path == experiment.folder / "report.html"


def test_figures_of_few_and_of_equal_values() -> None:
    assert "<circle" in dots([("A", [1.0], None), ("B", [1.0], Interval(1, 1, 1))], "x", "t")
    assert intervals([(("A", "− B"), Interval(0, 0, 0), False)], "x", "t").endswith("</svg>")
    assert curves({}, "epoch", "t").endswith("</svg>")
    assert "polyline" in curves({"A": [[(1.0, 2.0)]]}, "epoch", "t")
    assert mean_curve([[(1, 2.0), (2, 4.0)], [(1, 4.0)]]) == [(1, 3.0)]
    assert mean_curve([]) == []


def test_figures_tell_apart_what_has_long_names() -> None:
    arms = ["CE + audio-text matching", "CE + audio-text NT-Xent", "CE + caption NT-Xent"]
    rows = [((arms[0], f"− {other}"), Interval(-1, -2, 1), False) for other in arms[1:]]
    figure = intervals(rows, "points", "t")
    for other in arms[1:]:
        assert f">− {other}<" in figure
    assert ">−2<" in figure
    figure = curves({f"{arm} {n}": [[(1.0, 2.0)]] for arm in arms for n in "ab"}, "epoch", "t")
    width, height = map(float, re.search(r'viewBox="0 0 (\d+) (\d+)"', figure).groups())
    for x, y, name in re.findall(r'x="([\d.]+)" y="([\d.]+)" text-anchor="start">([^<]*)', figure):
        assert float(x) + 6 * len(name) < width and float(y) < height
