"""Captioning by several systems: what is missing, what is kept, what fails."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from app.pages.compare.work import (
    Answers,
    ClipCaptioned,
    ClipFailed,
    ComparedClip,
    KeepingLoader,
    SystemFailed,
    SystemId,
    caption_clips,
)
from core.captions import Caption
from core.errors import AudioFileError, CheckpointError
from core.events import Progress
from tests.app.pages.compare.compared import A, B, caption, caption_all, clip, told
from tests.app.pages.fakes import FakeCaptioner


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
