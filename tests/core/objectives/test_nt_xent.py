"""NT-Xent against its formula in float64 and against pytorch-metric-learning."""

from __future__ import annotations

import math

import pytest
import torch
from pytorch_metric_learning.losses import NTXentLoss, SelfSupervisedLoss
from torch.autograd import gradcheck

from core.config.objectives import Similarity
from core.objectives.nt_xent import nt_xent, pair_figures, pairwise_similarity


def similarity_matrix(embeddings: torch.Tensor, kind: Similarity) -> torch.Tensor:
    return pairwise_similarity(embeddings, embeddings, kind)


def masks(labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    same = labels[:, None] == labels[None, :]
    return same & ~torch.eye(len(labels), dtype=torch.bool), ~same


def by_the_formula(embeddings: torch.Tensor, labels: torch.Tensor, temperature: float) -> float:
    rows = [[float(value) for value in row] for row in embeddings.double()]
    unit = [[value / math.sqrt(sum(v * v for v in row)) for value in row] for row in rows]

    def s(i: int, j: int) -> float:
        return sum(a * b for a, b in zip(unit[i], unit[j], strict=True)) / temperature

    losses = []
    for i in range(len(rows)):
        negatives = sum(math.exp(s(i, n)) for n in range(len(rows)) if labels[n] != labels[i])
        positives = [p for p in range(len(rows)) if p != i and labels[p] == labels[i]]
        if negatives:
            attractions = [math.exp(s(i, p)) for p in positives]
            losses.extend(-math.log(value / (value + negatives)) for value in attractions)
    return sum(losses) / len(losses) if losses else 0.0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("temperature", [0.07, 0.5, 1.0])
@pytest.mark.parametrize("clips", [2, 3, 8])
def test_agrees_with_the_formula_and_the_library(seed: int, temperature: float, clips: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(16, 12, generator=generator, dtype=torch.float64)
    labels = torch.randint(clips, (16,), generator=generator)
    ours = nt_xent(similarity_matrix(embeddings, "cosine"), *masks(labels), temperature)
    assert float(ours) == pytest.approx(by_the_formula(embeddings, labels, temperature), rel=1e-9)
    library = NTXentLoss(temperature=temperature)(embeddings, labels)
    assert float(ours) == pytest.approx(float(library), rel=1e-6)


def test_two_views_are_simclr() -> None:
    generator = torch.Generator().manual_seed(1)
    first, second = torch.randn(2, 9, 16, generator=generator)
    labels = torch.arange(9).repeat(2)
    ours = nt_xent(similarity_matrix(torch.cat([first, second]), "cosine"), *masks(labels), 0.07)
    library = SelfSupervisedLoss(NTXentLoss(temperature=0.07))(first, second)
    assert float(ours) == pytest.approx(float(library), rel=1e-6)


def test_duplicates_cost_what_the_formula_says() -> None:
    embeddings = torch.ones(4, 3, dtype=torch.float64)
    labels = torch.tensor([0, 0, 1, 1])
    loss = nt_xent(similarity_matrix(embeddings, "cosine"), *masks(labels), 0.1)
    assert float(loss) == pytest.approx(math.log(3))


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [0, 1, 2, 3]])
def test_without_positives_or_negatives_it_is_zero(labels: list[int]) -> None:
    embeddings = torch.randn(4, 3, requires_grad=True)
    loss = nt_xent(similarity_matrix(embeddings, "cosine"), *masks(torch.tensor(labels)), 0.07)
    loss.backward()
    assert float(loss.detach()) == 0.0
    assert embeddings.grad is not None
    assert not embeddings.grad.any()


def test_an_anchor_without_negatives_has_a_finite_gradient() -> None:
    embeddings = torch.randn(6, 4, requires_grad=True)
    positive, negative = masks(torch.tensor([0, 0, 1, 1, 2, 2]))
    negative[0] = False
    nt_xent(similarity_matrix(embeddings, "cosine"), positive, negative, 0.07).backward()
    assert embeddings.grad is not None
    assert torch.isfinite(embeddings.grad).all()


def test_finite_at_a_small_temperature_in_bf16() -> None:
    embeddings = torch.randn(32, 64, dtype=torch.bfloat16, requires_grad=True)
    labels = torch.arange(16).repeat(2)
    loss = nt_xent(similarity_matrix(embeddings, "cosine"), *masks(labels), 0.01)
    loss.backward()
    assert torch.isfinite(loss)
    assert embeddings.grad is not None
    assert torch.isfinite(embeddings.grad).all()


@pytest.mark.parametrize("similarity", ["cosine", "dot"])
def test_gradient(similarity: Similarity) -> None:
    embeddings = torch.randn(6, 5, dtype=torch.float64, requires_grad=True)
    positive, negative = masks(torch.tensor([0, 1, 2, 0, 1, 2]))
    assert gradcheck(
        lambda x: nt_xent(similarity_matrix(x, similarity), positive, negative, 0.3),
        (embeddings,),
    )


def test_a_single_positive_pair_counts_in_full() -> None:
    similarity = torch.tensor([[0.2, 0.5, -0.3]], dtype=torch.float64)
    positive = torch.tensor([[True, False, False]])
    loss = nt_xent(similarity, positive, ~positive, 0.5)
    pull, push = math.exp(0.4), math.exp(1.0) + math.exp(-0.6)
    assert float(loss) == pytest.approx(-math.log(pull / (pull + push)))


def test_the_log_has_the_mean_similarity_of_each_kind_of_pair() -> None:
    similarity = torch.tensor([[1.0, 0.5, -0.2], [0.25, 1.0, 0.0]])
    positive = torch.tensor([[False, True, False], [True, False, False]])
    negative = torch.tensor([[False, False, True], [False, False, False]])
    figures = {
        name: float(value) for name, value in pair_figures(similarity, positive, negative).items()
    }
    assert figures == pytest.approx({"positive-similarity": 0.375, "negative-similarity": -0.2})
    assert float(pair_figures(similarity, positive, ~similarity.bool())["negative-similarity"]) == 0


def test_dot_with_temperature_one_is_equation_one() -> None:
    embeddings = torch.randn(4, 3, dtype=torch.float64)
    positive, negative = masks(torch.tensor([0, 1, 0, 1]))
    loss = nt_xent(similarity_matrix(embeddings, "dot"), positive, negative, 1.0)
    dots = (embeddings @ embeddings.T).exp()
    expected = [
        -torch.log(dots[i, p] / (dots[i, p] + sum(dots[i, n] for n in range(4) if n % 2 != i % 2)))
        for i, p in ((0, 2), (1, 3), (2, 0), (3, 1))
    ]
    assert float(loss) == pytest.approx(float(sum(expected)) / 4)
