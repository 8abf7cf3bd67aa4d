"""The gradients of one optimiser step, in as few parts as the memory allows."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator

import torch
from torch import Tensor, nn

from core.config import RunConfig
from core.data.batches import CaptionedClips
from core.errors import StudioError
from core.events import Event, Progress, Warned
from core.training.batch_parts import MicroBatch, combined, cut
from core.training.device_failures import free_memory, is_out_of_memory
from core.training.distributed import WorkerGroup
from core.training.losses import Losses
from core.training.state import Position
from core.training.step_figures import Figures, StepLog, mean_terms
from core.wording import count_text


class Stepper:
    """Makes the steps of a run: accumulated gradients, clipped, then the optimiser's update.

    Figures are only read from the device when the `log` is due; whether they are finite, and so
    whether the update is applied, is decided on the device. With `workers` this process works on
    its part of each micro-batch. `position.pieces` is the number of parts that a micro-batch is cut
    into since memory was too small for it.
    """

    def __init__(
        self,
        config: RunConfig,
        losses: Losses,
        optimizer: torch.optim.Optimizer,
        data: CaptionedClips,
        position: Position,
        device: torch.device,
        workers: WorkerGroup | None,
    ) -> None:
        self.config, self.losses, self.optimizer = config, losses, optimizer
        self.data, self.position, self.device, self.workers = data, position, device, workers
        self._fused = bool(optimizer.defaults["fused"])
        # Without the fused kernel each update has to wait for the device anyhow.
        self.log = StepLog(position, config.training.log_every if self._fused else 1)

    def step(
        self, epoch: int, start: int, micro_batches: list[MicroBatch], rate: float
    ) -> Iterator[Event]:
        """Make one step from the micro-batches numbered from `start`; yield what is due."""
        position = self.position
        self.log.begin()
        figures = yield from self._gradients(epoch, start, micro_batches)
        self._update(figures.bad)
        position.step += 1
        position.step_in_epoch += 1
        examples = sum(len(batch.clips) for batch in micro_batches)
        self.log.add(epoch, position.step, rate, examples, figures)
        if self.log.is_full:
            yield from self.log.report()

    def _gradients(
        self, epoch: int, start: int, micro_batches: list[MicroBatch]
    ) -> Generator[Event, None, Figures]:
        """Compute the clipped gradients of a step, in place; return its figures.

        When memory is too small, the step is repeated from smaller parts.
        """
        while True:
            # Some terms have state (a memory bank), which an abandoned step must not change.
            remembered = [
                (module, name, value)
                for module in self.losses.heads.modules()
                for name, value in module.named_buffers(recurse=False)
            ]
            self.optimizer.zero_grad(set_to_none=True)
            gathered: list[dict[str, Tensor]] = []
            try:
                for number, micro_batch in enumerate(micro_batches):
                    if number and self.workers is None and self.log.every == 1:
                        yield Progress(phase="Training", done=number, total=len(micro_batches))
                    gathered.append(self._micro_batch(epoch, start + number, micro_batch))
                names, means = mean_terms(gathered)
                if self.workers is not None:
                    self.workers.sum_gradients(self._parameters())
                    self.workers.sum_over_all(means)
                norm = self._clip_gradients().to(means)
                return Figures(names, torch.cat([means, norm[None]]))
            except BaseException as error:
                for module, name, value in remembered:
                    setattr(module, name, value)
                if not is_out_of_memory(error):
                    raise
                self._refuse_smaller_parts(micro_batches, error)
            yield from self.log.report()
            yield self._use_smaller_parts()

    def _micro_batch(self, epoch: int, number: int, micro_batch: MicroBatch) -> dict[str, Tensor]:
        data = self.data
        if self.workers is not None:
            part = self.workers.part(data, micro_batch)
            terms = self.losses.backward(data, epoch, number, micro_batch, part)
            return self.workers.share_of(terms, part)
        if self.position.pieces == 1:
            return self.losses.backward(data, epoch, number, micro_batch)
        parts = cut(data, micro_batch, self.position.pieces)
        return combined(
            [self.losses.backward(data, epoch, number, micro_batch, part) for part in parts],
            parts,
        )

    def _refuse_smaller_parts(self, micro_batches: list[MicroBatch], error: BaseException) -> None:
        if self.workers is not None:
            raise StudioError(
                f"The memory of {self.device} is too small for its share of a batch; halve "
                "training.batch_size and double training.accumulate, or use more devices."
            ) from error
        if self.position.pieces >= max(len(batch.clips) for batch in micro_batches):
            raise StudioError(
                f"The memory of {self.device} is too small even for one clip at a time; choose a "
                "smaller model or another device."
            ) from error

    def _use_smaller_parts(self) -> Event:
        self.optimizer.zero_grad(set_to_none=True)
        free_memory(self.device)
        position = self.position
        position.pieces *= 2
        clips = math.ceil(self.config.training.batch_size / position.pieces)
        text = (
            f"Step {position.step + 1} did not fit into the memory of {self.device}; from here "
            f"each batch is worked on in parts of {count_text(clips, 'clip')}. The steps are made "
            "from the same clips as before."
        )
        if self.losses.active(position.epoch):
            text += " Contrast compares the clips of a part only, so it has fewer negatives."
        return Warned(message=text)

    def _update(self, bad: Tensor) -> None:
        """Apply the optimiser's update, unless `bad` is 1: then nothing changes."""
        if self._fused:
            self.optimizer.found_inf = bad  # type: ignore[attr-defined]
        elif bad:
            return
        try:
            self.optimizer.step()
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        else:
            return
        # The first update allocates the moments; memory cached for the gradients may be freed.
        free_memory(self.device)
        self.optimizer.step()

    def _parameters(self) -> list[nn.Parameter]:
        return [*self.losses.model.parameters(), *self.losses.heads.parameters()]

    def _clip_gradients(self) -> Tensor:
        limit = self.config.optimizer.clip_norm or math.inf
        return nn.utils.clip_grad_norm_(self._parameters(), limit)
