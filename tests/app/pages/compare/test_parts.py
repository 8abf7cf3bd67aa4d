from __future__ import annotations

import csv
import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QFont, QFontMetricsF

from app.pages.compare.caption_delegate import ELLIPSIS, marked_runs, place_words
from app.pages.compare.config_diff import compare_configs
from app.pages.compare.export import results_csv
from app.pages.compare.results import CELL_ROLE, ResultRow, ResultsFilter, ResultsModel
from app.pages.compare.scoring import paired_difference, scorable
from app.pages.compare.word_diff import Word, mark_differences
from app.pages.compare.work import (
    Answers,
    ClipCaptioned,
    ClipFailed,
    ComparedClip,
    SystemId,
    caption_clips,
)
from core.captions import Caption
from core.config import CaptionNTXentConfig, RunConfig, TrainingConfig
from core.errors import AudioFileError, CheckpointError
from core.events import Progress
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

        events = list(caption_clips(answers.tasks([A, B], clips), load))

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
        list(
            caption_clips(
                answers.tasks([A, B], [clip(1)]),
                lambda path: loaded.append(path) or FakeCaptioner(path),
            )
        )
        assert loaded == [B.path]
        assert answers.tasks([A], [clip(1)]) == []

    def test_a_bad_clip_does_not_stop_the_others(self) -> None:
        def broken(rate: int = 0) -> tuple[np.ndarray, int]:
            raise AudioFileError("bad.wav is empty.")

        bad = ComparedClip("bad", "bad.wav", audio=broken, heard_at=broken)
        clips = [bad, clip(99), clip(3)]
        answers = Answers()
        for event in caption_clips(answers.tasks([A, B], clips), FakeCaptioner):
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
        list(caption_clips(tasks, lambda path: kinds[path](path)))
        assert heard == [32_000, 16_000, 32_000]
        assert asked == [32_000, 16_000]

    def test_a_checkpoint_that_cannot_be_loaded_ends_the_work(self) -> None:
        def load(path: Path) -> FakeCaptioner:
            raise CheckpointError("ce.safetensors is damaged.")

        with pytest.raises(CheckpointError, match="damaged"):
            list(caption_clips(Answers().tasks([A], [clip(1)]), load))

    def test_a_checkpoint_written_anew_is_another_system(self) -> None:
        answers = Answers()
        answers.take(ClipCaptioned(system=A, key="k1", caption=caption("x")))
        assert answers.caption(SystemId(A.path, 5.0), "k1") is None


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
        assert model.index(1, 2).data(CELL_ROLE).log_prob == -0.5
        assert model.index(1, 1).data() == ""
        assert model.captioned() == 0

    def test_filters(self) -> None:
        model, answers = self.model()
        for system, key, text in ((A, "k1", "a dog"), (B, "k1", "a dog"), (A, "k2", "a dog")):
            answers.take(ClipCaptioned(system=system, key=key, caption=caption(text)))
        answers.take(ClipCaptioned(system=B, key="k2", caption=caption("a cat")))
        model.update_rows({"k1", "k2"}, answers)
        shown = ResultsFilter()
        shown.setSourceModel(model)
        shown.set_differing(True)
        assert [shown.index(row, 0).data() for row in range(shown.rowCount())] == ["clip 2"]
        shown.set_differing(False)
        shown.set_search("DOG 1")
        assert [shown.index(row, 0).data() for row in range(shown.rowCount())] == ["clip 1"]

    def test_only_whole_rows_with_references_are_scored(self) -> None:
        whole = ResultRow(clip(1), [caption("x"), caption("y")], ["", ""])
        half = ResultRow(clip(2), [caption("x"), None], ["", ""])
        bare = ResultRow(clip(3, references=()), [caption("x"), caption("y")], ["", ""])
        nobody = ResultRow(clip(4), [], [])
        scored = scorable([whole, half, bare, nobody])
        assert [one.key for one in scored] == ["k1"]
        assert scored[0].captions == ("x", "y")

    def test_paired_difference_is_repeatable_and_contains_the_mean(self) -> None:
        first = list(np.random.default_rng(1).random(50))
        second = [value + 0.1 for value in first]
        one = paired_difference(1, second, first)
        assert one == paired_difference(1, second, first)
        assert one.mean == pytest.approx(0.1)
        assert one.low == pytest.approx(0.1)
        noisy = paired_difference(1, list(reversed(first)), first)
        assert noisy.low < noisy.mean < noisy.high

    def test_csv_can_be_read_back(self) -> None:
        rows = [
            ResultRow(clip(1, ("one, two", "three")), [caption('say "hi"'), None], ["", "bad"]),
            ResultRow(clip(2, ()), [caption("x"), caption("y")], ["", ""]),
        ]
        table = list(csv.DictReader(io.StringIO(results_csv(["ce", "cl"], rows, {"k1": {0: 1.5}}))))
        assert table[0]["reference_1"] == "one, two"
        assert table[0]["caption A (ce)"] == 'say "hi"'
        assert table[0]["cider_d A"] == "1.5000"
        assert table[0]["caption B (cl)"] == ""
        assert table[1]["log_prob B"] == "-0.5000"


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
