"""Terms add up by their weights, and what each learns from is its own."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from core.models.caption_model import CaptionModel
from core.training.batch_parts import MicroBatch
from core.training.losses import Losses
from core.training.prepare import Prepared
from core.training.validation_losses import validation_losses
from tests.core.training.conftest import tiny_config

CLIPS = torch.tensor([3, 1, 8, 0, 7])
FIRST, SECOND = torch.tensor([0, 1, 2, 0, 1]), torch.tensor([1, 2, 0, 2, 0])
BATCH = MicroBatch(CLIPS, FIRST, SECOND)


def terms_of(data: Prepared, *names: str) -> dict[str, float]:
    # Without mixup all terms hear the clips as the cross-entropy does, with its dropout.
    config = tiny_config(
        training={"mixup_alpha": 0.0}, objectives=[{"name": name} for name in names]
    )
    torch.manual_seed(0)
    losses = Losses(config, CaptionModel(config.model, data.tokenizer.size, 12), data)
    # Heads are drawn one after the other; here each term has the same, whoever stands before it.
    for name, head in losses.heads.items():
        torch.manual_seed(len(name))
        for weight in head.parameters():
            torch.nn.init.normal_(weight, std=0.1)
    found = losses.backward(data.train, 0, 1, BATCH)
    return {name: float(value) for name, value in found.items()}


def test_a_terms_dropout_does_not_depend_on_the_terms_before_it(data: Prepared) -> None:
    alone = terms_of(data, "audio-text-ntxent")
    second = terms_of(data, "audio-text-matching", "audio-text-ntxent")
    assert second["ce"] == alone["ce"]
    assert second["audio-text-ntxent"] == alone["audio-text-ntxent"]


@pytest.mark.parametrize("count", [5, 2], ids=["whole batch", "last, shorter batch"])
def test_gradients_are_those_of_the_smoothed_cross_entropy_over_the_accumulation(
    data: Prepared, count: int
) -> None:
    config = tiny_config(
        training={"mixup_alpha": 0.0, "accumulate": 4},
        model={"dropout": 0.0, "projection_dropout": 0.0},
        # Watched only: it adds the gradient norms to the log and nothing to the gradients.
        objectives=[{"name": "caption-ntxent", "weight": 0.0}],
    )
    torch.manual_seed(0)
    losses = Losses(config, CaptionModel(config.model, data.tokenizer.size, 12), data)
    chosen = MicroBatch(CLIPS[:count], FIRST[:count], SECOND[:count])
    terms = losses.backward(data.train, 0, 0, chosen)
    found = [weight.grad for weight in losses.model.parameters()]
    batch = data.train.batch(*chosen[:2])
    logits = losses.model(batch.frames, batch.frame_lengths, batch.tokens[:, :-1])
    expected = functional.cross_entropy(
        logits.flatten(0, 1), batch.tokens[:, 1:].flatten(), ignore_index=0, label_smoothing=0.2
    )
    gradients = torch.autograd.grad(expected, list(losses.model.parameters()))
    torch.testing.assert_close(terms["ce"], expected.detach())
    torch.testing.assert_close(terms["total"], expected.detach())
    for gradient, whole in zip(found, gradients, strict=True):
        torch.testing.assert_close(gradient, whole / 4)
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
    torch.testing.assert_close(terms["ce/gradient-norm"], norm)


@pytest.mark.parametrize(
    ("training", "model", "name"),
    [
        ({"mixup_alpha": 0.4}, {"dropout": 0.0, "projection_dropout": 0.0}, "ce"),
        ({"mixup_alpha": 0.0}, {"dropout": 0.5, "projection_dropout": 0.0}, "ce"),
        (
            {"mixup_alpha": 0.0},
            {"dropout": 0.0, "projection_dropout": 0.0},
            "audio-text-matching",
        ),
    ],
    ids=["mixup", "dropout", "negatives"],
)
def test_draws_depend_on_the_epoch_and_the_batch_and_on_nothing_before(
    data: Prepared, training: dict[str, float], model: dict[str, float], name: str
) -> None:
    objectives = [{"name": name}] if name != "ce" else []
    config = tiny_config(training=training, model=model, objectives=objectives)
    torch.manual_seed(0)
    losses = Losses(config, CaptionModel(config.model, data.tokenizer.size, 12), data)

    def value(epoch: int, number: int) -> float:
        return float(losses.backward(data.train, epoch, number, BATCH)[name])

    found = {place: value(*place) for place in ((0, 1), (0, 2), (1, 1))}
    assert len(set(found.values())) == 3
    torch.manual_seed(99)
    assert {place: value(*place) for place in reversed(found)} == found


def test_the_total_of_a_validation_counts_terms_by_their_weights(data: Prepared) -> None:
    terms = [{"name": "caption-ntxent", "weight": 0.25}, {"name": "audio-text-matching"}]
    config = tiny_config(objectives=terms)
    losses = Losses(config, CaptionModel(config.model, data.tokenizer.size, 12), data)
    measuring = validation_losses(losses.model, losses.active(0), data.validation, 4)
    found: dict[str, float] = {}
    while not found:
        try:
            next(measuring)
        except StopIteration as end:
            found = end.value
    expected = found["ce"] + 0.25 * found["caption-ntxent"] + found["audio-text-matching"]
    assert found["total"] == pytest.approx(expected)
