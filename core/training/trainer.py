"""The training loop: a generator of events that can be closed between any two of them."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from core.config import RunConfig
from core.data.batches import draw_captions, draw_other_captions
from core.errors import StudioError
from core.events import (
    EpochEnded,
    Event,
    PreviewCaptioned,
    Progress,
    RunStarted,
    StepLogged,
    ValidationEnded,
    Warned,
)
from core.models.caption_model import CaptionModel
from core.models.checkpoints import load_strictly
from core.runs import RunFolder
from core.training.caption_map import map_captions
from core.training.keeper import Keeper
from core.training.losses import Losses, mean_terms
from core.training.optimizer import build_optimizer, learning_rate_at
from core.training.prepare import Prepared
from core.training.random_streams import generator, seed_global
from core.training.scoring import ValidationScorer
from core.training.state import Position
from core.training.validation import caption_clips, validation_losses

MOST_BAD_STEPS = 10


class Trainer:
    """One run: model, loss terms, optimiser, and the position in the data.

    Closing the generator of `run` saves the state; another trainer made with `resume=True` then
    goes on as if there had been no stop.
    """

    def __init__(
        self,
        config: RunConfig,
        folder: RunFolder,
        data: Prepared,
        device: torch.device,
        resume: bool = False,
    ) -> None:
        self.config, self.data, self.device = config, data, device
        seed_global(config.seed, "model")
        self.model = CaptionModel(config.model, data.tokenizer.size, data.train.frames.shape[2])
        if data.initial is not None:
            source = config.training.initial_checkpoint
            load_strictly(self.model, data.initial.model.state_dict(), source)
        self.losses = Losses(config, self.model, data)
        self.model.to(device)
        self.losses.heads.to(device)
        self.optimizer = build_optimizer(config.optimizer, self.model, self.losses.heads)
        self.keeper = Keeper(folder, config, data, self.model, self.losses.heads, self.optimizer)
        self.position = self.keeper.restore() if resume else Position()
        self._bad_steps = 0
        batches = math.ceil(len(data.train) / config.training.batch_size)
        self.steps_per_epoch = math.ceil(batches / config.training.accumulate)

    def run(self) -> Iterator[Event]:
        """Train to the last epoch, yielding after every micro-batch at the latest."""
        position, data = self.position, self.data
        scorer = ValidationScorer(self.config.validation.caption_clips > 1)
        try:
            yield RunStarted(
                epochs=self.config.training.epochs,
                steps_per_epoch=self.steps_per_epoch,
                device=str(self.device),
                parameters=sum(weight.numel() for weight in self.model.parameters()),
                vocabulary_size=data.tokenizer.size,
                train_clips=len(data.train),
                validation_clips=len(data.validation),
                epoch=position.epoch,
                step=position.step,
            )
            if position.step == 0:
                yield map_captions(self.model, data.validation, epoch=0, step=0)
            while position.epoch < self.config.training.epochs:
                yield from self._train_epoch()
                due = self._validation_is_due()
                if due:
                    yield from self._validate(scorer)
                position.next_epoch()
                if due:
                    yield self.keeper.save_last(position)
        finally:
            scorer.close()
            self.keeper.save_last(position)

    def _train_epoch(self) -> Iterator[Event]:
        position, settings, seed = self.position, self.config.training, self.config.seed
        epoch, counts = position.epoch, self.data.train.caption_counts
        order = torch.randperm(len(self.data.train), generator=generator(seed, "order", epoch))
        first = draw_captions(counts, generator(seed, "captions", epoch))
        second = draw_other_captions(counts, first, generator(seed, "other-captions", epoch))
        chosen = [
            (clips, first[clips], second[clips]) for clips in order.split(settings.batch_size)
        ]
        rate = learning_rate_at(self.config.optimizer, epoch, settings.epochs)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.losses.begin_epoch(epoch)
        started = time.monotonic()
        self.model.train()
        self.losses.heads.train()
        while position.step_in_epoch < self.steps_per_epoch:
            start = position.step_in_epoch * settings.accumulate
            yield from self._step(epoch, start, chosen[start : start + settings.accumulate], rate)
        yield EpochEnded(
            epoch=epoch,
            step=position.step,
            losses=position.mean_losses(),
            seconds=time.monotonic() - started,
        )

    def _step(
        self,
        epoch: int,
        start: int,
        chosen: list[tuple[Tensor, Tensor, Tensor]],
        rate: float,
    ) -> Iterator[Event]:
        """Make one optimiser step from the micro-batches numbered from `start`."""
        position, started = self.position, time.monotonic()
        self.optimizer.zero_grad(set_to_none=True)
        gathered: list[dict[str, Tensor]] = []
        for number, micro_batch in enumerate(chosen):
            if number:
                yield Progress(phase="Training", done=number, total=len(chosen))
            gathered.append(
                self.losses.backward(self.data.train, epoch, start + number, micro_batch)
            )
        losses, norm = mean_terms(gathered), self._clip_gradients()
        finite = math.isfinite(losses["total"]) and math.isfinite(norm)
        if finite:
            self.optimizer.step()
            position.add(losses)
        self._bad_steps = 0 if finite else self._bad_steps + 1
        position.step += 1
        position.step_in_epoch += 1
        examples = sum(len(clips) for clips, _, _ in chosen)
        yield StepLogged(
            epoch=epoch,
            step=position.step,
            losses=losses,
            learning_rate=rate,
            gradient_norm=norm,
            examples_per_second=examples / max(1e-9, time.monotonic() - started),
        )
        if not finite:
            yield Warned(message=f"Step {position.step} was skipped: its loss is not finite.")
        if self._bad_steps >= MOST_BAD_STEPS:
            raise StudioError(
                f"{MOST_BAD_STEPS} steps in a row had no finite loss, so the run was stopped; "
                "try a lower learning rate or stronger gradient clipping."
            )

    def _clip_gradients(self) -> float:
        parameters = [*self.model.parameters(), *self.losses.heads.parameters()]
        limit = self.config.optimizer.clip_norm or math.inf
        return float(nn.utils.clip_grad_norm_(parameters, limit))

    def _validation_is_due(self) -> bool:
        done = self.position.epoch + 1
        every, last = self.config.validation.every_epochs, self.config.training.epochs
        return done % every == 0 or done == last

    def _validate(self, scorer: ValidationScorer) -> Iterator[Event]:
        started, position, data = time.monotonic(), self.position, self.data.validation
        settings, batch_size = self.config.validation, self.config.training.batch_size
        self.losses.heads.eval()
        losses = yield from validation_losses(
            self.model, self.losses.active(position.epoch), data, batch_size
        )
        captions = []
        wanted = min(len(data), max(settings.caption_clips, settings.previews))
        searched = caption_clips(
            self.model, data, wanted, self.data.tokenizer, self.config.decoding
        )
        for caption in searched:
            captions.append(caption)
            yield Progress(phase="Captioning", done=len(captions), total=wanted)
        scored = captions[: settings.caption_clips]
        metrics, problems = scorer.score(
            [caption.raw for caption in scored],
            [data.references[caption.clip] for caption in scored],
        )
        for problem in problems:
            yield Warned(message=problem)
        yield ValidationEnded(
            epoch=position.epoch,
            step=position.step,
            losses=losses,
            metrics=metrics,
            seconds=time.monotonic() - started,
        )
        for caption in captions[: settings.previews]:
            yield PreviewCaptioned(
                epoch=position.epoch,
                step=position.step,
                clip=data.ids[caption.clip],
                caption=caption.text,
                log_prob=caption.log_prob,
                references=data.references[caption.clip],
            )
        yield map_captions(self.model, data, position.epoch, position.step)
        saved = self.keeper.save_if_best(position, losses, metrics)
        if saved is not None:
            yield saved
            # Only now: a run stopped before this point repeats the validation when it goes on.
            position.best = saved.value
