"""Checkpoints that the baseline's own code wrote, against the captions that it gave with them.

``golden/lightning``: one epoch of the DCASE 2024 Task 6 baseline (v1.1.0) under Lightning 2.2.0
with 16 features a token and 12 a frame; most weights were then set to few values so that the file
packs well. Beams are in slot order.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from core.data.tokenizer import Tokenizer
from core.decoding.beam import beam_search
from core.decoding.rules import DecodingRules
from core.errors import CheckpointError
from core.models.checkpoint_header import read_checkpoint_info
from core.models.checkpoints import load_checkpoint
from core.models.import_reference import import_reference
from core.models.torch_files import read_torch_file

GOLDEN = Path(__file__).parents[2] / "golden" / "lightning"
TOKENIZER = GOLDEN / "tokenizer.json"


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("official") / "small.ckpt"
    path.write_bytes(lzma.decompress((GOLDEN / "small.ckpt.xz").read_bytes()))
    return path


@pytest.fixture(scope="module")
def content(official: Path) -> dict[str, Any]:
    return read_torch_file(official)


def test_captions_and_scores_are_those_of_the_baseline(official: Path, tmp_path: Path) -> None:
    target = tmp_path / "ours.safetensors"
    import_reference(official, TOKENIZER, target)
    assert_captions_of_the_baseline(target)


def assert_captions_of_the_baseline(imported: Path) -> None:
    """Hold the captions, tokens and scores of all beams to those that the baseline gave."""
    checkpoint = load_checkpoint(imported)
    expected = json.loads((GOLDEN / "captions.json").read_text())
    clips = [torch.tensor(clip) for clip in expected["frames"]]
    frames = torch.nn.utils.rnn.pad_sequence(clips, batch_first=True)
    lengths = torch.tensor([len(clip) for clip in clips])
    rules = DecodingRules.from_config(checkpoint.config.decoding, checkpoint.tokenizer)
    found = beam_search(checkpoint.model, frames, lengths, rules)
    assert len({tuple(tokens) for tokens in expected["predictions"]}) == len(clips)
    for number, best_first in enumerate(found):
        best = best_first[0]
        assert padded(best.tokens) == expected["predictions"][number]
        assert best.log_prob == pytest.approx(expected["log_probs"][number], abs=2e-6)
        text = checkpoint.tokenizer.decode(best.tokens, raw=True)
        assert text == expected["candidates"][number]
        theirs = zip(
            expected["beam_log_probs"][number], expected["beam_predictions"][number], strict=True
        )
        for beam, (score, tokens) in zip(best_first, sorted(theirs, reverse=True), strict=True):
            assert padded(beam.tokens) == tokens
            assert beam.log_prob == pytest.approx(score, abs=2e-6)


def padded(tokens: tuple[int, ...]) -> list[int]:
    return [*tokens, *[0] * (20 - len(tokens))]


def test_what_the_checkpoint_tells_is_kept(official: Path, tmp_path: Path) -> None:
    target = tmp_path / "ours.safetensors"
    info = import_reference(official, TOKENIZER, target)
    assert (info.epoch, info.step, info.encoder) == (1, 1, "convnext-tiny")
    assert info.metrics == {"loss": pytest.approx(3.6371, abs=1e-4)}
    assert info.origin == "imported from small.ckpt" and info.notes == ""
    header = read_checkpoint_info(target)
    config = header.config
    assert (header.vocabulary_size, header.audio_dim) == (52, 12)
    assert (config.model.d_model, config.model.layers, config.model.heads) == (16, 6, 8)
    assert config.model.feedforward == 2048
    assert (config.data.dataset, config.data.encoder) == ("clotho", "convnext-tiny")
    assert config.training.epochs == 7
    assert (config.optimizer.weight_decay, config.optimizer.beta2) == (2.0, 0.999)
    assert (config.decoding.beam_size, config.decoding.max_tokens) == (3, 20)
    assert config.decoding.forbid_repeated == "content_words"


def resave(content: dict[str, Any], path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Write a copy of the official checkpoint with a change."""
    copy = {**content, "state_dict": dict(content["state_dict"])}
    copy = {key: copy[key] for key in ("epoch", "global_step", "state_dict")}
    change(copy)
    torch.save(copy, path)
    return path


def test_every_hyper_parameter_is_taken_over(content: dict[str, Any], tmp_path: Path) -> None:
    theirs: dict[str, Any] = {
        "sched_num_steps": 11,
        "label_smoothing": 0.15,
        "mixup_alpha": 0.25,
        "lr": 1e-3,
        "eps": 1e-6,
        "weight_decay": 0.5,
        "betas": (0.8, 0.95),
        "beam_size": 5,
        "min_pred_size": 2,
        "max_pred_size": 17,
    }
    source = resave(
        content, tmp_path / "other.ckpt", lambda copy: copy.update(hyper_parameters=theirs)
    )
    target = tmp_path / "ours.safetensors"
    import_reference(source, TOKENIZER, target)
    config = read_checkpoint_info(target).config
    training, optimizer, decoding = config.training, config.optimizer, config.decoding
    assert (training.epochs, training.label_smoothing, training.mixup_alpha) == (11, 0.15, 0.25)
    assert (optimizer.learning_rate, optimizer.epsilon) == (1e-3, 1e-6)
    assert (optimizer.weight_decay, optimizer.beta1, optimizer.beta2) == (0.5, 0.8, 0.95)
    assert (decoding.beam_size, decoding.min_tokens, decoding.max_tokens) == (5, 2, 17)


def test_another_repetition_list_is_noted(content: dict[str, Any], tmp_path: Path) -> None:
    def change(copy: dict[str, Any]) -> None:
        mask = copy["state_dict"]["forbid_rep_mask"].clone()
        mask[4] = ~mask[4]
        copy["state_dict"]["forbid_rep_mask"] = mask

    source = resave(content, tmp_path / "changed.ckpt", change)
    info = import_reference(source, TOKENIZER, tmp_path / "ours.safetensors")
    word = Tokenizer.from_json(TOKENIZER.read_text()).words[4]
    assert word in info.notes


@pytest.mark.parametrize(("allowed", "rule"), [(True, "none"), (False, "all")])
def test_other_repetition_rules(
    content: dict[str, Any], tmp_path: Path, allowed: bool, rule: str
) -> None:
    def change(copy: dict[str, Any]) -> None:
        mask = copy["state_dict"]["forbid_rep_mask"]
        copy["state_dict"]["forbid_rep_mask"] = torch.full_like(mask, not allowed)

    source = resave(content, tmp_path / "changed.ckpt", change)
    target = tmp_path / "ours.safetensors"
    import_reference(source, TOKENIZER, target)
    assert load_checkpoint(target).config.decoding.forbid_repeated == rule


def remove(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda copy: copy["state_dict"].pop(name)


def replace(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda copy: copy["state_dict"].update({name: value})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (remove("decoder.classifier.weight"), "classifier"),
        (remove("decoder.layers.3.norm2.bias"), "norm_cross"),
        (remove("decoder.emb_layer.weight"), "embedding"),
        (replace("decoder.classifier.weight", torch.zeros(40, 16)), "classifier"),
        (replace("decoder.extra.weight", torch.zeros(2)), r"decoder\.extra\.weight"),
        (replace("decoder.classifier.bias", torch.full((52,), torch.nan)), "not finite"),
        (
            replace("decoder.classifier.bias", "text"),
            r"decoder\.classifier\.bias that is not a weight",
        ),
        (
            replace("decoder.layers.0.multihead_attn.in_proj_bias", torch.tensor(1.0)),
            "not a weight",
        ),
        (lambda copy: copy["state_dict"].update({7: torch.zeros(2)}), "7 that is not a weight"),
        (lambda copy: copy["state_dict"].clear(), "embedding"),
        (lambda copy: copy.pop("state_dict"), "no state_dict"),
    ],
)
def test_partial_checkpoints_are_refused(
    content: dict[str, Any], tmp_path: Path, change: Callable, words: str
) -> None:
    source = resave(content, tmp_path / "partial.ckpt", change)
    target = tmp_path / "ours.safetensors"
    with pytest.raises(CheckpointError, match=words) as caught:
        import_reference(source, TOKENIZER, target)
    assert str(source) in str(caught.value)
    assert str(caught.value).count("\n") == 0
    assert not target.exists()


def test_wrong_files_are_refused(official: Path, tmp_path: Path) -> None:
    target = tmp_path / "ours.safetensors"
    other = tmp_path / "tokenizer.json"
    other.write_text(Tokenizer.fit(["a dog barks"]).to_json())
    with pytest.raises(CheckpointError, match=r"has 7 tokens but .* with 52"):
        import_reference(official, other, target)
    other.write_text("{")
    with pytest.raises(CheckpointError, match="not a tokenizer"):
        import_reference(official, other, target)
    with pytest.raises(CheckpointError, match="There is no tokenizer"):
        import_reference(official, tmp_path / "missing.json", target)
    with pytest.raises(CheckpointError, match="does not exist"):
        import_reference(tmp_path / "missing.ckpt", TOKENIZER, target)
    cut = tmp_path / "cut.ckpt"
    cut.write_bytes(official.read_bytes()[:100_000])
    with pytest.raises(CheckpointError, match="cut short"):
        import_reference(cut, TOKENIZER, target)
    assert not target.exists()
