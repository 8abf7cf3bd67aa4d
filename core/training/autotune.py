"""The largest batch that fits into a GPU's memory, for the same clips in each optimiser step.

Batches of the configured size are joined: `factor` of them make one, and accordingly fewer are
accumulated. The cross-entropy of a joined batch is a mean over all its tokens, mixup finds partners
in all of it, and contrast has more negatives; so the run is equivalent in size, but not identical.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from core.config import RunConfig
from core.data.batches import CaptionedClips
from core.events import Event, Noted
from core.training.batch_parts import MicroBatch
from core.training.device_failures import free_memory, is_out_of_memory
from core.training.losses import Losses
from core.training.state import Position
from core.wording import count_text

# Fragments of freed memory, and what other programs may ask for.
HEADROOM = 0.1


def largest_factor(accumulate: int, fits: Callable[[int], bool]) -> int:
    """Return the largest divisor of `accumulate` up to which every divisor `fits`."""
    best = 1
    for factor in range(2, accumulate + 1):
        if accumulate % factor == 0:
            if not fits(factor):
                break
            best = factor
    return best


def join_batches(
    config: RunConfig,
    losses: Losses,
    data: CaptionedClips,
    position: Position,
    device: torch.device,
    alone: bool,
) -> Event:
    """Join as many batches as memory allows; set `position.joined` and return a note about it."""
    settings = config.training
    if device.type != "cuda" or not alone:
        size = count_text(settings.batch_size, "clip")
        text = f"Batches stay at {size}: their size is only tuned on a single CUDA GPU."
        return Noted(message=text)
    position.joined = fit_batch(config, losses, data, device)
    return Noted(
        message=f"Batches of {settings.batch_size * position.joined} clips fit into the memory of "
        f"{device}; each step is made from {settings.accumulate // position.joined} of them."
    )


def fit_batch(config: RunConfig, losses: Losses, data: CaptionedClips, device: torch.device) -> int:
    """Return how many batches may be joined on a CUDA device, found by trying the largest ones.

    Leaves no gradients behind.
    """
    settings = config.training

    def fits(factor: int) -> bool:
        size = settings.batch_size * factor
        return size <= len(data) and _has_room(losses, data, size, device)

    return largest_factor(settings.accumulate, fits)


def _has_room(losses: Losses, data: CaptionedClips, size: int, device: torch.device) -> bool:
    """Run a batch padded to the longest clip and caption, and check what memory is left."""
    clips = data.token_lengths.amax(dim=1).argsort(descending=True)[:size]
    if len(data.cpu_frame_lengths) == len(data):
        clips[-1] = data.cpu_frame_lengths.argmax()
    captions = data.token_lengths[clips].argmax(dim=1)
    weights = [*losses.model.parameters(), *losses.heads.parameters()]
    losses.model.train()
    losses.heads.eval()  # So that this batch does not enter a memory bank.
    try:
        losses.backward(data, 0, 1, MicroBatch(clips, captions, captions))
        free, total = torch.cuda.mem_get_info(device)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return False
    finally:
        for weight in weights:
            weight.grad = None
        free_memory(device)
    moments = 2 * sum(weight.numel() * weight.element_size() for weight in weights)
    return free > moments + HEADROOM * total
