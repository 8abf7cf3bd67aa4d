"""The quick linear layer gives what torch's own gives."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.models import linear as module
from core.models.linear import FEWEST_ROWS, Linear

needs_onednn = pytest.mark.skipif(
    not hasattr(torch.ops.mkldnn, "_linear_pointwise"), reason="torch was built without oneDNN"
)


@needs_onednn
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("inputs", "outputs"), [(24, 8), (8, 24)])
def test_results_and_gradients_are_torchs(
    monkeypatch: pytest.MonkeyPatch, inputs: int, outputs: int, bias: bool
) -> None:
    torch.manual_seed(0)
    plain = nn.Linear(inputs, outputs, bias=bias)
    quick = Linear(inputs, outputs, bias=bias)
    quick.load_state_dict(plain.state_dict())
    given = torch.randn(2, FEWEST_ROWS, inputs)
    used: list[int] = []
    product = module._product

    def counted(*tensors: torch.Tensor | None) -> torch.Tensor:
        used.append(1)
        return product(*tensors)

    monkeypatch.setattr(module, "ONEDNN_IS_FASTER", True)
    monkeypatch.setattr(module, "_product", counted)
    results = []
    for layer in (plain, quick):
        values = given.clone().requires_grad_()
        result = layer(values)
        result.square().sum().backward()
        results.append([result, values.grad, *(weight.grad for weight in layer.parameters())])
    assert len(used) == 3
    torch.testing.assert_close(results[1], results[0], rtol=1e-4, atol=1e-4)
    with torch.no_grad():
        torch.testing.assert_close(quick(given), plain(given))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_numbers_take_torchs_way(monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype) -> None:
    monkeypatch.setattr(module, "ONEDNN_IS_FASTER", True)
    monkeypatch.setattr(module, "_product", pytest.fail)
    layer = Linear(4, 3).to(dtype)
    assert layer(torch.ones(FEWEST_ROWS, 4, dtype=dtype)).dtype == dtype
    with torch.autocast("cpu", torch.bfloat16):
        assert Linear(4, 3)(torch.ones(FEWEST_ROWS, 4)).dtype == torch.bfloat16


def test_the_choice_is_the_machines() -> None:
    assert module._onednn_is_faster() is module.ONEDNN_IS_FASTER
    assert isinstance(module._processor_vendor(), str)


@needs_onednn
def test_without_gradients_sizes_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = nn.Linear(24, 8)
    quick = Linear(24, 8)
    quick.load_state_dict(plain.state_dict())
    product, sizes = module._product, set()

    def noted(rows: torch.Tensor, *more: torch.Tensor | None) -> torch.Tensor:
        sizes.add(len(rows))
        return product(rows, *more)

    monkeypatch.setattr(module, "ONEDNN_IS_FASTER", True)
    monkeypatch.setattr(module, "_product", noted)
    with torch.no_grad():
        for count in range(FEWEST_ROWS, FEWEST_ROWS + 50):
            given = torch.randn(count, 1, 24)
            torch.testing.assert_close(quick(given), plain(given))
    assert sizes == {128, 160, 192}
