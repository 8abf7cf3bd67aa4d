from __future__ import annotations

import numpy as np

from app.curves.charts import CHARTS, columns_of, figure_chart, other_figures
from app.curves.export import curves_csv
from app.runs.history import RunHistory, Table
from core.events import (
    Event,
    Paused,
    RunEnded,
    RunStarted,
    StepLogged,
    ValidationEnded,
    ValidationScored,
)
from core.runs.event_columns import digest

CHART = {chart.key: chart for chart in CHARTS}


def started(step: int = 0, epoch: int = 0) -> RunStarted:
    return RunStarted(
        epochs=4,
        steps_per_epoch=10,
        device="cpu",
        parameters=1,
        vocabulary_size=1,
        train_clips=1,
        validation_clips=1,
        epoch=epoch,
        step=step,
    )


def stepped(step: int, value: float = 1.0, contrast: bool = False) -> StepLogged:
    losses = {"ce": value, "total": value}
    if contrast:
        losses |= {"caption-ntxent": 2.0, "caption-ntxent/positive-similarity": 0.5}
    return StepLogged(
        epoch=(step - 1) // 10,
        step=step,
        losses=losses,
        learning_rate=0.1,
        gradient_norm=1.0,
        examples_per_second=5.0,
    )


def history_of(events: list[tuple[float, Event]], portion: int = 1000) -> RunHistory:
    history = RunHistory()
    for start in range(0, len(events), portion):
        history.take(digest(events[start : start + portion]))
    return history


def test_steps_become_columns_whatever_the_portions() -> None:
    events: list[tuple[float, Event]] = [(100.0, started())]
    events += [(100.0 + step, stepped(step, 5.0 / step)) for step in range(1, 31)]
    for portion in (1, 7, 1000):
        history = history_of(events, portion)
        assert history.steps.column("step").tolist() == list(range(1, 31))
        assert history.steps.column("ce").tolist() == [5.0 / step for step in range(1, 31)]
        assert history.steps.column("elapsed").tolist() == [float(s) for s in range(1, 31)]
        assert history.steps.column("epoch")[-1] == 3.0
        assert history.elapsed == 30.0


def test_a_resumed_run_never_zigzags() -> None:
    events: list[tuple[float, Event]] = [(0.0, started())]
    events += [(float(step), stepped(step, 3.0)) for step in range(1, 26)]
    validation = ValidationEnded(epoch=1, step=20, losses={"ce": 2.5})
    events.insert(21, (20.5, validation))
    events.append((1000.0, started(step=20, epoch=2)))
    events += [(1000.0 + step - 20, stepped(step, 1.0)) for step in range(21, 31)]
    history = history_of(events, 6)
    steps = history.steps.column("step")
    assert steps.tolist() == list(range(1, 31))
    assert np.all(np.diff(history.steps.column("elapsed")) > 0)
    assert history.steps.column("elapsed")[-1] == 30.0
    assert history.steps.column("ce")[20:].tolist() == [1.0] * 10
    assert history.validations.length == 1
    assert history.resumed_at == [20]


def test_a_validation_that_the_resumption_repeats_is_dropped() -> None:
    events: list[tuple[float, Event]] = [(0.0, started()), (1.0, stepped(20))]
    events.append((2.0, ValidationEnded(epoch=1, step=20, losses={"ce": 2.5})))
    events.append((9.0, started(step=10, epoch=1)))
    history = history_of(events)
    assert history.validations.length == 0
    assert history.last_validation is None
    assert history.steps.length == 0


def test_the_contrast_chart_finds_the_term_and_not_its_figures() -> None:
    plain = history_of([(0.0, started()), (1.0, stepped(1))])
    both = history_of([(0.0, started()), (1.0, stepped(1)), (2.0, stepped(2, contrast=True))])
    assert columns_of(CHART["contrast"], plain) == []
    assert columns_of(CHART["contrast"], both) == ["caption-ntxent"]
    assert columns_of(CHART["positive-similarity"], both) == [
        "caption-ntxent/positive-similarity",
        "caption-ntxent/negative-similarity",
    ]
    assert np.isnan(both.steps.column("caption-ntxent")).tolist() == [True, False]


def test_figures_without_a_chart_are_listed() -> None:
    history = history_of([(0.0, started()), (1.0, stepped(1, contrast=True))])
    history.validations.extend({"caption-ntxent/alignment": np.array([0.5])})
    assert other_figures([history]) == ["caption-ntxent/alignment"]
    assert figure_chart("caption-ntxent/alignment").label == "Alignment"


def test_the_end_is_known_and_taken_back_by_a_resumption() -> None:
    history = history_of([(0.0, started()), (1.0, RunEnded(reason="stopped"))])
    assert history.ended is not None
    history.take(digest([(2.0, started())]))
    assert history.ended is None


def test_tables_grow_and_shrink() -> None:
    table = Table()
    for start in range(0, 3000, 100):
        table.extend({"a": np.arange(start, start + 100.0)})
    table.extend({"b": np.array([1.0])})
    assert table.length == 3001
    assert table.column("a")[2999] == 2999 and np.isnan(table.column("a")[3000])
    assert np.isnan(table.column("b")[0]) and table.column("b")[3000] == 1.0
    table.truncate(2)
    table.extend({"b": np.array([7.0])})
    assert table.column("a")[:2].tolist() == [0.0, 1.0] and np.isnan(table.column("a")[2])


def test_values_go_out_as_csv() -> None:
    history = history_of([(0.0, started()), (1.5, stepped(1, 2.5))])
    lines = curves_csv([("my, run", history)]).splitlines()
    assert lines[0].startswith("run,split,step,epoch,elapsed,ce,")
    assert lines[1].startswith('"my, run",training,1,0.1,1.5,2.5,')


def test_a_pause_is_no_time_of_training() -> None:
    events: list[tuple[float, Event]] = [(0.0, started()), (1.0, stepped(1)), (2.0, stepped(2))]
    events += [(62.0, Paused(seconds=60.0)), (63.0, stepped(3)), (64.0, stepped(4))]
    history = history_of(events)
    assert history.steps.column("elapsed").tolist() == [1.0, 2.0, 3.0, 4.0]
    assert history.elapsed == 4.0
    assert any("pause of 60 s" in line for line in history.log)


def test_scores_that_come_later_complete_their_validation() -> None:
    first = ValidationEnded(epoch=0, step=2, losses={"ce": 3.0})
    scored = ValidationScored(epoch=0, step=2, metrics={"cider_d": 0.25})
    second = ValidationEnded(epoch=1, step=4, losses={"ce": 2.0})
    events: list[tuple[float, Event]] = [(0.0, started()), (1.0, first), (9.0, scored)]
    history = history_of([*events, (10.0, second)])
    table = history.validations
    np.testing.assert_array_equal(table.column("cider_d"), [0.25, np.nan])
    np.testing.assert_array_equal(table.column("elapsed"), [1.0, 10.0])
    assert history.last_validation == second
    assert history.scores == {"cider_d": 0.25}
