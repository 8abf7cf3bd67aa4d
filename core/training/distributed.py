"""Several processes that train one model: `torchrun --nproc-per-node 2 -m core.cli train ...`.

Every process holds the whole model and the whole dataset and makes the same steps. Each works on a
part of every micro-batch, contrastive terms compare the gathered embeddings of all parts, and the
gradients are summed once per step. The parts are weighted by their tokens and clips, so a step is
the one that a single process would make. Rank 0 alone validates, writes the run folder and takes
requests; before every step it tells the others whether to continue.
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
from core.objectives.inputs import NO_PEERS, Peers
from core.training.batch_parts import MicroBatch, Part, cut

# A pause or a long validation of the first process is no failure of the others.
_PATIENCE = timedelta(days=7)


class WorkerGroup:
    """The processes of one training run, seen from one of them."""

    def __init__(self, rank: int, size: int, local_rank: int) -> None:
        self.rank, self.size, self.local_rank = rank, size, local_rank

    @property
    def is_main(self) -> bool:
        """Whether this is rank 0, which validates, writes and yields events."""
        return self.rank == 0

    def device(self, wanted: str) -> str:
        """Return this process's device; "auto" and "cuda" give each process a GPU of its own.

        Raises `ConfigError` when there are too few GPUs, or `wanted` names a single one.
        """
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

    def part(self, data: CaptionedClips, micro_batch: MicroBatch) -> Part:
        """Return this process's part of a micro-batch.

        A micro-batch of fewer clips than processes is processed whole by each of them.
        """
        count = len(micro_batch.clips)
        if count < self.size:
            share = 1 / self.size
            return Part(slice(0, count), 0, token_share=share, clip_share=share, peers=_Copies())
        own = cut(data, micro_batch, self.size)[self.rank]
        peers = _Gathering(own.rows)
        # Every process computes the contrast of all clips, so each counts 1 / processes.
        return Part(own.rows, self.rank, own.token_share, 1 / self.size, peers)

    def share_of(self, terms: dict[str, Tensor], part: Part) -> dict[str, Tensor]:
        """Return a part's terms, scalars by name, weighted so that the parts sum to the whole."""
        shares = {"total": 1.0, "ce": part.token_share}
        # Gradient norms and the figures of contrast are already those of all parts together.
        return {name: value * shares.get(name, 1 / self.size) for name, value in terms.items()}

    def sum_over_all(self, values: Tensor) -> None:
        """Sum a tensor (...) over the processes, in place."""
        dist.all_reduce(values)

    def sum_gradients(self, parameters: Sequence[Parameter]) -> None:
        """Sum the gradients over the processes, in one all-reduce."""
        present = [weight.grad for weight in parameters if weight.grad is not None]
        if not present:
            return
        flat = torch.cat([gradient.flatten() for gradient in present])
        dist.all_reduce(flat)
        for gradient, summed in zip(
            present, flat.split([item.numel() for item in present]), strict=True
        ):
            gradient.copy_(summed.view_as(gradient))

    def announce_step(self) -> bool:
        """Announce another step (rank 0), or wait to be told whether there is one."""
        return self._announce(go=True)

    def announce_end(self) -> None:
        """Announce that there is no further step (rank 0), or wait to be told."""
        self._announce(go=False)

    def _announce(self, go: bool) -> bool:
        word = torch.tensor(int(go))
        dist.broadcast(word, src=0)
        return bool(word)

    def broadcast(self, value: Any) -> Any:
        """Broadcast rank 0's value; return it in every process."""
        box = [value]
        dist.broadcast_object_list(box, src=0)
        return box[0]


class _Copies(Peers):
    """Every process holds all clips of the micro-batch, so there is nothing to gather."""

    def gradient_norm(self, gradients: Sequence[Tensor | None], share: float) -> Tensor:
        return NO_PEERS.gradient_norm(gradients, share)


class _Gathering(Peers):
    """Every process holds different clips, this one those of `rows` of the micro-batch."""

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

    def local(self, values: Tensor) -> Tensor:
        return values[self.rows]

    def gradient_norm(self, gradients: Sequence[Tensor | None], share: float) -> Tensor:
        present = [gradient.flatten() for gradient in gradients if gradient is not None]
        flat = torch.cat(present) * share
        dist.all_reduce(flat)
        return flat.norm()


class _Gather(torch.autograd.Function):
    """Differentiable all-gather of rows; each process gets the gradients of its own rows."""

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


def join_workers() -> WorkerGroup | None:
    """Join the processes that torchrun started together; None where it started only this one."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size < 2:
        return None
    if not dist.is_initialized():
        # Its functions bind the current group as a default argument and keep it alive. Imported
        # later, by torch's optimisers, it kept gloo's threads running until Python exited, which
        # then sometimes aborted.
        importlib.import_module("torch.distributed.nn.functional")
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        dist.init_process_group(backend, timeout=_PATIENCE)
    return WorkerGroup(dist.get_rank(), size, int(os.environ.get("LOCAL_RANK", "0")))


def leave_workers() -> None:
    """Leave the process group, if there is one."""
    if dist.is_initialized():
        dist.destroy_process_group()
