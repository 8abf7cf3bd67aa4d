"""Writing a run's checkpoints and states, and restoring them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from torch import nn
from torch.optim import Optimizer

from core.config import RunConfig
from core.errors import CheckpointError
from core.events import CheckpointSaved, ValidationScored
from core.files import keep_as
from core.models.caption_model import CaptionModel
from core.models.checkpoint_header import CheckpointInfo
from core.models.checkpoint_scores import add_scores
from core.models.checkpoints import save_checkpoint
from core.runs import RunFolder
from core.training.optimizer_state import fitted_state, optimized_parameters
from core.training.prepare import Prepared
from core.training.state import Position, TrainingState, load_state, save_state


class Keeper:
    """Keeps the best weights by the monitored figure, the last state, and what else is asked for.

    All that writes raises `CheckpointError` or `OSError` when the disk refuses; what was kept
    before then still is.
    """

    def __init__(
        self,
        folder: RunFolder,
        config: RunConfig,
        data: Prepared,
        model: CaptionModel,
        heads: nn.ModuleDict,
        optimizer: Optimizer,
    ) -> None:
        self._folder, self._config, self._data = folder, config, data
        self._model, self._heads, self._optimizer = model, heads, optimizer

    def save_last(self, position: Position) -> CheckpointSaved:
        """Write what the run goes on from; the state before stays as the previous one."""
        self._save(self._folder.last, position.epoch, position, {})
        save_state(self._folder.state, self._state(position), self._folder.previous_state)
        return self._saved("last", self._folder.last, position)

    def save_if_best(
        self, position: Position, losses: Mapping[str, float], metrics: Mapping[str, float]
    ) -> CheckpointSaved | None:
        """Write the best checkpoint when the monitored figure is better than ever before.

        "loss" is the validation cross-entropy, so that arms with and without contrast are judged
        by the same figure.
        """
        value = self._monitored(losses, metrics)
        if value is None or (position.best is not None and not self._better(value, position.best)):
            return None
        # Validation ends an epoch: it has been seen, though the position has not moved on yet.
        self._save(self._folder.best, position.epoch + 1, position, {**losses, **metrics})
        return self._saved("best", self._folder.best, position, value)

    def save_if_top(
        self, position: Position, losses: Mapping[str, float], metrics: Mapping[str, float]
    ) -> CheckpointSaved | None:
        """Keep a checkpoint among the k best, whose list is in `position`, and drop the k+1st."""
        most, value = self._config.training.keep_top_k, self._monitored(losses, metrics)
        if not most or value is None:
            return None
        epochs = position.epoch + 1
        others = [item for item in position.top if item[1] != epochs]
        ranked = sorted([*others, (value, epochs)], reverse=self._higher_is_better)
        if (value, epochs) not in ranked[:most]:
            return None
        path = self._top(epochs)
        self._save(path, epochs, position, {**losses, **metrics})
        for _, dropped in ranked[most:]:
            self._top(dropped).unlink(missing_ok=True)
        position.top = ranked[:most]
        return self._saved("top", path, position, value)

    def add_scores(self, scored: ValidationScored) -> None:
        """Note in the checkpoints of an earlier validation, where kept, what it scored."""
        epochs = scored.epoch + 1
        for path in (self._folder.best, self._top(epochs)):
            if path.exists():
                add_scores(path, epochs, scored.step, scored.metrics)

    def save_epoch(self, position: Position) -> CheckpointSaved | None:
        """Keep checkpoint and state at the beginning of an epoch, as the settings ask for it."""
        settings, epochs = self._config.training, position.epoch
        with_state = epochs in settings.keep_states
        every = settings.keep_every_epochs
        if (
            not epochs
            or position.step_in_epoch
            or not (with_state or (every and epochs % every == 0))
        ):
            return None
        path, state = self._folder.epoch_checkpoint(epochs), self._folder.epoch_state(epochs)
        if path.exists() and (state.exists() or not with_state):
            return None
        if with_state:
            if position.best is not None and self._folder.best.exists():
                keep_as(self._folder.best, best_at(state))
            save_state(state, self._state(position))
        self._save(path, epochs, position, {})
        return self._saved("epoch", path, position)

    def restore(self) -> tuple[Position, str]:
        """Load the last state into model, heads and optimiser.

        Returns the position, and a sentence if the last state is damaged and the previous one was
        used instead. Raises `CheckpointError` when neither can be used.
        """
        try:
            return self._load(self._folder.state), ""
        except CheckpointError as error:
            if not self._folder.previous_state.exists():
                raise
            try:
                position = self._load(self._folder.previous_state)
            except CheckpointError:
                raise error from None
        return position, (
            f"{self._folder.state} could not be read, so the run continues from the state before "
            f"it, after step {position.step}."
        )

    def branch(self, state: Path) -> Position:
        """Load a state that another run kept, and copy its best checkpoint.

        Loss terms that the other run did not have start from their initial weights. Raises
        `CheckpointError` when the state cannot be used.
        """
        position = self._load(state, of_other_run=True)
        best = best_at(state)
        if position.best is not None and not best.exists():
            position.best = None
        if position.best is not None:
            keep_as(best, self._folder.best)
        position.top = []
        return position

    def _load(self, path: Path, of_other_run: bool = False) -> Position:
        state = load_state(path)
        parameters = optimized_parameters(self._model, self._heads, self._optimizer)
        try:
            self._model.load_state_dict(state.model)
            if of_other_run:
                own = self._heads.state_dict()
                known = {
                    name: value
                    for name, value in state.objectives.items()
                    if name in own and own[name].shape == value.shape
                }
                self._heads.load_state_dict({**own, **known})
                self._optimizer.load_state_dict(
                    fitted_state(state, self._optimizer.state_dict(), parameters)
                )
            else:
                self._heads.load_state_dict(state.objectives)
                self._optimizer.load_state_dict(state.optimizer)
        except (RuntimeError, ValueError, KeyError) as error:
            raise CheckpointError(
                f"{path} does not fit the run's configuration, so the run cannot be resumed; "
                "start a new run from its checkpoint."
            ) from error
        return state.position

    def _state(self, position: Position) -> TrainingState:
        return TrainingState(
            position,
            self._model.state_dict(),
            self._optimizer.state_dict(),
            self._heads.state_dict(),
            tuple(optimized_parameters(self._model, self._heads, self._optimizer)),
        )

    def _monitored(self, losses: Mapping[str, float], metrics: Mapping[str, float]) -> float | None:
        monitor = self._config.validation.monitor
        value = losses["ce"] if monitor == "loss" else metrics.get(monitor)
        return value if value is not None and math.isfinite(value) else None

    @property
    def _higher_is_better(self) -> bool:
        return self._config.validation.monitor != "loss"

    def _better(self, value: float, other: float) -> bool:
        return value > other if self._higher_is_better else value < other

    def _top(self, epochs: int) -> Path:
        return self._folder.checkpoints / f"top-{epochs}.safetensors"

    def _save(
        self, path: Path, epochs_seen: int, position: Position, metrics: Mapping[str, float]
    ) -> None:
        info = CheckpointInfo(
            epoch=epochs_seen,
            step=position.step,
            metrics=dict(metrics),
            encoder=self._data.encoder_name,
            encoder_hash=self._data.encoder_hash,
            origin="training run",
        )
        save_checkpoint(path, self._model, self._config, self._data.tokenizer, info)

    def _saved(
        self,
        kind: Literal["best", "last", "epoch", "top"],
        path: Path,
        position: Position,
        value: float | None = None,
    ) -> CheckpointSaved:
        return CheckpointSaved(
            epoch=position.epoch,
            step=position.step,
            kind=kind,
            path=path.relative_to(self._folder.path).as_posix(),
            monitor=self._config.validation.monitor if value is not None else "",
            value=value,
        )


def best_at(state: Path) -> Path:
    """Return where the best checkpoint of the epochs before a kept state is."""
    if state.name == "last.state.pt":
        return state.with_name("best.safetensors")
    return state.with_name(state.name.removesuffix(".state.pt") + ".best.safetensors")
