"""The evaluation of several checkpoints is one way, from its beginning to its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.job_progress import JobProgress
from app.pages.compare.evaluating import SystemEvaluated, evaluate_systems
from app.pages.compare.kept_captions import Source
from app.pages.compare.work import SystemFailed, SystemId
from core.errors import MetricError
from core.events import Event, Progress


def evaluated(path: Path, *_: object, **__: object) -> Iterator[Event]:
    yield Progress(phase="Loading the checkpoint", done=0)
    if path.name == "broken":
        raise MetricError("broken cannot be read.")
    for done in (1, 2, 3, 4):
        yield Progress(phase="Captioning", done=done, total=4)
    for message in ("METEOR", "CIDEr-D"):
        yield Progress(phase="Scoring", done=0, message=message)


def test_the_bar_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.evaluation.evaluate.evaluate_checkpoint", evaluated)
    systems = [SystemId(Path(name)) for name in ("one", "broken", "two")]
    events = list(evaluate_systems(systems, Source("clotho", "evaluation")))
    progress, shares, texts = JobProgress(), [], []
    for event in events:
        progress.update(event)
        if isinstance(event, Progress):
            shares.append(progress.fraction)
            texts.append(progress.text)
    known = [share for share in shares if share is not None]
    assert len(known) == len(shares) and known == sorted(known)
    assert known[0] == 0 and 0.9 < known[-1] < 1
    assert texts[2:6:3] == ["1 of 3: captioning 2 of 4", "1 of 3: scoring METEOR"]
    ends = [event for event in events if not isinstance(event, Progress)]
    assert [type(event) for event in ends] == [SystemEvaluated, SystemFailed, SystemEvaluated]
