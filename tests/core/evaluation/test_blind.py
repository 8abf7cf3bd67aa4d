"""Blind tests: names hidden, sides balanced, every decision kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import MetricError
from core.evaluation.blind import (
    BlindSession,
    delete_session,
    list_sessions,
    load_session,
    start_session,
)

CAPTIONS = {f"c{n}.wav": (f"one says {n}", f"two says {n}") for n in range(20)}


def started() -> BlindSession:
    same = {"same.wav": ("rain", "rain"), "empty.wav": ("", "rain")}
    return start_session(("CE", "CE + CL"), {**CAPTIONS, **same}, dataset="tones", seed=1)


def test_only_differing_captions_are_asked_and_sides_are_balanced() -> None:
    session = started()
    assert {trial.clip for trial in session.trials} == set(CAPTIONS)
    assert [trial.clip for trial in session.trials] != list(CAPTIONS)
    assert sum(trial.left for trial in session.trials) == 10
    for trial in session.trials:
        assert set(trial.shown) == set(CAPTIONS[trial.clip])


def test_decisions_are_kept_and_counted() -> None:
    session = started()
    for number, trial in enumerate(session.trials[:12]):
        wanted = 1 if number < 9 else 0
        session = session.decide(number, "left" if trial.left == wanted else "right")
    session = session.decide(12, "tie")
    assert session.next_trial == 13
    tally = session.tally()
    assert (tally.wins, tally.ties, tally.left) == ((3, 9), 1, 7)
    assert tally.share.value == 0.75
    assert 0.4 < tally.share.low < 0.75 < tally.share.high < 1
    assert tally.p_value == pytest.approx(0.146, abs=0.001)
    again = load_session(session.name)
    assert again == session
    assert again.decide(12, None).tally().ties == 0
    assert list_sessions() == [session.name]
    delete_session(session.name)
    assert list_sessions() == []


def test_an_ended_session_has_no_next_trial() -> None:
    session = start_session(("A", "B"), {"a": ("x", "y")})
    assert session.tally().p_value == 1
    assert session.decide(0, "left").next_trial is None


def test_nothing_to_decide() -> None:
    with pytest.raises(MetricError, match="same caption"):
        start_session(("A", "B"), {"a": ("x", "x")})


def test_damaged_sessions_are_told(home: Path) -> None:
    with pytest.raises(MetricError, match="no blind test named"):
        load_session("absent")
    (home / "blind").mkdir()
    for text in ("", "[]", '{"trials": [{"clip": "a", "left": 3, "captions": [], "picked": 1}]}'):
        (home / "blind" / "bad.json").write_text(text, encoding="utf-8")
        with pytest.raises(MetricError, match="not a readable blind test"):
            load_session("bad")
