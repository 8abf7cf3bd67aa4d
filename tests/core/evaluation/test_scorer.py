"""The metrics process: right figures, and every way in which it may end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

import core.evaluation.scorer as scorer_module
from core.errors import MetricError
from core.evaluation import (
    QUICK_METRICS,
    STATISTICS,
    Scorer,
    missing_metrics,
    shuffled_baseline,
)

if missing_metrics():
    pytest.skip("the metrics extra is not installed", allow_module_level=True)

# The example of the metrics package's own documentation, and the figures printed there.
CANDIDATES = ["a man is speaking", "rain falls"]
REFERENCES = [
    [
        "a man speaks.",
        "someone speaks.",
        "a man is speaking while a bird is chirping in the background",
    ],
    ["rain is falling hard on a surface"],
]
SOUNDS = ["a dog barks", "rain falls on a roof", "a train passes by", "birds sing in a tree"]


@pytest.fixture(scope="module")
def scorer() -> Iterator[Scorer]:
    with Scorer() as running:
        yield running


def test_documented_example(scorer: Scorer) -> None:
    scores = scorer.score(CANDIDATES, REFERENCES)
    assert scores.corpus["bleu_1"] == pytest.approx(0.4278, abs=5e-5)
    assert scores.corpus["rouge_l"] == pytest.approx(0.4871, abs=5e-5)
    assert scores.corpus["cider_d"] == pytest.approx(0.9614, abs=5e-5)
    assert scores.per_clip["cider_d"] == pytest.approx([1.3641, 0.5587], abs=5e-5)
    assert set(scores.corpus) == {*QUICK_METRICS, *STATISTICS}
    assert set(scores.per_clip) == {*QUICK_METRICS, "words_per_caption"}
    assert scores.unavailable == {}


def test_punctuation_and_case_do_not_count(scorer: Scorer) -> None:
    shouted = [candidate.upper() + " !" for candidate in CANDIDATES]
    assert scorer.score(shouted, REFERENCES) == scorer.score(CANDIDATES, REFERENCES)


def test_cider_d_depends_on_the_whole_set(scorer: Scorer) -> None:
    """Averaging clip by clip would be wrong: the same clip scores otherwise in another set."""
    alone = scorer.score(CANDIDATES, REFERENCES).per_clip["cider_d"][1]
    among = scorer.score([*CANDIDATES, "rain"], [*REFERENCES, ["rain falls"]])
    assert among.per_clip["cider_d"][1] != pytest.approx(alone, rel=0.01)


def test_one_clip_has_no_cider_d(scorer: Scorer) -> None:
    scores = scorer.score(CANDIDATES[:1], REFERENCES[:1])
    assert "cider_d" not in scores.corpus
    assert scores.unavailable == {"cider_d": "CIDEr-D needs at least 2 clips."}
    assert scores.corpus["bleu_1"] > 0.99


def test_captions_without_words_score_zero(scorer: Scorer) -> None:
    scores = scorer.score(["", "..."], REFERENCES)
    assert scores.corpus["cider_d"] == 0
    assert scores.corpus["rouge_l"] == 0


def test_a_reference_without_words_is_left_out(scorer: Scorer) -> None:
    spoilt = [[*REFERENCES[0], "..."], REFERENCES[1]]
    assert scorer.score(CANDIDATES, spoilt) == scorer.score(CANDIDATES, REFERENCES)


@pytest.mark.parametrize("references", [[["."], ["rain"]], [[], ["rain"]]])
def test_a_clip_without_any_reference_is_named(scorer: Scorer, references: list) -> None:
    with pytest.raises(MetricError, match="clip 1 has no reference caption"):
        scorer.score(CANDIDATES, references)
    assert scorer.score(CANDIDATES, REFERENCES).corpus["cider_d"] > 0


def test_lists_of_unequal_length_are_refused(scorer: Scorer) -> None:
    with pytest.raises(MetricError, match="2 captions but references for 1"):
        scorer.score(CANDIDATES, REFERENCES[:1])
    with pytest.raises(MetricError, match="no caption"):
        scorer.score([], [])


def test_many_threads_get_their_own_answers(scorer: Scorer) -> None:
    def ask(word: str) -> float:
        captions = [f"{word} one two three", "rain falls"]
        return scorer.score(captions, [[f"{word} one two three"], ["rain falls"]]).corpus["bleu_1"]

    with ThreadPoolExecutor(4) as pool:
        assert all(value > 0.99 for value in pool.map(ask, ["dog", "cat", "bird", "bell"] * 5))


def test_shuffled_captions_score_low_and_always_the_same(scorer: Scorer) -> None:
    references = [[caption] for caption in SOUNDS]
    own = scorer.score(SOUNDS, references).corpus["cider_d"]
    floor = shuffled_baseline(scorer, SOUNDS, references)
    assert floor is not None
    assert floor < own / 5
    assert shuffled_baseline(scorer, SOUNDS, references) == floor
    assert shuffled_baseline(scorer, SOUNDS[:1], references[:1]) is None


def test_starting_waits_for_nothing() -> None:
    started = time.perf_counter()
    with Scorer():
        assert time.perf_counter() - started < 0.5


def test_closing_ends_the_process_and_whoever_waits() -> None:
    with Scorer() as scorer:
        process = scorer._process
        assert process is not None
        pending = scorer.submit(CANDIDATES * 5000, REFERENCES * 5000)
    assert process.poll() is not None
    with pytest.raises(MetricError, match="closed"):
        pending.result(timeout=10)
    with pytest.raises(MetricError, match="closed"):
        scorer.score(CANDIDATES, REFERENCES)


def test_a_killed_process_is_reported_and_replaced() -> None:
    with Scorer() as scorer:
        process = scorer._process
        assert process is not None
        pending = scorer.submit(CANDIDATES, REFERENCES)
        process.kill()
        with pytest.raises(MetricError, match="ended before it had answered"):
            pending.result(timeout=10)
        assert scorer.score(CANDIDATES, REFERENCES).corpus["cider_d"] > 0


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
def test_ctrl_c_in_the_terminal_is_for_the_parent(scorer: Scorer) -> None:
    scorer.score(CANDIDATES, REFERENCES)
    process = scorer._process
    assert process is not None
    process.send_signal(signal.SIGINT)
    assert scorer.score(CANDIDATES, REFERENCES).corpus["cider_d"] > 0
    assert scorer._process is process


def test_the_process_ends_with_its_parent() -> None:
    """The parent is killed without a chance to say so; its metrics process must not stay."""
    program = (
        "from core.evaluation import Scorer; import os, signal\n"
        "scorer = Scorer(); scorer.start(); print(scorer._process.pid, flush=True)\n"
        "os._exit(9)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )
    try:
        child = psutil.Process(int(parent.stdout))
    except psutil.NoSuchProcess:
        return
    psutil.wait_procs([child], timeout=20)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_process_that_cannot_start_is_told_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with (
        Scorer() as scorer,
        pytest.raises(MetricError, match=r"could not be started .*/no/such/python"),
    ):
        scorer.score(CANDIDATES, REFERENCES)


def test_without_the_extra_the_reason_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorer_module.importlib.util, "find_spec", lambda name: None)
    with Scorer() as scorer:
        assert scorer._process is None
        scores = scorer.score(CANDIDATES, REFERENCES)
        assert shuffled_baseline(scorer, CANDIDATES, REFERENCES) is None
    assert set(scores.corpus) == set(STATISTICS)
    assert set(scores.unavailable) == set(QUICK_METRICS)
    assert "aac-studio[metrics]" in scores.unavailable["cider_d"]


def test_this_process_imports_neither_torch_nor_the_metrics() -> None:
    program = (
        "import sys; from core.evaluation import Scorer, evaluate_checkpoint\n"
        "with Scorer() as s: s.score(['a b', 'c'], [['a b'], ['c']])\n"
        "print([name for name in ('torch', 'aac_metrics', 'transformers') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )
    assert (answer.stdout.strip(), answer.stderr) == ("[]", "")
