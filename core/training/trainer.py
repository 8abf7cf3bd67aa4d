"""The training loop: a generator of events that can be closed between any two of them."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import torch

from core.config import RunConfig
from core.data.batches import draw_captions, draw_other_captions
from core.errors import StudioError
from core.events import EpochEnded, Event, Noted, RunEnded, RunStarted, Warned
from core.files import is_disk_full
from core.models.caption_model import CaptionModel
from core.models.checkpoints import load_strictly
from core.models.new_words import with_new_words
from core.runs import RunFolder
from core.runs.commands import Command
from core.runs.disk_space import when_there_is_space
from core.training.autotune import join_batches
from core.training.batch_parts import MicroBatch
from core.training.checkpoint_keeper import Keeper
from core.training.device_failures import device_lost, is_device_lost
from core.training.distributed import WorkerGroup
from core.training.losses import Losses
from core.training.optimizer import build_optimizer, learning_rate_at
from core.training.prepare import Prepared
from core.training.random_streams import generator, seed_global
from core.training.run_requests import StopAsked, obeying
from core.training.state import Position
from core.training.stepping import Stepper
from core.training.validation import Validator


class Trainer:
    """One run: model, loss terms, optimiser, and the position in the data.

    Closing the generator of `run` saves the state; another trainer made with `resume=True` then
    continues as if there had been no stop. With `branch` it continues from the state of another
    run. With `workers` every process makes the same steps on its share of each micro-batch, and
    rank 0 alone validates, saves and yields events.
    """

    def __init__(
        self,
        config: RunConfig,
        folder: RunFolder,
        data: Prepared,
        device: torch.device,
        resume: bool = False,
        branch: Path | None = None,
        workers: WorkerGroup | None = None,
    ) -> None:
        self.config, self.folder, self.data, self.device = config, folder, data, device
        self.workers = workers
        seed_global(config.seed, "model")
        self.model = CaptionModel(config.model, data.tokenizer.size, data.train.frames.shape[2])
        if data.initial is not None:
            source = config.training.initial_checkpoint
            weights = with_new_words(data.initial.model, self.model)
            load_strictly(self.model, weights, source)
        self.losses = Losses(config, self.model, data)
        self.model.to(device)
        self.losses.heads.to(device)
        self.optimizer = build_optimizer(config.optimizer, self.model, self.losses.heads)
        self.keeper = Keeper(folder, config, data, self.model, self.losses.heads, self.optimizer)
        self.validator = Validator(config, self.model, self.losses, data)
        self._warning = ""
        self.position = Position()
        if resume:
            self.position, self._warning = self.keeper.restore()
        elif branch is not None:
            self.position = self.keeper.branch(branch)
        self._stepper = Stepper(
            config, self.losses, self.optimizer, data.train, self.position, device, workers
        )
        self._end_announced = False
        self._saved_at: tuple[int, int] | None = None
        settings = config.training
        batches = math.ceil(len(data.train) / settings.batch_size)
        self.steps_per_epoch = math.ceil(batches / settings.accumulate)
        self.last_epoch = min(settings.epochs, settings.stop_epoch or settings.epochs)

    def run(self) -> Iterator[Event]:
        """Train to the last epoch, yielding after every micro-batch at the latest."""
        try:
            stopped = yield from self._until_stopped()
            if self._is_main or not stopped:
                self._announce_end()
            if stopped:
                yield from self._stepper.log.report()
                yield from self._tell_scores()
            yield from self._save()
            if stopped:
                yield RunEnded(reason="stopped", epoch=self.position.epoch, step=self.position.step)
        except GeneratorExit:
            self._announce_end()
            self._save_at_once()
            raise
        except BaseException as error:
            if is_device_lost(error):
                raise device_lost(error, self.device) from error
            with suppress(Exception):  # The first error is the one worth telling.
                self._save_at_once()
            raise
        finally:
            self.validator.close()

    def _until_stopped(self) -> Generator[Event, None, bool]:
        """Train to the end, or until a stop is requested; return whether one was."""
        try:
            if self._is_main:
                yield from obeying(self.folder, self._run(), self._carry_out, self.position)
            else:
                yield from self._run()
        except StopAsked:
            return True
        return False

    def _run(self) -> Generator[Event, None, None]:
        position, data = self.position, self.data
        yield RunStarted(
            epochs=self.last_epoch,
            steps_per_epoch=self.steps_per_epoch,
            device=str(self.device),
            parameters=sum(weight.numel() for weight in self.model.parameters()),
            vocabulary_size=data.tokenizer.size,
            train_clips=len(data.train),
            validation_clips=len(data.validation),
            epoch=position.epoch,
            step=position.reported_step,
            unscored_step=position.unscored_step,
        )
        yield from self._stepper.log.report()
        for warning in (self._warning, self.losses.warning):
            if warning:
                yield Warned(message=warning)
        if position.step == 0 and self.config.training.autotune_batch:
            alone = self.workers is None
            yield join_batches(self.config, self.losses, data.train, position, self.device, alone)
        if position.step == 0 and self._is_main:
            yield from self.validator.map(position)
        yield from self._keep_epoch()
        while position.epoch < self.last_epoch:
            yield from self._train_epoch()
            due = self._validation_is_due()
            if due:
                yield from self._validate()
                # Only now: a run stopped before this point repeats the validation.
                position.unscored = self.validator.unscored
            position.next_epoch()
            yield from self._keep_epoch()
            if due and position.epoch % self.config.training.save_every_epochs == 0:
                yield from self._save()
        yield from self._tell_scores()

    def _train_epoch(self) -> Iterator[Event]:
        position, settings, seed = self.position, self.config.training, self.config.seed
        epoch, counts = position.epoch, self.data.train.caption_counts
        order = torch.randperm(len(self.data.train), generator=generator(seed, "order", epoch))
        first = draw_captions(counts, generator(seed, "captions", epoch))
        second = draw_other_captions(counts, first, generator(seed, "other-captions", epoch))
        micro_batches = [
            MicroBatch(clips, first[clips], second[clips])
            for clips in order.split(settings.batch_size * position.joined)
        ]
        accumulate = settings.accumulate // position.joined
        rate = learning_rate_at(self.config.optimizer, epoch, settings.epochs)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.losses.begin_epoch(epoch)
        done = position.step_in_epoch * accumulate
        self.data.train.expect([batch.clips for batch in micro_batches[done:]])
        started = time.monotonic()
        while position.step_in_epoch < self.steps_per_epoch:
            if self.workers is not None and not self.workers.announce_step():
                raise StopAsked
            start = position.step_in_epoch * accumulate
            self.model.train()
            self.losses.heads.train()
            due = micro_batches[start : start + accumulate]
            yield from self._stepper.step(epoch, start, due, rate)
        yield from self._stepper.log.report()
        yield from self._tell_scores()
        yield EpochEnded(
            epoch=epoch,
            step=position.step,
            losses=position.mean_losses(),
            seconds=time.monotonic() - started,
        )

    def _validation_is_due(self) -> bool:
        done = self.position.epoch + 1
        return done % self.config.validation.every_epochs == 0 or done == self.last_epoch

    def _validate(self) -> Iterator[Event]:
        """Validate, and save the model if it is better than before."""
        position, keeper = self.position, self.keeper
        if not self._is_main:
            return
        # Metrics that select the best model, and those of the last epoch, are waited for.
        later = self.config.validation.monitor == "loss" and position.epoch + 1 < self.last_epoch
        yield from self.validator.validate(position, later)
        result = self.validator.result
        assert result is not None
        for keep in (keeper.save_if_top, keeper.save_if_best):
            write = partial(keep, position, result.losses, result.metrics)
            saved = yield from when_there_is_space(write, self.folder.path)
            if saved is None:
                continue
            yield saved
            if saved.kind == "best":
                # Only now, for the same reason.
                position.best = saved.value

    def _tell_scores(self) -> Iterator[Event]:
        """Yield the scores of the last validation, if they are computed in the background."""
        unscored = self.position.unscored
        if unscored is None or not self._is_main:
            return
        scored = yield from self.validator.scores(unscored)
        yield from when_there_is_space(lambda: self.keeper.add_scores(scored), self.folder.path)
        self.position.unscored = None
        yield scored

    def _keep_epoch(self) -> Iterator[Event]:
        if not self._is_main:
            return
        saved = yield from when_there_is_space(
            lambda: self.keeper.save_epoch(self.position), self.folder.path
        )
        if saved is not None:
            yield saved

    def _save(self) -> Iterator[Event]:
        """Save the state, waiting for space on the disk where there is none."""
        if self._is_saved() or not self._is_main:
            return
        saved = yield from when_there_is_space(
            lambda: self.keeper.save_last(self.position), self.folder.path
        )
        self._saved_at = (self.position.step, self.position.epoch)
        yield saved

    def _save_at_once(self) -> None:
        self._stepper.log.read()
        if self._is_saved() or not self._is_main:
            return
        try:
            self.keeper.save_last(self.position)
        except Exception as error:
            if not is_disk_full(error):
                raise
            raise StudioError(
                f"The disk of {self.folder.path} is full, so step {self.position.step} could not "
                "be saved; free some space, and resume the run from where it was last saved."
            ) from error

    @property
    def _is_main(self) -> bool:
        """Whether this process validates, saves and yields events."""
        return self.workers is None or self.workers.is_main

    def _announce_end(self) -> None:
        """Let the other processes end too; they wait for rank 0 before every step."""
        if self.workers is not None and not self._end_announced:
            self._end_announced = True
            self.workers.announce_end()

    def _is_saved(self) -> bool:
        return self._saved_at == (self.position.step, self.position.epoch)

    def _carry_out(self, command: Command) -> Iterator[Event]:
        position = self.position
        after = f"after step {position.step}"
        if command == "stop":
            raise StopAsked
        if command == "save":
            yield from self._save()
            yield Noted(message=f"The state {after} was saved, as asked for.")
        elif command == "preview":
            yield from self.validator.preview(position)
            yield Noted(message=f"The preview clips were captioned {after}, as asked for.")
        elif command == "validate":
            yield from self._tell_scores()
            yield from self.validator.validate(position)
            yield Noted(message=f"The model was validated {after}, as asked for.")
