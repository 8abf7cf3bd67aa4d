"""ConvNeXt-Tiny as it was trained on AudioSet, for inference only.

Architecture: Liu et al., "A ConvNet for the 2020s" (2022), adapted to sound by Pellegrini et al.,
"Adapting a ConvNeXt model to audio classification on AudioSet" (2023); the names of the learnable
tensors are those of the released files. The arithmetic is arranged for speed:

- maps stay (B, time, frequency, channels) in memory throughout, so that no layer transposes;
- the two products of a block run in portions that fit the caches of a CPU, which also spares the
  four times wider hidden maps from ever existing as a whole;
- layer scale (`gamma`) is multiplied into the second product's weights.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from core.models.encoders.convnext_frontend import BANDS, HOP, LogMel

DIM = 768
CLASSES = 527

_DEPTHS = (3, 3, 9, 3)
_WIDTHS = (96, 192, 384, 768)
_EPSILON = 1e-6
_STEM_PADDING = 4  # zeros at both ends of the spectrogram's time
_STEM_STRIDE = 4
# Time is divided by 4, 2, 2 and 2; below this many spectra the last map would have no frame.
_FEWEST_SPECTRA = 4 * (8 - 1) - 2 * _STEM_PADDING + _STEM_STRIDE
MIN_SAMPLES = (_FEWEST_SPECTRA - 1) * HOP
# Values of a hidden map that are worked on at once on a CPU: 4 MB of float32.
_PORTION = 1 << 20


class ConvNeXtBlock(nn.Module):
    """x + gamma * (two linear layers of the normalised 7 x 7 depthwise convolution of x)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.empty(width))
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=_EPSILON)
        self.pwconv1 = nn.Linear(width, 4 * width)
        self.pwconv2 = nn.Linear(4 * width, width)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) maps, channels last in memory; they are changed in place and returned."""
        mixed = self.dwconv(maps)
        second = self.pwconv2.weight * self.gamma[:, None]
        bias = self.pwconv2.bias * self.gamma
        for rows in _portions(maps, self.pwconv1.out_features):
            part = self.norm(mixed[:, :, rows].permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
            part = _pointwise(part, self.pwconv1.weight, self.pwconv1.bias)
            part = torch.ops.aten.gelu_(part)
            maps[:, :, rows] += _pointwise(part, second, bias)
        return maps


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of (B, C, H, W)."""

    def __init__(self, width: int) -> None:
        super().__init__(width, eps=_EPSILON)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Normalise maps that lie channels last in memory."""
        return super().forward(maps.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    """Samples at 32 kHz to frame embeddings of 0.32 s and AudioSet tag logits.

    28,222,767 learnable values. The weights are undefined until a state is loaded.
    """

    def __init__(self) -> None:
        super().__init__()
        self.front_end = LogMel()
        self.bn0 = nn.BatchNorm2d(BANDS)
        stem = nn.Conv2d(1, _WIDTHS[0], _STEM_STRIDE, _STEM_STRIDE, padding=(_STEM_PADDING, 0))
        layers = [nn.Sequential(stem, ChannelNorm(_WIDTHS[0]))]
        for narrow, wide in pairwise(_WIDTHS):
            layers.append(nn.Sequential(ChannelNorm(narrow), nn.Conv2d(narrow, wide, 2, stride=2)))
        self.downsample_layers = nn.ModuleList(layers)
        self.stages = nn.ModuleList(
            nn.Sequential(*(ConvNeXtBlock(width) for _ in range(depth)))
            for depth, width in zip(_DEPTHS, _WIDTHS, strict=True)
        )
        self.norm = nn.LayerNorm(DIM, eps=_EPSILON)
        self.head_audioset = nn.Linear(DIM, CLASSES)

    def forward(self, samples: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, n) samples, n >= 7360, to frames (B, T, 768) and tag logits (B, 527).

        T is floor((floor(n / 320) + 5) / 4 + 1) / 8, rounded down: 31 for 10 s, 94 for 30 s.
        """
        frames = self.frame_embeddings(self.spectrogram(samples))
        return frames, self.tag_logits(frames)

    def spectrogram(self, samples: torch.Tensor) -> torch.Tensor:
        """(B, n) samples to the normalised (B, spectra, 224) that the network sees."""
        norm = self.bn0
        assert norm.running_mean is not None and norm.running_var is not None
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        shift = norm.bias - norm.running_mean * scale
        return self.front_end(samples).mul_(scale).add_(shift)

    def frame_embeddings(self, spectrogram: torch.Tensor) -> torch.Tensor:
        """(B, spectra, 224) to (B, T, 768): the mean over frequency of the last maps."""
        maps = spectrogram[:, None]
        for downsample, stage in zip(self.downsample_layers, self.stages, strict=True):
            maps = downsample(maps).contiguous(memory_format=torch.channels_last)
            maps = stage(maps)
        return maps.permute(0, 2, 3, 1).mean(2)

    def tag_logits(self, frames: torch.Tensor) -> torch.Tensor:
        """(B, T, 768) to (B, 527), from the sum of maximum and mean over time."""
        return self.head_audioset(self.norm(frames.amax(1) + frames.mean(1)))


def _pointwise(maps: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Apply a linear layer to the channels of (B, C, H, W) maps that lie channels last.

    On a CPU as a 1 x 1 convolution by oneDNN. Torch itself would choose MKL's matrix product, which
    leaves AVX-512 unused on processors of other makers (half the speed) and shares work badly.
    """
    if maps.device.type == "cpu" and torch.backends.mkldnn.is_available():
        kernel = weight[:, :, None, None]
        return torch.mkldnn_convolution(maps, kernel, bias, (0, 0), (1, 1), (1, 1), 1)
    return functional.linear(maps.permute(0, 2, 3, 1), weight, bias).permute(0, 3, 1, 2)


def _portions(maps: torch.Tensor, hidden: int) -> list[slice]:
    """Split the rows (time) of (B, C, H, W) into portions of at most `_PORTION` hidden values."""
    batch, _, height, width = maps.shape
    if maps.device.type != "cpu":
        return [slice(0, height)]
    count = -(-batch * height * width * hidden // _PORTION)
    step = -(-height // count)
    return [slice(start, start + step) for start in range(0, height, step)]
