"""From a session, a history and a summary to what the state line says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.pages.train.remaining_time import remaining_seconds
from app.pages.train.session import Session
from app.pages.train.state_line import RunStatus
from app.pages.train.summary import phase_text
from app.texts import clock_text, left_text
from core.runs import RunSummary

if TYPE_CHECKING:
    from app.runs.history import RunHistory

RESUMABLE = ("stopped", "interrupted", "failed", "not started")
_CAN = {
    "queued": ("stop",),
    "running": ("pause", "stop"),
    "paused": ("resume", "stop"),
    "elsewhere": ("pause", "stop"),
    "paused elsewhere": ("resume", "stop"),
    "stopping": ("stop",),
}


def run_status(
    session: Session | None,
    history: RunHistory | None,
    summary: RunSummary | None,
    alive: bool,
    load: str = "",
) -> RunStatus:
    """Say where a run stands; `load` tells what its device does."""
    if session is None and history is None and summary is None:
        return RunStatus()
    title = summary.title if summary else session.title if session else ""
    warnings = tuple(history.warnings) if history else ()
    if session is not None and not session.job.ended:
        return _of_session(title, session, history, summary, load, warnings)
    state = state_of(history, summary, alive)
    facts = list(_position(history))
    if history is not None and history.elapsed:
        facts.append(clock_text(history.elapsed))
    if state == "elsewhere" and history is not None and history.started is not None:
        facts.append(_left(history, summary))
    if state in ("elsewhere", "paused elsewhere"):
        facts += _phase(history, summary)
    if state in ("failed", "unreadable") and summary is not None and summary.problem:
        facts = [summary.problem]
    if state == "paused elsewhere" and history is not None and history.stands_still is not None:
        facts = [history.stands_still.message, *facts]
    fraction = None
    if history is not None and history.total_steps:
        fraction = history.step / history.total_steps
    wakes = state in RESUMABLE and summary is not None
    can = frozenset(_CAN.get(state, ("resume",) if wakes else ()))
    return RunStatus(
        title, state, "", tuple(facts), _scores(history), fraction, can, warnings=warnings
    )


def state_of(history: RunHistory | None, summary: RunSummary | None, alive: bool) -> str:
    """Return the state of a run that this window does not train."""
    if alive:
        still = history is not None and history.stands_still is not None
        return "paused elsewhere" if still else "elsewhere"
    if summary is not None and summary.state == "unreadable":
        # Its events may still tell an end, but nothing can be done with such a run.
        return summary.state
    if history is not None and history.ended is not None:
        return history.ended.reason
    return summary.state if summary is not None else "not started"


def _of_session(
    title: str,
    session: Session,
    history: RunHistory | None,
    summary: RunSummary | None,
    load: str,
    warnings: tuple[str, ...],
) -> RunStatus:
    state = session.job.state
    phase = session.activity if state == "running" else ""
    facts: list[str] = []
    loads: list[str] = []
    if state == "running" and not session.started:
        phase = phase or "Preparing"
        facts = [session.activity_count] if session.activity_count else []
    else:
        facts = list(_position(history))
        if history is not None and history.elapsed:
            facts.append(clock_text(history.elapsed))
        if state == "running":
            facts.append(_left(history, summary))
        facts += _phase(history, summary)
        if state == "running" and session.examples_per_second:
            loads.append(f"{session.examples_per_second:,.0f} clips/s")
        if load:
            loads.append(load)
    return RunStatus(
        title,
        state,
        phase,
        tuple(facts),
        _scores(history),
        session.progress.fraction,
        frozenset(_CAN.get(state, ("stop",))),
        tuple(loads),
        warnings,
    )


def _left(history: RunHistory | None, summary: RunSummary | None) -> str:
    config = summary.config if summary is not None else None
    left = remaining_seconds(history, config) if history is not None else None
    return "estimating the time left" if left is None else left_text(left)


def _position(history: RunHistory | None) -> list[str]:
    if history is None or history.started is None:
        return []
    epoch = min(history.epoch + (history.ended is None), history.epochs)
    return [
        f"epoch {epoch:,} of {history.epochs:,}",
        f"step {history.step:,} of {history.total_steps:,}",
    ]


def _phase(history: RunHistory | None, summary: RunSummary | None) -> list[str]:
    if history is None or history.started is None or summary is None or summary.config is None:
        return []
    return [phase_text(summary.config, history.epoch)]


def _scores(history: RunHistory | None) -> tuple[str, ...]:
    if history is None or history.last_validation is None:
        return ()
    last = history.last_validation
    parts = []
    if "ce" in last.losses:
        parts.append(f"validation CE {last.losses['ce']:.3f}")
    if "cider_d" in history.scores:
        parts.append(f"CIDEr-D {history.scores['cider_d']:.3f}")
    best = history.best
    if best is not None and best.value is not None:
        parts.append(f"best {best.value:.3f} (epoch {best.epoch + 1})")
    return tuple(parts)
