"""Evaluating a checkpoint: every clip once, figures and captions kept, nothing half-written."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import pytest

import core.evaluation.scorer as scorer
from core.config import DecodingConfig
from core.data.clips import Clip
from core.errors import CheckpointError, DatasetError
from core.evaluation import (
    QUICK_METRICS,
    STATISTICS,
    Scores,
    evaluate_checkpoint,
    evaluation_folder,
    missing_metrics,
)
from core.evaluation.captioning import _taken_over
from core.evaluation.evaluation_files import CaptionedClip, captions_csv, load_evaluation
from core.events import Evaluated, Progress, Warned
from core.files import read_json, write_text_atomic
from tests.core.tiny import Tones, save_tiny_checkpoint

SCORED = not missing_metrics()


@pytest.fixture
def unscored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the figures that need no process, which takes a second to start."""
    monkeypatch.setattr(scorer, "missing_metrics", lambda: "left out")


def evaluated(checkpoint: Path, **options: object) -> Evaluated:
    options.setdefault("metrics", QUICK_METRICS)
    events = list(evaluate_checkpoint(checkpoint, "tones", "test", **options))  # type: ignore[arg-type]
    assert all(isinstance(event, Progress) for event in events[:-1])
    last = events[-1]
    assert isinstance(last, Evaluated)
    return last


def test_all_clips_are_captioned_and_scored(checkpoint: Path, tones: Tones, home: Path) -> None:
    event = evaluated(checkpoint, baseline=True)
    folder = Path(event.folder)
    assert folder == home / "evaluation" / "untrained" / "tones-test"
    kept = read_json(folder / "scores.json")
    assert kept["scores"] == dict(event.scores)
    assert (kept["dataset"], kept["split"], kept["clips"]) == ("tones", "test", 6)
    with (folder / "captions.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["file_name"] for row in rows] == [clip.id for clip in tones.clips("test")]
    assert rows[0]["caption_1"] == "A low tone hums."
    assert all(row["caption_predicted"] for row in rows)
    assert event.scores["vocabulary"] > 0
    evaluation = load_evaluation(folder)
    assert evaluation.title == "untrained"
    assert evaluation.system.clips == tuple(row["file_name"] for row in rows)
    assert evaluation.captioned[0].references == tones.clips("test")[0].captions
    if SCORED:
        assert {"cider_d", "cider_d_shuffled", "rouge_l", "bleu_4"} <= event.scores.keys()
        mean = sum(float(row["cider_d"]) for row in rows) / len(rows)
        assert mean == pytest.approx(event.scores["cider_d"], abs=1e-5)
    else:
        assert "cider_d" in event.unavailable


@pytest.mark.usefixtures("unscored")
def test_the_same_again_with_stored_features(checkpoint: Path, tones: Tones) -> None:
    first = evaluated(checkpoint)
    second = evaluated(checkpoint)
    assert dict(first.scores) == dict(second.scores)


@pytest.mark.usefixtures("unscored")
def test_reranking_goes_by_what_the_encoder_hears(checkpoint: Path, tones: Tones) -> None:
    captions: dict[str, list[str]] = {}
    for strategy in ("beam", "rerank"):
        rules = DecodingConfig(strategy=strategy, max_tokens=8, samples=20)
        last = evaluated(checkpoint, rules=rules)
        with (Path(last.folder) / "captions.csv").open(encoding="utf-8") as stream:
            captions[strategy] = [row["caption_predicted"] for row in csv.DictReader(stream)]
    assert len(captions["rerank"]) == 6
    assert captions["rerank"] != captions["beam"]


@pytest.mark.usefixtures("unscored")
def test_only_the_first_clips(checkpoint: Path, tones: Tones, tmp_path: Path) -> None:
    event = evaluated(checkpoint, clips=2, folder=tmp_path / "out")
    assert event.clips == 2
    assert Path(event.folder) == tmp_path / "out"
    whole = evaluated(checkpoint)
    again = evaluated(checkpoint, clips=2)
    assert whole.clips == 6
    assert dict(again.scores) == dict(event.scores)


@pytest.mark.usefixtures("unscored")
def test_a_stopped_evaluation_goes_on_where_it_was(
    checkpoint: Path, tones: Tones, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.decoding import clips

    whole = evaluated(checkpoint)
    first = load_evaluation(Path(whole.folder))
    target = home / "stopped"
    events = evaluate_checkpoint(checkpoint, "tones", "test", target)
    captioned = 0
    for event in events:
        captioned += isinstance(event, Progress) and event.phase == "Captioning"
        if captioned == 4:
            break
    events.close()  # type: ignore[attr-defined]
    assert [path.name for path in target.iterdir()] == ["captions.part.jsonl"]
    with (target / "captions.part.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"clip": "torn')
    asked: list[int] = []
    caption_clips = clips.caption_clips

    def counted(model: object, data: list, count: int, *rest: object, **more: object) -> object:
        asked.append(count)
        return caption_clips(model, data, count, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(clips, "caption_clips", counted)
    event = evaluated(checkpoint, folder=target)
    assert asked == [3]
    assert dict(event.scores) == dict(whole.scores)
    captions = [item.caption for item in load_evaluation(target).captioned]
    assert captions == [item.caption for item in first.captioned]
    assert not (target / "captions.part.jsonl").exists()


def test_captions_are_taken_over_up_to_the_first_of_another_clip(tmp_path: Path) -> None:
    partial, key = tmp_path / "captions.part.jsonl", {"checkpoint": "best"}
    kept = [CaptionedClip(name, "a tone", "a tone", -0.5, ()) for name in ("a", "c", "b")]
    lines = [json.dumps(key), *(json.dumps(dataclasses.asdict(item)) for item in kept)]
    partial.write_text("\n".join(lines))
    references: dict[str, tuple[str, ...]] = {"a": (), "b": (), "c": ()}
    assert _taken_over(partial, key, references) == kept[:1]
    assert len(partial.read_text().splitlines()) == 2
    assert _taken_over(partial, {"checkpoint": "last"}, references) == []


@pytest.mark.usefixtures("unscored")
def test_captions_of_other_rules_are_not_taken_over(
    checkpoint: Path, tones: Tones, tmp_path: Path
) -> None:
    events = evaluate_checkpoint(checkpoint, "tones", "test", tmp_path)
    for event in events:
        if isinstance(event, Progress) and event.phase == "Captioning" and event.done == 3:
            break
    events.close()  # type: ignore[attr-defined]
    rules = DecodingConfig(beam_size=1, min_tokens=1, max_tokens=2)
    event = evaluated(checkpoint, folder=tmp_path, rules=rules)
    assert event.scores["words_per_caption"] <= 2


@pytest.mark.usefixtures("unscored")
def test_a_split_without_references_is_captioned_only(
    checkpoint: Path, tones: Tones, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = Tones.clips

    def bare(self: Tones, split: str) -> tuple[Clip, ...]:
        return tuple(dataclasses.replace(clip, captions=()) for clip in clips(self, split))

    monkeypatch.setattr(Tones, "clips", bare)
    events = list(evaluate_checkpoint(checkpoint, "tones", "test"))
    told = [event.message for event in events if isinstance(event, Warned)]
    assert told == [
        "tones test has no reference captions. Only figures of the captions alone are given."
    ]
    last = events[-1]
    assert isinstance(last, Evaluated)
    assert set(last.scores) == set(STATISTICS)
    assert last.unavailable["cider_d"] == "tones test has no reference captions."


@pytest.mark.usefixtures("unscored")
def test_what_is_missing_is_named(checkpoint: Path, tones: Tones, home: Path) -> None:
    with pytest.raises(DatasetError, match="tones has no split 'dev'"):
        list(evaluate_checkpoint(checkpoint, "tones", "dev"))
    with pytest.raises(DatasetError, match="no dataset named 'mars'"):
        list(evaluate_checkpoint(checkpoint, "mars", "test"))
    with pytest.raises(CheckpointError, match="no checkpoint at"):
        list(evaluate_checkpoint(home / "absent.safetensors", "tones", "test"))


@pytest.mark.usefixtures("unscored")
def test_other_encoder_weights_are_refused(
    checkpoint: Path, tones: Tones, monkeypatch: pytest.MonkeyPatch
) -> None:
    import core.models.checkpoints as checkpoints

    load = checkpoints.load_checkpoint

    def other(path: Path, device: object = "cpu") -> checkpoints.Checkpoint:
        loaded = load(path)
        info = dataclasses.replace(loaded.info, encoder_hash="0" * 64)
        return dataclasses.replace(loaded, info=info)

    monkeypatch.setattr(checkpoints, "load_checkpoint", other)
    with pytest.raises(CheckpointError, match="other weights of the encoder yamnet"):
        list(evaluate_checkpoint(checkpoint, "tones", "test"))


def test_a_runs_evaluation_stays_with_the_run(home: Path) -> None:
    run = home / "runs" / "2026_x"
    best = save_tiny_checkpoint(run / "checkpoints" / "best.safetensors")
    write_text_atomic(run / "config.json", "{}")
    assert evaluation_folder(best, "clotho", "test") == run / "evaluation" / "clotho-test"
    last = best.with_name("last.safetensors")
    assert evaluation_folder(last, "clotho", "test") == run / "evaluation" / "clotho-test-last"


def test_captions_as_a_table() -> None:
    clips = [
        CaptionedClip("a.wav", 'rain, "hard"', "rain hard", -0.5, ("rain", "a storm")),
        CaptionedClip("b.wav", "wind", "wind", -1.0, ("wind",)),
    ]
    text = captions_csv(clips, Scores({}, {"rouge_l": [0.5, 1.0], "cider_d": [1.0, 2.0]}))
    assert text.splitlines() == [
        "file_name,caption_predicted,caption_1,caption_2,log_prob,cider_d,rouge_l",
        'a.wav,"rain, ""hard""",rain,a storm,-0.500000,1.000000,0.500000',
        "b.wav,wind,wind,,-1.000000,2.000000,1.000000",
    ]
