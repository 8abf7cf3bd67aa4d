"""Validation of a run: losses, metrics, previews, the map of captions."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from typing import TypeVar

from core.config import RunConfig
from core.decoding.clips import ClipCaption, caption_clips
from core.errors import StudioError
from core.evaluation.scorer import Scores
from core.events import (
    CaptionsMapped,
    Event,
    PreviewCaptioned,
    Progress,
    ValidationEnded,
    ValidationScored,
    Warned,
)
from core.models.caption_model import CaptionModel
from core.training.caption_map import CLIPS_MAPPED, map_captions
from core.training.device_failures import free_memory, is_out_of_memory
from core.training.losses import Losses
from core.training.prepare import Prepared
from core.training.state import Position, Unscored
from core.training.validation_losses import validation_losses
from core.training.validation_scoring import ValidationScorer

CAPTIONED_AT_ONCE = 32

T = TypeVar("T")


class Validator:
    """Validates the model of a run, without any effect on its weights or random draws."""

    def __init__(
        self, config: RunConfig, model: CaptionModel, losses: Losses, data: Prepared
    ) -> None:
        self.config, self.model, self.losses, self.data = config, model, losses, data
        self.result: ValidationEnded | None = None
        self.unscored: Unscored | None = None
        self._scorer = ValidationScorer(config.validation.caption_clips > 1)
        self._asked: Future[Scores] | None = None

    def close(self) -> None:
        """End the scoring process."""
        self._scorer.close()

    def validate(self, position: Position, later: bool = False) -> Iterator[Event]:
        """Measure the losses and metrics, caption the previews, map the captions.

        Afterwards `result` holds the figures. With `later` it lacks the metrics: they are computed
        in the background, and `scores` waits for them, given what is then in `unscored`.
        """
        self.unscored = None
        started, data = time.monotonic(), self.data.validation
        settings = self.config.validation
        with_losses = self._within_memory(position, lambda: self._measure(position))
        losses = yield from with_losses
        wanted = min(len(data), max(settings.caption_clips, settings.previews))
        captions = yield from self._captions(position, wanted)
        texts = [caption.raw for caption in captions[: settings.caption_clips]]
        asked = self._ask(texts)
        metrics: dict[str, float] = {}
        if later and asked is not None:
            self._asked = asked
            self.unscored = Unscored(position.epoch, position.step, texts)
        else:
            metrics = yield from self._scorer.answer(asked)
        self.result = ValidationEnded(
            epoch=position.epoch,
            step=position.step,
            losses=losses,
            metrics=metrics,
            seconds=time.monotonic() - started,
        )
        yield self.result
        yield from self._previewed(position, captions[: settings.previews])
        yield from self.map(position)

    def scores(self, unscored: Unscored) -> Generator[Event, None, ValidationScored]:
        """Wait for the scores of an earlier validation, and return them.

        They are computed anew if the run was stopped in between.
        """
        if self._asked is None:
            self._asked = self._ask(unscored.captions)
        metrics = yield from self._scorer.answer(self._asked)
        self._asked = None
        return ValidationScored(epoch=unscored.epoch, step=unscored.step, metrics=metrics)

    def _ask(self, captions: list[str]) -> Future[Scores] | None:
        return self._scorer.ask(captions, self.data.validation.references[: len(captions)])

    def preview(self, position: Position) -> Iterator[Event]:
        """Caption the preview clips only."""
        wanted = min(len(self.data.validation), self.config.validation.previews)
        captions = yield from self._captions(position, wanted)
        yield from self._previewed(position, captions)

    def map(self, position: Position) -> Iterator[Event]:
        """Yield where the decoder embeds the captions of a few clips."""
        yield (yield from self._within_memory(position, lambda: self._map(position)))

    def _map(self, position: Position) -> Generator[Event, None, CaptionsMapped]:
        at_once = max(1, CLIPS_MAPPED // position.validation_pieces)
        data = self.data.validation
        yield from ()
        return map_captions(self.model, data, position.epoch, position.step, at_once)

    def _measure(self, position: Position) -> Generator[Event, None, dict[str, float]]:
        self.losses.heads.eval()
        terms, size = self.losses.active(position.epoch), self._batch_size(position)
        return (yield from validation_losses(self.model, terms, self.data.validation, size))

    def _batch_size(self, position: Position) -> int:
        return max(1, self.config.training.batch_size // position.validation_pieces)

    def _captions(
        self, position: Position, wanted: int
    ) -> Generator[Event, None, list[ClipCaption]]:
        return (yield from self._within_memory(position, lambda: self._search(position, wanted)))

    def _search(self, position: Position, wanted: int) -> Generator[Event, None, list[ClipCaption]]:
        captions: list[ClipCaption] = []
        for caption in caption_clips(
            self.model,
            self.data.validation,
            wanted,
            self.data.tokenizer,
            self.config.decoding,
            max(1, CAPTIONED_AT_ONCE // position.validation_pieces),
        ):
            captions.append(caption)
            yield Progress(phase="Captioning", done=len(captions), total=wanted)
        return captions

    def _previewed(self, position: Position, captions: list[ClipCaption]) -> Iterator[Event]:
        for caption in captions:
            yield PreviewCaptioned(
                epoch=position.epoch,
                step=position.step,
                clip=self.data.validation.ids[caption.clip],
                caption=caption.text,
                log_prob=caption.log_prob,
                references=self.data.validation.references[caption.clip],
            )

    def _within_memory(
        self, position: Position, work: Callable[[], Generator[Event, None, T]]
    ) -> Generator[Event, None, T]:
        """Do some work, and do it again with smaller batches if it runs out of memory."""
        while True:
            try:
                return (yield from work())
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                most = max(self.config.training.batch_size, CAPTIONED_AT_ONCE)
                if position.validation_pieces >= most:
                    raise StudioError(
                        "Not even one clip at a time can be validated in this device's memory; "
                        "choose a smaller model, a smaller beam or another device."
                    ) from error
            free_memory(self.data.validation.frames.device)
            position.validation_pieces *= 2
            yield Warned(
                message="Validation did not fit into the memory; from here it is done in batches "
                f"of {self._batch_size(position)} clips. That gives the same cross-entropy, but "
                "terms of contrast compare fewer clips."
            )
