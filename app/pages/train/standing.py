"""From a session, a history and a summary to what the state line says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.pages.train.estimate import duration_text, remaining_text
from app.pages.train.session import Session
from app.pages.train.state_line import Standing
from core.runs import RunSummary

if TYPE_CHECKING:
    from app.pages.train.history import RunHistory

RESUMABLE = ("stopped", "interrupted", "failed")


def standing_of(
    title: str,
    session: Session | None,
    history: RunHistory | None,
    summary: RunSummary | None,
    alive: bool,
) -> Standing:
    """Say where a run stands."""
    if session is not None and not session.job.ended:
        return _of_session(title, session, history)
    state = state_of(history, summary, alive)
    can = frozenset({"resume"}) if state in RESUMABLE else frozenset()
    facts = list(_position(history))
    if history is not None and history.elapsed:
        facts.append(duration_text(history.elapsed))
    if state in ("failed", "unreadable") and summary is not None and summary.problem:
        facts = [summary.problem]
    fraction = None
    if history is not None and history.total_steps:
        fraction = history.step / history.total_steps
    return Standing(title, state, "", tuple(facts), _scores(history), fraction, can)


def state_of(history: RunHistory | None, summary: RunSummary | None, alive: bool) -> str:
    """Return the state of a run that this window does not train."""
    if alive:
        return "elsewhere"
    if summary is not None and summary.state == "unreadable":
        # Its events may still tell an end, but nothing can be done with such a run.
        return summary.state
    if history is not None and history.ended is not None:
        return history.ended.reason
    return summary.state if summary is not None else "not started"


def _of_session(title: str, session: Session, history: RunHistory | None) -> Standing:
    state = session.job.state
    phase = session.activity if state == "running" else ""
    facts: list[str] = []
    if state == "running" and session.estimator is None:
        phase = phase or "Preparing"
        facts = [session.activity_count] if session.activity_count else []
    elif state == "queued":
        facts = ["Starts when the run before it has ended."]
    else:
        facts = list(_position(history))
        if history is not None and history.elapsed:
            facts.append(duration_text(history.elapsed))
        if state == "running":
            facts.append(remaining_text(session.remaining()))
            if session.examples_per_second:
                facts.append(f"{session.examples_per_second:,.0f} clips/s")
    can = {"queued": {"stop"}, "running": {"pause", "stop"}, "paused": {"resume", "stop"}}
    buttons = frozenset(can.get(state, {"stop"}))
    return Standing(
        title, state, phase, tuple(facts), _scores(history), session.progress.fraction, buttons
    )


def _position(history: RunHistory | None) -> list[str]:
    if history is None or history.started is None:
        return []
    epoch = min(history.epoch + (history.ended is None), history.epochs)
    return [
        f"epoch {epoch:,} of {history.epochs:,}",
        f"step {history.step:,} of {history.total_steps:,}",
    ]


def _scores(history: RunHistory | None) -> tuple[str, ...]:
    if history is None or history.last_validation is None:
        return ()
    last = history.last_validation
    parts = []
    if "ce" in last.losses:
        parts.append(f"validation CE {last.losses['ce']:.3f}")
    if "cider_d" in last.metrics:
        parts.append(f"CIDEr-D {last.metrics['cider_d']:.3f}")
    best = history.best
    if best is not None and best.value is not None:
        parts.append(f"best {best.value:.3f} (epoch {best.epoch + 1})")
    return tuple(parts)
