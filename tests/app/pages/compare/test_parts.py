from __future__ import annotations

import csv
import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetricsF

from app.pages.compare.arranging import GAIN, ClipFilter, Order
from app.pages.compare.caption_delegate import ELLIPSIS, marked_runs, place_words
from app.pages.compare.config_diff import compare_configs
from app.pages.compare.export import results_csv
from app.pages.compare.results import CELL_ROLE, GAIN_ROLE, ResultsModel
from app.pages.compare.rows import ResultRow
from app.pages.compare.scoring import SystemsScored, scorable, score_systems
from app.pages.compare.word_diff import Word, mark_differences
from app.pages.compare.work import (
    Answers,
    ClipCaptioned,
    ClipFailed,
    ComparedClip,
    KeepingLoader,
    Loader,
    SystemFailed,
    SystemId,
    Told,
    caption_clips,
)
from core.captions import Caption
from core.config import CaptionNTXentConfig, RunConfig, TrainingConfig
from core.errors import AudioFileError, CheckpointError
from core.events import Event, Progress
from tests.app.pages.fakes import FakeCaptioner

A, B = SystemId(Path("ce.safetensors")), SystemId(Path("contrast.safetensors"))


def clip(number: int, references: tuple[str, ...] = ("a dog barks",)) -> ComparedClip:
    samples = np.full(8, number / 100, dtype=np.float32)
    return ComparedClip(
        f"k{number}",
        f"clip {number}",
        audio=lambda: (samples, 16_000),
        heard_at=lambda rate: (samples, rate),
        references=references,
    )


def told(text: str, log_prob: float | None = -0.5) -> Told:
    return Told(text, text, log_prob)


def caption_all(answers: Answers, clips: list[ComparedClip], load: Loader) -> list[Event]:
    return list(caption_clips(answers.tasks([A, B], clips), KeepingLoader(load)))


def marked(words: list[Word]) -> list[str]:
    return [word.text for word in words if word.differs]


def caption(text: str, number: int = 0) -> Caption:
    made = FakeCaptioner(Path("x")).caption_waveform(np.zeros(2, np.float32), 1)
    return Caption(
        **{name: getattr(made, name) for name in made.__slots__ if name != "text"}, text=text
    )


class TestWordDifferences:
    def test_replaced_words_are_marked_on_both_sides(self) -> None:
        first, second = mark_differences(["a dog barks loudly", "a cat meows loudly"])
        assert marked(first) == ["dog", "barks"]
        assert marked(second) == ["cat", "meows"]

    def test_an_added_word_is_marked_where_it_stands(self) -> None:
        first, second = mark_differences(["rain falls", "heavy rain falls"])
        assert marked(first) == []
        assert marked(second) == ["heavy"]

    def test_case_does_not_count_but_stays(self) -> None:
        first, second = mark_differences(["A Dog barks", "a dog barks"])
        assert [word.text for word in first] == ["A", "Dog", "barks"]
        assert marked(first) == marked(second) == []

    def test_missing_captions_are_compared_with_nothing(self) -> None:
        assert mark_differences([None, "a dog"])[0] == []
        assert marked(mark_differences([None, "a dog"])[1]) == []
        assert marked(mark_differences(["a dog", None, "a cat"])[0]) == ["dog"]
        assert mark_differences([]) == []

    def test_others_are_compared_with_the_first(self) -> None:
        _, second, third = mark_differences(["a dog", "a cat", "a cat"])
        assert marked(second) == marked(third) == ["cat"]


class TestWork:
    def test_rows_come_whole_and_only_what_is_missing(self) -> None:
        answers = Answers()
        clips = [clip(1), clip(2)]
        answers.take(ClipCaptioned(system=A, key="k1", caption=caption("x")))
        loaded: list[Path] = []

        def load(path: Path) -> FakeCaptioner:
            loaded.append(path)
            return FakeCaptioner(path)

        events = caption_all(answers, clips, load)

        made = [(e.system, e.key) for e in events if isinstance(e, ClipCaptioned)]
        assert made == [(B, "k1"), (A, "k2"), (B, "k2")]
        assert sorted(loaded) == [A.path, B.path]
        last = events[-1]
        assert isinstance(last, Progress)
        assert (last.done, last.total) == (2, 2)

    def test_nothing_is_loaded_that_has_nothing_to_do(self) -> None:
        answers = Answers()
        answers.take(ClipCaptioned(system=A, key="k1", caption=caption("x")))
        loaded: list[Path] = []

        def load(path: Path) -> FakeCaptioner:
            loaded.append(path)
            return FakeCaptioner(path)

        caption_all(answers, [clip(1)], load)
        assert loaded == [B.path]
        assert answers.tasks([A], [clip(1)]) == []

    def test_a_bad_clip_does_not_stop_the_others(self) -> None:
        def broken(rate: int = 0) -> tuple[np.ndarray, int]:
            raise AudioFileError("bad.wav is empty.")

        bad = ComparedClip("bad", "bad.wav", audio=broken, heard_at=broken)
        clips = [bad, clip(99), clip(3)]
        answers = Answers()
        for event in caption_all(answers, clips, FakeCaptioner):
            if isinstance(event, ClipCaptioned | ClipFailed):
                answers.take(event)
        assert answers.problem(A, "bad") == answers.problem(B, "bad") == "bad.wav is empty."
        assert answers.problem(A, "k99") == "This sound cannot be captioned."
        assert answers.caption(B, "k3") is not None

    def test_each_system_hears_the_clip_at_its_own_rate(self) -> None:
        asked: list[int] = []
        heard: list[int] = []

        class At32(FakeCaptioner):
            sample_rate = 32_000

            def caption_waveform(self, samples: np.ndarray, sample_rate: int) -> Caption:
                heard.append(sample_rate)
                return super().caption_waveform(samples, sample_rate)

        class At16(At32):
            sample_rate = 16_000

        def heard_at(rate: int) -> tuple[np.ndarray, int]:
            asked.append(rate)
            return np.zeros(8, np.float32), rate

        other = SystemId(Path("other.safetensors"))
        one = dataclasses.replace(clip(1), heard_at=heard_at)
        kinds = {A.path: At32, B.path: At16, other.path: At32}
        tasks = Answers().tasks([A, B, other], [one])
        list(caption_clips(tasks, KeepingLoader(lambda path: kinds[path](path))))
        assert heard == [32_000, 16_000, 32_000]
        assert asked == [32_000, 16_000]

    def test_a_checkpoint_that_cannot_be_loaded_does_not_stop_the_others(self) -> None:
        def load(path: Path) -> FakeCaptioner:
            if path == A.path:
                raise CheckpointError("ce.safetensors is damaged.")
            return FakeCaptioner(path)

        answers = Answers()
        for event in caption_all(answers, [clip(1)], load):
            if isinstance(event, ClipCaptioned | SystemFailed):
                answers.take(event)
        assert answers.problem(A, "k1") == "ce.safetensors is damaged."
        assert answers.caption(B, "k1") is not None

    def test_tables_are_never_captioned(self) -> None:
        table = SystemId(Path("others.csv"))
        assert table.is_table
        assert [task.systems for task in Answers().tasks([A, table], [clip(1)])] == [(A,)]

    def test_beams_are_added_to_what_was_scored(self) -> None:
        answers = Answers()
        answers.put(A, "k1", told("as evaluated"))
        answers.take(ClipCaptioned(system=A, key="k1", caption=caption("made anew")))
        kept = answers.caption(A, "k1")
        assert kept is not None and kept.caption is not None
        assert kept.text == kept.hypothesis == "as evaluated"
        assert kept.caption.text == "made anew"

    def test_a_model_is_loaded_once_and_let_go(self) -> None:
        loaded: list[Path] = []

        def load(path: Path) -> FakeCaptioner:
            loaded.append(path)
            return FakeCaptioner(path)

        loader = KeepingLoader(load)
        loader(A)
        loader(A)
        assert loaded == [A.path]
        assert loader.has([A])
        loader.keep_only([B])
        assert not loader.has([A])

    def test_a_checkpoint_written_anew_is_another_system(self) -> None:
        answers = Answers()
        answers.take(ClipCaptioned(system=A, key="k1", caption=caption("x")))
        assert answers.caption(SystemId(A.path, 5.0), "k1") is None


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


class TestConfigs:
    def test_differences_are_found_and_titled(self) -> None:
        plain = RunConfig(name="one", training=TrainingConfig(epochs=10))
        contrast = RunConfig(name="two", objectives=(CaptionNTXentConfig(temperature=0.2),))
        rows = {row.path: row for row in compare_configs([plain, contrast])}
        assert "name" not in rows
        assert rows["training.epochs"].values == ("10", "400")
        assert rows["training.epochs"].title == "Epochs"
        assert rows["training.epochs"].differs
        assert not rows["optimizer.learning_rate"].differs
        temperature = rows["objectives.caption-ntxent.temperature"]
        assert temperature.values == (None, "0.2")
        assert temperature.title == "Temperature"
        assert rows["objectives"].values == ("CE", "CE + caption NT-Xent")

    def test_equal_configurations_do_not_differ(self) -> None:
        assert not any(row.differs for row in compare_configs([RunConfig(), RunConfig()]))


class TestPlacing:
    @pytest.fixture
    def metrics(self, qapp: object) -> QFontMetricsF:
        return QFontMetricsF(QFont())

    def words(self, text: str) -> list[Word]:
        return [Word(word, True) for word in text.split()]

    def test_words_wrap_and_the_rest_becomes_an_ellipsis(self, metrics: QFontMetricsF) -> None:
        width = metrics.horizontalAdvance("a dog barks in the")
        placed, line, x = place_words(
            self.words("a dog barks in the rain while thunder rolls far away"),
            metrics,
            width,
            2,
            20,
        )
        assert placed[-1].text == ELLIPSIS
        assert {word.line for word in placed} == {0, 1}
        assert all(word.x + word.width <= width + 0.01 for word in placed)
        assert line == 1
        assert x + 20 <= width + 0.01

    def test_one_line_stays_one_line(self, metrics: QFontMetricsF) -> None:
        placed, line, _ = place_words(self.words("a dog"), metrics, 500, 2, 20)
        assert [word.text for word in placed] == ["a", "dog"]
        assert line == 0

    def test_the_score_goes_to_the_next_line_where_it_does_not_fit(
        self, metrics: QFontMetricsF
    ) -> None:
        width = metrics.horizontalAdvance("a dog barks ")
        _, line, x = place_words(self.words("a dog barks"), metrics, width, 2, 60)
        assert (line, x) == (1, 0.0)

    def test_marked_neighbours_share_one_mark(self, metrics: QFontMetricsF) -> None:
        words = [Word("a", False), Word("big", True), Word("dog", True), Word("barks", False)]
        placed, _, _ = place_words(words, metrics, 500, 2, 0)
        runs = marked_runs(placed)
        assert len(runs) == 1
        assert runs[0][1] == placed[1].x
        assert runs[0][2] == placed[2].x + placed[2].width
