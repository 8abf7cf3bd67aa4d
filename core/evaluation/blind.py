"""A blind test: two systems' captions of the same sounds, the better one picked without names.

A session is one JSON file: which clips in which order, which system stands left, what was decided.
It is written after every decision, so it can be left and taken up at any time.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from core import paths
from core.errors import MetricError
from core.evaluation.intervals import Interval, binomial_interval, sign_test
from core.files import read_json, write_json_atomic

Side = Literal["left", "right", "tie"]


@dataclass(frozen=True, slots=True)
class Trial:
    """One clip: the system (0 or 1) shown left, both captions by system, and the decision."""

    clip: str
    left: int
    captions: tuple[str, str]
    picked: Side | None = None

    @property
    def shown(self) -> tuple[str, str]:
        """The captions as they are shown, left then right."""
        return self.captions[self.left], self.captions[1 - self.left]

    @property
    def winner(self) -> int | None:
        """The system whose caption was picked; None where none was, or neither was better."""
        if self.picked is None or self.picked == "tie":
            return None
        return self.left if self.picked == "left" else 1 - self.left


@dataclass(frozen=True, slots=True)
class Tally:
    """The result of a session so far: wins of both systems, ties, trials left.

    `share` is the proportion of decided trials, ties left out, that the second system won, with
    its 95 % interval (Wilson); `p_value` is that of the exact test against one half.
    """

    wins: tuple[int, int]
    ties: int
    left: int
    share: Interval
    p_value: float


@dataclass(frozen=True, slots=True)
class BlindSession:
    """Two systems by title, and the trials in the order in which they are shown."""

    name: str
    titles: tuple[str, str]
    dataset: str
    split: str
    trials: tuple[Trial, ...]
    started: str

    @property
    def path(self) -> Path:
        """The session's file."""
        return _folder() / f"{self.name}.json"

    @property
    def next_trial(self) -> int | None:
        """Number of the first trial without a decision; None when all are decided."""
        for number, trial in enumerate(self.trials):
            if trial.picked is None:
                return number
        return None

    def decide(self, number: int, picked: Side | None) -> BlindSession:
        """Save and return the session with a decision made, changed or (None) taken back."""
        trials = list(self.trials)
        trials[number] = replace(trials[number], picked=picked)
        session = replace(self, trials=tuple(trials))
        save_session(session)
        return session

    def tally(self) -> Tally:
        """Count what was decided so far."""
        wins = tuple(sum(trial.winner == system for trial in self.trials) for system in (0, 1))
        first, second = wins
        ties = sum(trial.picked == "tie" for trial in self.trials)
        left = sum(trial.picked is None for trial in self.trials)
        share = binomial_interval(second, first + second)
        return Tally((first, second), ties, left, share, sign_test(second, first + second))


def start_session(
    titles: tuple[str, str],
    captions: Mapping[str, tuple[str, str]],
    *,
    dataset: str = "",
    split: str = "",
    seed: int | None = None,
) -> BlindSession:
    """Begin a session on the clips whose two captions differ, in random order, on random sides.

    `captions` holds the captions of both systems by clip. Raises `MetricError` when all are equal.
    """
    draws = random.Random(seed)
    different = [
        clip for clip, (one, two) in captions.items() if one.strip() and two.strip() and one != two
    ]
    if not different:
        raise MetricError("The two systems give every clip the same caption; nothing to decide.")
    draws.shuffle(different)
    # Each system is equally often on the left, so that a preference for one side favours neither.
    sides = [number % 2 for number in range(len(different))]
    draws.shuffle(sides)
    now = datetime.now(UTC)
    words = "-".join(re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:30] for title in titles)
    session = BlindSession(
        f"{now:%Y-%m-%d_%H-%M-%S-%f}_{words}",
        titles,
        dataset,
        split,
        tuple(
            Trial(clip, side, captions[clip]) for clip, side in zip(different, sides, strict=True)
        ),
        now.isoformat(timespec="seconds"),
    )
    save_session(session)
    return session


def save_session(session: BlindSession) -> None:
    """Write the session's file."""
    write_json_atomic(
        session.path,
        {
            "titles": list(session.titles),
            "dataset": session.dataset,
            "split": session.split,
            "started": session.started,
            "trials": [
                {
                    "clip": trial.clip,
                    "left": trial.left,
                    "captions": list(trial.captions),
                    "picked": trial.picked,
                }
                for trial in session.trials
            ],
        },
    )


def load_session(name: str) -> BlindSession:
    """Read a session. Raises `MetricError` when there is none that can be read."""
    path = _folder() / f"{name}.json"
    try:
        content = read_json(path)
        trials = tuple(
            Trial(
                str(item["clip"]),
                _checked(int(item["left"]), (0, 1)),
                _pair(item["captions"]),
                _checked(item["picked"], ("left", "right", "tie", None)),
            )
            for item in content["trials"]
        )
        return BlindSession(
            name,
            _pair(content["titles"]),
            str(content["dataset"]),
            str(content["split"]),
            trials,
            str(content["started"]),
        )
    except FileNotFoundError:
        raise MetricError(f"There is no blind test named {name}.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MetricError(f"{path} is not a readable blind test ({error}).") from error


def list_sessions() -> list[str]:
    """Return the names of all sessions, the newest first."""
    return sorted((path.stem for path in _folder().glob("*.json")), reverse=True)


def delete_session(name: str) -> None:
    """Forget a session."""
    (_folder() / f"{name}.json").unlink(missing_ok=True)


def _folder() -> Path:
    return paths.home() / "blind"


def _pair(texts: Sequence[object]) -> tuple[str, str]:
    one, two = texts
    return str(one), str(two)


def _checked(value: Any, allowed: tuple[Any, ...]) -> Any:
    if value not in allowed:
        raise ValueError(f"{value!r} is impossible")
    return value
