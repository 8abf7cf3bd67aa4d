"""The table of clips: order, filters, cells."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest
from PySide6.QtCore import Qt

from app.pages.compare.export import results_csv
from app.pages.compare.results import CELL_ROLE, GAIN_ROLE, ResultsModel
from app.pages.compare.rows import ResultRow
from app.pages.compare.scoring import SystemsScored, scorable, score_systems
from app.pages.compare.sort_and_filter import GAIN, ClipFilter, Order
from app.pages.compare.work import (
    Answers,
    ClipCaptioned,
)
from tests.app.pages.compare.compared import A, B, caption, clip, told


def titles(model: ResultsModel) -> list[str]:
    return [model.index(row, 0).data() for row in range(model.rowCount())]


class TestResults:
    def model(self) -> tuple[ResultsModel, Answers]:
        model, answers = ResultsModel(), Answers()
        model.show_rows([A, B], ["ce", "cl"], [clip(1), clip(2)], answers)
        return model, answers

    def test_cells_fill_as_captions_come(self) -> None:
        model, answers = self.model()
        answers.take(ClipCaptioned(system=B, key="k2", caption=caption("a cat meows")))
        changed: list[tuple[int, int]] = []
        model.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
        model.update_rows({"k2", "not shown"}, answers)
        assert changed == [(1, 1)]
        assert model.index(1, 2).data() == "a cat meows"
        assert model.index(1, 2).data(CELL_ROLE).figure == "−0.50"
        assert model.index(1, 1).data() == ""
        assert model.captioned() == 0

    def test_filters(self) -> None:
        model, answers = self.model()
        for system, key, text in ((A, "k1", "a dog"), (B, "k1", "a dog"), (A, "k2", "a dog")):
            answers.take(ClipCaptioned(system=system, key=key, caption=caption(text)))
        answers.take(ClipCaptioned(system=B, key="k2", caption=caption("a cat")))
        model.update_rows({"k1", "k2"}, answers)
        model.filter = ClipFilter(differing=True)
        model.rearrange()
        assert titles(model) == ["clip 2"]
        model.filter = ClipFilter(words=("dog", "1"))
        model.rearrange()
        assert titles(model) == ["clip 1"]

    def scored_model(self) -> ResultsModel:
        """Three clips; B gains 0.5, loses 0.2 and is not known on the last."""
        model, answers = ResultsModel(), Answers()
        clips = [dataclasses.replace(clip(n), tags=("dog",) if n > 1 else ()) for n in (1, 2, 3)]
        for one, text in zip(clips, ("a dog", "a cat barks", "a dog"), strict=True):
            answers.put(A, one.key, told("a dog"))
            answers.put(B, one.key, told(text))
        model.show_rows([A, B], ["ce", "cl"], clips, answers)
        model.metric = "cider_d"
        scores = {
            0: {"cider_d": {"k1": 0.1, "k2": 0.9, "k3": 0.4}},
            1: {"cider_d": {"k1": 0.6, "k2": 0.7}},
        }
        model.set_scores(scores)
        return model

    def test_sorting(self) -> None:
        model = self.scored_model()
        model.order = Order("gain", descending=True)
        model.rearrange()
        assert titles(model) == ["clip 1", "clip 2", "clip 3"]
        # What has no figure stands last in both directions.
        model.sort(3)
        assert titles(model) == ["clip 2", "clip 1", "clip 3"]
        model.sort(1, Qt.SortOrder.DescendingOrder)
        assert titles(model) == ["clip 2", "clip 3", "clip 1"]
        model.order = Order("disagreement", descending=True)
        model.rearrange()
        assert titles(model)[0] == "clip 2"
        model.sort(0, Qt.SortOrder.DescendingOrder)
        assert titles(model) == ["clip 3", "clip 2", "clip 1"]
        model.sort(-1)
        assert titles(model) == ["clip 1", "clip 2", "clip 3"]

    def test_filters_by_tag_and_figure(self) -> None:
        model = self.scored_model()
        model.filter = ClipFilter(tag="dog")
        model.rearrange()
        assert titles(model) == ["clip 2", "clip 3"]
        model.filter = ClipFilter(figure_of=GAIN, low=0.1)
        model.rearrange()
        assert titles(model) == ["clip 1"]
        model.filter = ClipFilter(figure_of=0, high=0.5)
        model.rearrange()
        assert titles(model) == ["clip 1", "clip 3"]
        assert model.place_of("k3") == 1
        assert model.place_of("k2") is None

    def test_bars_and_gains(self) -> None:
        model = self.scored_model()
        first = model.index(0, 1).data(CELL_ROLE)
        assert (first.figure, first.share) == ("0.10", pytest.approx(0.1 / 0.9))
        gain = model.index(1, 3).data(GAIN_ROLE)
        assert gain.text == "−0.20"
        assert gain.share == pytest.approx(-0.4)
        assert model.index(2, 3).data(GAIN_ROLE) is None
        assert model.headerData(3, Qt.Orientation.Horizontal) == "B − A"

    def test_only_whole_rows_with_references_are_scored(self) -> None:
        whole = ResultRow(clip(1), [told("x"), told("y")], ["", ""])
        half = ResultRow(clip(2), [told("x"), None], ["", ""])
        bare = ResultRow(clip(3, references=()), [told("x"), told("y")], ["", ""])
        scored = scorable([whole, half, bare])
        assert scored.keys == ("k1",)
        assert scored.captions == (("x",), ("y",))
        assert scored.has_references
        assert not scorable([ResultRow(clip(4), [], [])]).keys

    def test_a_system_without_captions_does_not_hold_up_the_others(self) -> None:
        rows = [ResultRow(clip(n), [told("x"), None, told("z")], ["", "no", ""]) for n in (1, 2)]
        scored = scorable(rows)
        assert scored.numbers == (0, 2)
        assert scored.captions == (("x", "x"), ("z", "z"))

    def test_without_references_the_captions_alone_are_counted(self) -> None:
        rows = [ResultRow(clip(n, ()), [told("a dog"), told("rain")], ["", ""]) for n in (1, 2)]
        work = scorable(rows)
        assert not work.has_references
        events = list(score_systems(work, [A, B], ["ce", "cl"], {}))
        found = events[-1]
        assert isinstance(found, SystemsScored)
        assert found.comparison is None and found.complete
        assert [one.corpus["vocabulary"] for one in found.scores] == [2.0, 1.0]

    def test_csv_can_be_read_back(self) -> None:
        rows = [
            ResultRow(clip(1, ("one, two", "three")), [told('say "hi"'), None], ["", "bad"]),
            ResultRow(clip(2, ()), [told("x"), told("y", None)], ["", ""]),
        ]
        scores = {0: {"cider_d": {"k1": 1.5}}}
        table = list(csv.DictReader(io.StringIO(results_csv(["ce", "cl"], rows, scores))))
        assert table[0]["reference_1"] == "one, two"
        assert table[0]["caption A (ce)"] == 'say "hi"'
        assert table[0]["cider_d A"] == "1.5000"
        assert table[0]["caption B (cl)"] == ""
        assert table[1]["log_prob A"] == "-0.5000"
        assert table[1]["log_prob B"] == ""
