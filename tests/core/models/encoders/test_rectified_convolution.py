"""A convolution with its ReLU: the same results in one pass, also where the weights change."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn
from torch.nn import functional

from core.models.encoders.rectified_convolution import RectifiedConvolution

SHAPES = [
    {"in_channels": 1, "out_channels": 32, "kernel_size": 3, "stride": 2, "padding": 1},
    {"in_channels": 64, "out_channels": 64, "kernel_size": 3, "padding": 1, "groups": 64},
    {"in_channels": 64, "out_channels": 128, "kernel_size": 1},
]


def usual(layer: nn.Conv2d, maps: torch.Tensor) -> torch.Tensor:
    return functional.relu(
        functional.conv2d(
            maps, layer.weight, layer.bias, layer.stride, layer.padding, groups=layer.groups
        )
    ).detach()


def agree(layer: RectifiedConvolution, maps: torch.Tensor) -> None:
    with torch.no_grad():
        torch.testing.assert_close(layer(maps), usual(layer, maps), atol=1e-5, rtol=1e-5)


@pytest.fixture(params=SHAPES)
def layer(request: pytest.FixtureRequest) -> RectifiedConvolution:
    torch.manual_seed(0)
    made = RectifiedConvolution(**request.param)
    return made.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def maps_for(layer: nn.Conv2d, patches: int = 3) -> torch.Tensor:
    maps = torch.randn(patches, layer.in_channels, 24, 16)
    return maps.contiguous(memory_format=torch.channels_last)


def test_is_the_convolution_and_the_relu(layer: RectifiedConvolution) -> None:
    for patches in (1, 3, 20):
        agree(layer, maps_for(layer, patches))


def test_learns_as_the_usual_one_does(layer: RectifiedConvolution) -> None:
    maps = maps_for(layer)
    layer(maps).square().sum().backward()
    found = layer.weight.grad
    layer.zero_grad()
    functional.relu(nn.Conv2d.forward(layer, maps)).square().sum().backward()
    torch.testing.assert_close(found, layer.weight.grad)


def test_takes_the_weights_as_they_are_now(layer: RectifiedConvolution) -> None:
    maps = maps_for(layer)
    agree(layer, maps)
    with torch.no_grad():
        layer.weight.add_(0.1)
    agree(layer, maps)
    layer.load_state_dict({name: 2 * tensor for name, tensor in layer.state_dict().items()})
    agree(layer, maps)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1)
    layer(maps).sum().backward()
    optimizer.step()
    agree(layer, maps)
    layer.weight = nn.Parameter(torch.randn_like(layer.weight))
    agree(layer, maps)


def test_a_used_layer_can_be_copied_and_stored(layer: RectifiedConvolution) -> None:
    maps = maps_for(layer)
    agree(layer, maps)
    assert list(layer.state_dict()) == ["weight", "bias"]
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        with torch.no_grad():
            other.weight.mul_(2)
        agree(other, maps)
    agree(layer, maps)


def test_several_threads_may_use_it_first(layer: RectifiedConvolution) -> None:
    maps = maps_for(layer)
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(agree, layer, maps) for _ in range(8)]:
            done.result()
