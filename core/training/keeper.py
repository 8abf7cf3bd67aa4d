"""Writing a run's checkpoints and state, and taking a run up again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from torch import nn
from torch.optim import Optimizer

from core.config import RunConfig
from core.errors import CheckpointError
from core.events import CheckpointSaved
from core.models.caption_model import CaptionModel
from core.models.checkpoint_header import CheckpointInfo
from core.models.checkpoints import save_checkpoint
from core.runs import RunFolder
from core.training.prepare import Prepared
from core.training.state import Position, TrainingState, load_state, save_state


class Keeper:
    """Keeps the best weights by the monitored figure, and the last state."""

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
        """Write what the run goes on from."""
        self._save(self._folder.last, position.epoch, position, {})
        state = TrainingState(
            position,
            self._model.state_dict(),
            self._optimizer.state_dict(),
            self._heads.state_dict(),
        )
        save_state(self._folder.state, state)
        return self._saved("last", self._folder.last, position)

    def save_if_best(
        self, position: Position, losses: Mapping[str, float], metrics: Mapping[str, float]
    ) -> CheckpointSaved | None:
        """Write the best checkpoint when the monitored figure is better than ever before.

        "loss" is the validation cross-entropy, so that arms with and without contrast are judged
        by the same figure.
        """
        monitor = self._config.validation.monitor
        value = losses["ce"] if monitor == "loss" else metrics.get(monitor)
        if value is None or not math.isfinite(value):
            return None
        best = position.best
        lower_is_better = monitor == "loss"
        if best is not None and (value >= best if lower_is_better else value <= best):
            return None
        # Validation ends an epoch: it has been seen, though the position has not moved on yet.
        self._save(self._folder.best, position.epoch + 1, position, {**losses, **metrics})
        return self._saved("best", self._folder.best, position, value)

    def restore(self) -> Position:
        """Load the last state into model, heads and optimiser. Raises `CheckpointError`."""
        state = load_state(self._folder.state)
        try:
            self._model.load_state_dict(state.model)
            self._heads.load_state_dict(state.objectives)
            self._optimizer.load_state_dict(state.optimizer)
        except (RuntimeError, ValueError, KeyError) as error:
            raise CheckpointError(
                f"{self._folder.state} does not fit the run's configuration, so the run cannot be "
                "resumed; start a new run from its checkpoint."
            ) from error
        return state.position

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
        kind: Literal["best", "last"],
        path: Path,
        position: Position,
        value: float | None = None,
    ) -> CheckpointSaved:
        return CheckpointSaved(
            epoch=position.epoch,
            step=position.step,
            kind=kind,
            path=path.relative_to(self._folder.path).as_posix(),
            monitor=self._config.validation.monitor if kind == "best" else "",
            value=value,
        )
