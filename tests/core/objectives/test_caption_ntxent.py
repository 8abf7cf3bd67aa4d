"""The pairs that caption contrast makes, and its schedule."""

from __future__ import annotations

import pytest
import torch
from pytorch_metric_learning.distances import CosineSimilarity, DotProductSimilarity
from pytorch_metric_learning.losses import NTXentLoss

from core.config import CaptionNTXentConfig
from core.config.objectives import Pooling, Similarity
from core.objectives.caption_ntxent import CaptionNTXent, identical_captions
from core.objectives.inputs import CaptionView, ContrastInputs
from core.objectives.pooling import pool_caption


def view(hidden: torch.Tensor, tokens: list[list[int]]) -> CaptionView:
    ids = torch.tensor(tokens)
    return CaptionView(hidden, ids != 0, ids)


class Views(ContrastInputs):
    """Views that are given instead of decoded."""

    def __init__(self, clips: list[int], first: CaptionView, second: CaptionView) -> None:
        self.numbers, self.both = torch.tensor(clips), (first, second)

    @property
    def clips(self) -> torch.Tensor:
        return self.numbers


def batch(clips: list[int], first: list[list[int]], second: list[list[int]]) -> ContrastInputs:
    generator = torch.Generator().manual_seed(3)
    views = [
        view(torch.randn(len(rows), len(rows[0]), 8, generator=generator), rows)
        for rows in (first, second)
    ]
    return Views(clips, views[0], views[1])


def test_pooling_leaves_padding_out() -> None:
    hidden = torch.arange(12.0).view(1, 4, 3)
    seen = view(hidden, [[1, 5, 0, 0]])
    assert pool_caption(seen, "mean").tolist() == [[1.5, 2.5, 3.5]]
    assert pool_caption(seen, "last").tolist() == [[3.0, 4.0, 5.0]]


def test_identical_captions_are_found_across_views_of_other_lengths() -> None:
    first = view(torch.zeros(2, 3, 4), [[1, 5, 0], [1, 6, 7]])
    second = view(torch.zeros(2, 2, 4), [[1, 5], [1, 8]])
    same = identical_captions(first, second)
    assert same.tolist() == [
        [True, False, True, False],
        [False, True, False, False],
        [True, False, True, False],
        [False, False, False, True],
    ]


def test_what_follows_the_last_word_does_not_tell_captions_apart() -> None:
    # The longest caption of a batch is cut before its end token, a shorter one is not.
    end = 2
    first = CaptionView(
        torch.zeros(1, 3, 4), torch.tensor([[True, True, False]]), torch.tensor([[1, 5, end]])
    )
    second = view(torch.zeros(1, 2, 4), [[1, 5]])
    assert identical_captions(first, second).all()


@pytest.mark.parametrize("pooling", ["mean", "last"])
@pytest.mark.parametrize("similarity", ["cosine", "dot"])
@pytest.mark.parametrize("temperature", [0.07, 1.0])
def test_the_loss_is_that_of_the_library_on_pooled_states(
    pooling: Pooling, similarity: Similarity, temperature: float
) -> None:
    clips = batch([0, 1, 2], [[1, 5, 0], [1, 6, 7], [1, 8, 0]], [[1, 9], [1, 7], [1, 0]])
    config = CaptionNTXentConfig(
        pooling=pooling, similarity=similarity, temperature=temperature, memory_bank=4
    )
    pooled = torch.cat(
        [
            torch.stack(
                [
                    row[seen][-1] if pooling == "last" else row[seen].mean(0)
                    for row, seen in zip(one.hidden, one.valid, strict=True)
                ]
            )
            for one in clips.both
        ]
    )
    distance = (
        DotProductSimilarity(normalize_embeddings=False)
        if similarity == "dot"
        else CosineSimilarity()
    )
    library = NTXentLoss(temperature=temperature, distance=distance)
    expected = library(pooled, torch.arange(3).repeat(2))
    torch.testing.assert_close(CaptionNTXent(config, 8)(clips).loss, expected)


def test_a_clip_with_one_caption_is_skipped_and_counted() -> None:
    objective = CaptionNTXent(CaptionNTXentConfig(), 8)
    clips = batch([0, 1, 2], [[1, 5], [1, 6], [1, 8]], [[1, 5], [1, 7], [1, 9]])
    output = objective(clips)
    assert float(output.figures["skipped-pairs"]) == 1
    assert float(output.loss) > 0


def test_equal_captions_of_other_clips_are_negatives_only_when_asked() -> None:
    pairs = batch([0, 1], [[1, 5], [1, 5]], [[1, 6], [1, 7]])
    ignoring = CaptionNTXent(CaptionNTXentConfig(), 8)(pairs)
    counting = CaptionNTXent(CaptionNTXentConfig(ignore_identical_captions=False), 8)(pairs)
    assert float(counting.loss) > float(ignoring.loss)


def test_the_same_clip_twice_is_never_its_own_negative() -> None:
    objective = CaptionNTXent(CaptionNTXentConfig(), 8)
    output = objective(batch([4, 4], [[1, 5], [1, 6]], [[1, 7], [1, 8]]))
    assert float(output.loss) == 0.0


def test_a_head_learns() -> None:
    objective = CaptionNTXent(CaptionNTXentConfig(projection_dim=4), 8)
    objective(batch([0, 1], [[1, 5], [1, 6]], [[1, 7], [1, 8]])).loss.backward()
    gradients = [weight.grad for weight in objective.parameters()]
    assert len(gradients) == 4
    assert any(gradient is not None and gradient.any() for gradient in gradients)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({}, [0.1] * 5),
        ({"start_epoch": 2}, [0, 0, 0.1, 0.1, 0.1]),
        ({"start_epoch": 1, "end_epoch": 3}, [0, 0.1, 0.1, 0, 0]),
        ({"start_epoch": 1, "ramp_epochs": 1}, [0, 0.05, 0.1, 0.1, 0.1]),
        ({"weight": 0.0}, [0] * 5),
    ],
)
def test_schedule(schedule: dict[str, float], expected: list[float]) -> None:
    config = CaptionNTXentConfig.model_validate(schedule)
    weights = [config.weight_in(epoch) for epoch in range(5)]
    assert weights == pytest.approx(expected)
