"""YAMNet's network: log-mel patches to embeddings and class logits (see `yamnet`)."""

from __future__ import annotations

import torch
from torch import nn

from core.models.encoders.rectified_convolution import RectifiedConvolution
from core.models.encoders.yamnet_weights import CLASSES

DIM = 1024
# Output channels and stride of the 13 depthwise-separable blocks after the first convolution.
_BLOCKS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *[(512, 1)] * 5,
    (1024, 2),
    (1024, 1),
)


class YamNetNetwork(nn.Module):
    """The convolutions and the classifier.

    Layers with stride 2 pad at the end only (TensorFlow's 'SAME' on even sizes). Turning input and
    kernels round makes that the ordinary padding of a torch convolution, which saves a copy of
    every map; the output is turned back.
    """

    def __init__(self) -> None:
        super().__init__()
        layers = [RectifiedConvolution(1, 32, 3, stride=2, padding=1)]
        channels = 32
        for outputs, stride in _BLOCKS:
            layers.append(
                RectifiedConvolution(channels, channels, 3, stride, padding=1, groups=channels)
            )
            layers.append(RectifiedConvolution(channels, outputs, 1))
            channels = outputs
        self.conv = nn.ModuleList(layers)
        self.classifier = nn.Linear(DIM, CLASSES)

    def load_weights(self, weights: dict[str, torch.Tensor]) -> None:
        """Take weights as `yamnet_weights.load_weights` returns them."""
        turned = {
            name: tensor.flip(2, 3) if tensor.dim() == 4 else tensor
            for name, tensor in weights.items()
        }
        self.load_state_dict(turned)

    def forward(self, log_mel: torch.Tensor) -> torch.Tensor:
        """(P, 96, 64) log-mel patches to (P, 3, 1024) frame embeddings."""
        maps = log_mel.flip(1, 2).unsqueeze(1).contiguous(memory_format=torch.channels_last)
        for layer in self.conv:
            maps = layer(maps)
        return maps.mean(3).flip(2).transpose(1, 2)

    def logits(self, log_mel: torch.Tensor) -> torch.Tensor:
        """(P, 96, 64) log-mel patches to (P, 521) class logits."""
        logits: torch.Tensor = self.classifier(self(log_mel).mean(1))
        return logits

    def parameters_from(self, block: int) -> list[nn.Parameter]:
        """Return the parameters of the blocks from number `block` (0 to 12) on, classifier last."""
        layers = [*list(self.conv)[1 + 2 * block :], self.classifier]
        return [parameter for layer in layers for parameter in layer.parameters()]
