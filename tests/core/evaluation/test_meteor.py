"""METEOR and the Stanford words by their own programs, and the formulas for sums of counts."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import MetricError
from core.evaluation import METRICS, Scorer, available_metrics
from core.evaluation.java import java_for, java_version, stanford_tokens
from core.evaluation.meteor import Meteor, meteor_score
from core.evaluation.metric_files import meteor_jar, tokenizer_jar
from core.evaluation.ptb import tokenize

JAVA, JAR = java_for(), meteor_jar()
NEEDED = "Java and METEOR's program are not installed"

# The example of aac-metrics' documentation; METEOR of both together is .2634 there.
CANDIDATES = ["a man is speaking", "rain falls"]
REFERENCES = [
    [
        "a man speaks",
        "someone speaks",
        "a man is speaking while a bird is chirping in the background",
    ],
    ["rain is falling hard on a surface"],
]
# Counts as the program gives them for the two, and for three pairs with published scores.
COUNTS = np.array(
    [
        [4, 3, 2, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 4, 3],
        [2, 7, 0, 3, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 2, 2],
        [5, 5, 2, 2, 1, 1, 2, 2, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 2, 4, 4],
        [5, 5, 2, 2, 1, 1, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3],
    ],
    dtype=float,
)


def test_the_formula_gives_published_scores() -> None:
    scores = meteor_score(COUNTS)
    assert scores == pytest.approx([0.8242, 0.1281, 0.3213, 0.2356], abs=5e-5)
    assert meteor_score(COUNTS[:2].sum(0)) == pytest.approx(0.2634, abs=5e-5)
    assert meteor_score(np.zeros((2, 23))) == pytest.approx([0, 0])


@pytest.mark.skipif(JAVA is None or JAR is None, reason=NEEDED)
def test_a_program_that_does_not_run_says_why() -> None:
    assert JAVA is not None and JAR is not None
    broken = Meteor(JAVA, JAR.with_name("absent.jar"))
    try:
        with pytest.raises(MetricError, match=r"METEOR's program failed: .*absent\.jar"):
            broken.counts(CANDIDATES, REFERENCES)
    finally:
        broken.close()
    assert not broken.alive
    with pytest.raises(MetricError, match="cannot be started"):
        Meteor(JAVA.with_name("absent"), JAR)


@pytest.mark.skipif(JAVA is None or tokenizer_jar() is None, reason=NEEDED)
def test_words_of_the_java_tokenizer_are_those_of_ours() -> None:
    jar = tokenizer_jar()
    assert JAVA is not None and jar is not None
    captions = ["It's a low-pitched hum, isn't it?", "Rain falls\non a roof.", "", "Café doors"]
    assert stanford_tokens(JAVA, jar, captions) == [tokenize(text) for text in captions]
    with pytest.raises(MetricError, match="does not run"):
        stanford_tokens(JAVA.with_name("absent"), jar, captions)


@pytest.mark.skipif("meteor" not in available_metrics()[0], reason=NEEDED)
def test_all_that_is_here_in_one_request() -> None:
    with Scorer() as scorer:
        scores = scorer.score(CANDIDATES, REFERENCES, ["meteor", "spider_fl"], stanford=True)
        again = scorer.score(CANDIDATES, REFERENCES, ["meteor", "bleu_2"])
        odd = scorer.score(["a dog barks", ""], [["a dog barks"], ["a dog barks"]], ["meteor"])
    assert scores.tokenizer == "Stanford PTB"
    assert again.tokenizer == "PTB in Python"
    assert scores.corpus["meteor"] == pytest.approx(0.2634, abs=5e-5)
    assert again.per_clip["meteor"] == scores.per_clip["meteor"]
    assert scores.counts["meteor"] == COUNTS[:2].tolist()
    assert odd.per_clip["meteor"] == pytest.approx([1, 0])
    if "spider_fl" not in available_metrics()[0]:
        assert "spider_fl" not in scores.corpus
        assert "install" in scores.unavailable["spider_fl"]
    with Scorer() as scorer, pytest.raises(MetricError, match="no metric named bleu_9"):
        scorer.score(CANDIDATES, REFERENCES, ["bleu_9"])


def test_a_java_that_is_none_has_no_version(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert java_version(tmp_path / "java") is None
    fake = tmp_path / "java"
    fake.write_text("no program")
    assert java_version(fake) is None
    assert METRICS["meteor"].needs == ("java", "meteor")
