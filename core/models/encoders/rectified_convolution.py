"""A convolution and the ReLU behind it in one pass, as fast as the processor can."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional


class RectifiedConvolution(nn.Conv2d):
    """`torch.nn.Conv2d` and ReLU, with the same parameters and the same results.

    Without gradients on a CPU it is always oneDNN's convolution; torch itself would take another
    for fewer than 16 patches and one thread, at half the speed. oneDNN keeps a copy of the weights
    in the order that it reads them in: to arrange them anew for every call would cost a short sound
    a third of its time. The copy is made where the weights have changed.
    """

    _arranged: tuple[object, torch.Tensor] | None = None

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return the rectified convolution of maps (N, C, H, W)."""
        plain = torch.is_grad_enabled() or maps.device.type != "cpu" or not _HAS_ONEDNN
        if plain or self.weight.is_inference():
            return functional.relu_(super().forward(maps))
        result: torch.Tensor = torch.ops.mkldnn._convolution_pointwise(
            maps,
            self._arranged_weights(),
            self.bias,
            self.padding,
            self.stride,
            self.dilation,
            self.groups,
            "relu",
            [],
            "",
        )
        return result

    def _arranged_weights(self) -> torch.Tensor:
        state = (self.weight.data_ptr(), self.weight._version)
        arranged = self._arranged
        if arranged is None or arranged[0] != state:
            weights = torch.ops.mkldnn._reorder_convolution_weight(
                self.weight.detach(), self.padding, self.stride, self.dilation, self.groups, None
            )
            # Replaced at once: several threads may use the network.
            arranged = self._arranged = (state, weights)
        return arranged[1]

    def __getstate__(self) -> dict[str, Any]:
        # What oneDNN arranged can neither be copied nor stored.
        return {name: value for name, value in self.__dict__.items() if name != "_arranged"}


_HAS_ONEDNN = (
    torch.backends.mkldnn.is_available()
    and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
    and hasattr(torch.ops.mkldnn, "_reorder_convolution_weight")
)
