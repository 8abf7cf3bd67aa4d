"""Run folders: made, listed and read, whatever state a crash or a user left them in."""

from __future__ import annotations

import errno
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import RunConfig, parse_config
from core.errors import RunFolderError
from core.events import (
    CheckpointSaved,
    EpochEnded,
    Event,
    Progress,
    RunEnded,
    RunStarted,
    ValidationEnded,
)
from core.runs import RunFolder, create_run, list_runs, open_run, summarize
from core.runs.folder import find_run

NOW = datetime(2026, 11, 22, 14, 5, 33)
STARTED = RunStarted(
    epochs=24,
    steps_per_epoch=8,
    device="cpu",
    parameters=10,
    vocabulary_size=5,
    train_clips=400,
    validation_clips=50,
)


def epoch(number: int) -> EpochEnded:
    return EpochEnded(epoch=number, step=8 * (number + 1), losses={"total": 1.0}, seconds=2.0)


def write(run: RunFolder, *events: Event) -> None:
    for number, event in enumerate(events):
        run.events.append(event, 1000.0 + number)


def make(parent: Path, **values: Any) -> RunFolder:
    return create_run(parse_config(values), parent, NOW)


def test_a_run_is_named_by_time_and_purpose(tmp_path: Path) -> None:
    run = make(tmp_path, name="CE + CL, α=0.1")
    assert run.name == "2026-11-22_14-05-33_ce-+-cl-α-0-1"
    assert run.title() == "CE + CL, α=0.1"
    assert run.config().name == "CE + CL, α=0.1"
    assert run.checkpoints.is_dir()
    assert make(tmp_path, preset="starter-ce").name.endswith("_starter-ce")
    assert make(tmp_path).name.endswith("_run")


def test_runs_of_the_same_second_do_not_meet(tmp_path: Path) -> None:
    names = {make(tmp_path, name="x").name for _ in range(4)}
    assert len(names) == 4


@pytest.mark.parametrize("name", ["../../escape", "/etc", "..", "a/b\\c", "\n", "日本"])
def test_a_name_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    assert make(tmp_path, name=name).path.parent == tmp_path


def test_renaming_keeps_the_folder(tmp_path: Path) -> None:
    run = make(tmp_path)
    run.rename("Best so far")
    assert (run.title(), open_run(run.path).title()) == ("Best so far", "Best so far")
    run.rename("")
    assert run.title() == "run · 22 Nov 14:05:33"


@pytest.mark.parametrize("label", ["", "{", "[]", '{"title": null}', '{"title": 3}', "\x00"])
def test_a_broken_label_falls_back_to_the_folder(tmp_path: Path, label: str) -> None:
    run = make(tmp_path)
    (run.path / "label.json").write_text(label)
    assert run.title() == "run · 22 Nov 14:05:33"


@pytest.mark.parametrize(
    ("folder", "title"),
    [
        ("2026-11-22_22-38-06_starter-ce+cl", "starter-ce+cl · 22 Nov 22:38:06"),
        ("2026-11-22_22-38-06_a_b-2", "a_b-2 · 22 Nov 22:38:06"),
        ("2026-13-22_22-38-06_starter-ce", "2026-13-22_22-38-06_starter-ce"),
        ("2026-11-22_22-38-06_", "2026-11-22_22-38-06_"),
        ("best_of_all", "best_of_all"),
    ],
)
def test_a_run_without_a_name_is_called_by_purpose_and_day(folder: str, title: str) -> None:
    assert RunFolder(Path("runs") / folder).title() == title


def test_finding_by_name_and_by_path(home: Path) -> None:
    run = create_run(RunConfig())
    assert run.path.parent == home / "runs"
    assert find_run(run.name) == run
    assert find_run(str(run.path)) == run
    with pytest.raises(RunFolderError, match=r"no run named nothing.*aac-studio runs"):
        find_run("nothing")
    with pytest.raises(RunFolderError, match=r"config\.json is missing"):
        find_run(str(home))
    with pytest.raises(RunFolderError, match="no such folder"):
        open_run(home / "absent")


def test_states_of_a_run(tmp_path: Path) -> None:
    run = make(tmp_path)
    assert summarize(run).state == "not started"
    write(run, STARTED)
    assert summarize(run).state == "interrupted"
    write(run, RunEnded(reason="stopped"))
    assert summarize(run).state == "stopped"
    write(run, STARTED)
    assert summarize(run).state == "interrupted"
    write(run, RunEnded(reason="failed", message="The disk is full."))
    assert (summarize(run).state, summarize(run).problem) == ("failed", "The disk is full.")
    write(run, STARTED, RunEnded(reason="finished"))
    assert (summarize(run).state, summarize(run).problem) == ("finished", "")


def test_a_summary_shows_progress_and_the_best_value(tmp_path: Path) -> None:
    run = make(tmp_path, name="Mine", training={"epochs": 24})
    write(
        run,
        STARTED,
        epoch(0),
        ValidationEnded(epoch=0, step=8, losses={"ce": 4.0}, metrics={"cider_d": 0.1}),
        CheckpointSaved(epoch=0, step=8, kind="best", path="x", monitor="loss", value=4.0),
        epoch(1),
        ValidationEnded(epoch=1, step=16, losses={"ce": 5.0}, metrics={"cider_d": 0.2}),
        CheckpointSaved(epoch=1, step=16, kind="last", path="y"),
    )
    summary = summarize(run)
    assert (summary.title, summary.epochs, summary.epoch, summary.step) == ("Mine", 24, 2, 16)
    assert (summary.best, summary.monitor) == (4.0, "loss")
    assert summary.metrics == {"ce": 5.0, "cider_d": 0.2}
    assert (summary.started, summary.updated) == (1000.0, 1006.0)


def test_the_newest_run_comes_first(tmp_path: Path) -> None:
    for day in (3, 1, 2):
        create_run(RunConfig(), tmp_path, datetime(2026, 1, day))
    days = [summary.run.name[8:10] for summary in list_runs(tmp_path)]
    assert days == ["03", "02", "01"]


def test_broken_folders_are_listed_with_their_problem(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a file").write_text("x")
    broken = make(tmp_path, name="broken")
    broken.config_file.write_text("{")
    wrong = make(tmp_path, name="wrong")
    wrong.config_file.write_text('{"seed": -1}')
    folder = make(tmp_path, name="folder")
    (folder.path / "events.jsonl").mkdir()
    binary = make(tmp_path, name="binary")
    (binary.path / "events.jsonl").write_bytes(os.urandom(5000))
    fine = make(tmp_path, name="fine")
    found = {summary.run.name: summary for summary in list_runs(tmp_path)}
    assert len(found) == 6
    for run in ("empty", broken.name, wrong.name, folder.name):
        assert found[run].state == "unreadable", run
        assert found[run].problem.endswith("."), run
    assert "seed" in found[wrong.name].problem
    assert found[binary.name].state == found[fine.name].state == "not started"


def test_no_runs_folder_is_no_runs(tmp_path: Path) -> None:
    assert list(list_runs(tmp_path / "absent")) == []


VALUE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
RECORD = st.fixed_dictionaries(
    {
        "event": st.sampled_from(["RunStarted", "EpochEnded", "ValidationEnded", "RunEnded"]),
        "time": VALUE,
    },
    optional={
        name: VALUE | st.dictionaries(st.text(max_size=3), VALUE, max_size=2)
        for name in ("epoch", "step", "losses", "metrics", "reason", "seconds", "epochs")
    },
)


@given(st.lists(RECORD | VALUE, max_size=6))
def test_a_summary_never_raises(records: list[Any]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        run = make(Path(folder))
        lines = [json.dumps(record) for record in records]
        (run.path / "events.jsonl").write_text("\n".join(lines))
        assert summarize(run).state


def test_passing_events_are_not_kept_by_a_summary(tmp_path: Path) -> None:
    run = make(tmp_path)
    write(run, STARTED, Progress(phase="Validating", done=1))
    assert summarize(run).updated == 1001.0


def test_a_disk_that_refuses_leaves_no_half_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("core.files._put", refuse)
    with pytest.raises(RunFolderError, match=r"cannot be written \(No space left on device\)"):
        create_run(RunConfig(), tmp_path)
    assert list(tmp_path.iterdir()) == []
