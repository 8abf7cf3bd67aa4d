"""Several processes that train one model: `torchrun --nproc-per-node 2 -m core.cli train ...`.

Every process holds the whole model and the whole data and makes the same steps. Each works on a
part of every micro-batch, contrastive terms compare the gathered embeddings of all parts, and the
gradients are summed once a step. The parts count by their words and clips, so a step is the one
that a single process would make. The first process alone validates, writes the run folder and
hears requests; it says before every step whether the others go on.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.parameter import Parameter

from core.data.batches import CaptionedClips
from core.errors import ConfigError
from core.objectives.inputs import ALONE, Company
from core.training.batch_parts import Chosen, Part, cut

# A pause or a long validation of the first process is no failure of the others.
_PATIENCE = timedelta(days=7)


class Team(Company):
    """The processes of one training, seen from one of them."""

    def __init__(self, rank: int, size: int, local_rank: int) -> None:
        self.rank, self.size, self.local_rank = rank, size, local_rank

    @property
    def leads(self) -> bool:
        """Whether this is the process that validates, writes and tells."""
        return self.rank == 0

    def device(self, wanted: str) -> str:
        """Return the device of this process where `wanted` is one for each of them."""
        if wanted in ("auto", "cuda") and torch.cuda.is_available():
            if self.local_rank >= torch.cuda.device_count():
                raise ConfigError(
                    f"There are {torch.cuda.device_count()} GPUs but more processes on this "
                    "machine; give torchrun as many as --nproc-per-node."
                )
            return f"cuda:{self.local_rank}"
        if wanted.startswith("cuda:") and self.size > 1:
            raise ConfigError(
                f"device is '{wanted}' but several processes cannot share it; choose cuda or auto."
            )
        return wanted

    def part(self, data: CaptionedClips, chosen: Chosen) -> Part:
        """Return this process's part of a micro-batch.

        A micro-batch of fewer clips than processes is worked on by all of them as a whole.
        """
        count = len(chosen[0])
        if count < self.size:
            share = 1 / self.size
            return Part(slice(0, count), 0, words=share, clips=share, company=_Copies())
        own = cut(data, chosen, self.size)[self.rank]
        company = _Gathering(own.rows)
        # Each process computes the contrast of all clips, so it counts by processes.
        return Part(own.rows, self.rank, own.words, 1 / self.size, company)

    def share_of(self, terms: dict[str, Tensor], part: Part) -> dict[str, Tensor]:
        """Return a part's terms, scalars by name, as summands of the whole's."""
        shares = {"total": 1.0, "ce": part.words}
        # A gradient norm is that of all parts together already, as the figures of contrast are.
        return {name: value * shares.get(name, 1 / self.size) for name, value in terms.items()}

    def sum_over_all(self, values: Tensor) -> None:
        """Sum what every process has, a tensor of the same shape in each, in place."""
        dist.all_reduce(values)

    def sum_gradients(self, parameters: Sequence[Parameter]) -> None:
        """Sum the gradients over the processes, all in one go."""
        present = [weight.grad for weight in parameters if weight.grad is not None]
        if not present:
            return
        flat = torch.cat([gradient.flatten() for gradient in present])
        dist.all_reduce(flat)
        for gradient, summed in zip(
            present, flat.split([item.numel() for item in present]), strict=True
        ):
            gradient.copy_(summed.view_as(gradient))

    def goes_on(self) -> bool:
        """Say, or hear from the first process, that there is another step."""
        return self._word(go=True)

    def dismiss(self) -> None:
        """Say, or hear from the first process, that there is none."""
        self._word(go=False)

    def _word(self, go: bool) -> bool:
        word = torch.tensor(int(go))
        dist.broadcast(word, src=0)
        return bool(word)

    def share(self, value: Any) -> Any:
        """Return what the first process gives here, in every process."""
        box = [value]
        dist.broadcast_object_list(box, src=0)
        return box[0]


class _Copies(Company):
    """Every process has all clips of the micro-batch."""

    def gradient_norm(self, gradients: Sequence[Tensor | None], share: float) -> Tensor:
        return ALONE.gradient_norm(gradients, share)


class _Gathering(Company):
    """Every process has other clips, `rows` of the micro-batch."""

    def __init__(self, rows: slice) -> None:
        self.rows = rows

    def gather(self, values: Tensor) -> Tensor:
        shapes = torch.tensor([values.shape[0], values.shape[1] if values.ndim > 1 else 1])
        all_shapes = [torch.zeros_like(shapes) for _ in range(dist.get_world_size())]
        dist.all_gather(all_shapes, shapes)
        counts = [int(shape[0]) for shape in all_shapes]
        width = max(int(shape[1]) for shape in all_shapes)
        if values.ndim > 1 and values.shape[1] < width:
            values = torch.nn.functional.pad(values, (0, width - values.shape[1]))
        gathered: Tensor = _Gather.apply(values, counts)
        return gathered

    def own(self, values: Tensor) -> Tensor:
        return values[self.rows]

    def gradient_norm(self, gradients: Sequence[Tensor | None], share: float) -> Tensor:
        present = [gradient.flatten() for gradient in gradients if gradient is not None]
        flat = torch.cat(present) * share
        dist.all_reduce(flat)
        return flat.norm()


class _Gather(torch.autograd.Function):
    """Rows of all processes, in their order; each gets back the gradients of its own rows."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, counts: list[int]) -> Tensor:
        rank = dist.get_rank()
        ctx.start, ctx.count = sum(counts[:rank]), counts[rank]
        padded = values.new_zeros(max(counts), *values.shape[1:])
        padded[: len(values)] = values
        gathered = [torch.empty_like(padded) for _ in counts]
        dist.all_gather(gathered, padded)
        return torch.cat([rows[:count] for rows, count in zip(gathered, counts, strict=True)])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        summed = gradient.contiguous().clone()
        dist.all_reduce(summed)
        return summed[ctx.start : ctx.start + ctx.count], None


def join_team() -> Team | None:
    """Join the processes that torchrun started together; None where it started only this one."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size < 2:
        return None
    if not dist.is_initialized():
        # Its functions take the group there is when it is loaded for their default, and hold it
        # forever. Loaded later, by torch's optimisers, it kept gloo's threads running into the
        # end of Python, which then now and then aborted.
        importlib.import_module("torch.distributed.nn.functional")
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        dist.init_process_group(backend, timeout=_PATIENCE)
    return Team(dist.get_rank(), size, int(os.environ.get("LOCAL_RANK", "0")))


def leave_team() -> None:
    """Part from the other processes, where there are any."""
    if dist.is_initialized():
        dist.destroy_process_group()
