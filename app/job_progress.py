"""How far a job is, from the events it has sent. Never goes back within a phase."""

from __future__ import annotations

from dataclasses import dataclass

from core.events import EpochEnded, Event, Progress, RunStarted, StepLogged, ValidationEnded


@dataclass
class JobProgress:
    """Phase, share done (None while unknown) and a short text such as "epoch 3 of 24"."""

    phase: str = ""
    fraction: float | None = None
    text: str = ""
    _epochs: int = 0
    _total_steps: int = 0

    def update(self, event: Event) -> None:
        """Take one event into account."""
        if isinstance(event, RunStarted):
            self._epochs = event.epochs
            self._total_steps = max(1, event.epochs * event.steps_per_epoch)
            self._at_step(event.epoch, event.step)
        elif isinstance(event, StepLogged | EpochEnded | ValidationEnded):
            self._at_step(event.epoch, event.step)
        elif isinstance(event, Progress):
            self._at_phase(event)

    def _at_step(self, epoch: int, step: int) -> None:
        if not self._total_steps:
            return
        share = min(1.0, step / self._total_steps)
        training = self.phase == "Training"
        self.fraction = max(share, self.fraction or 0.0) if training else share
        self.phase = "Training"
        self.text = f"epoch {min(epoch + 1, self._epochs)} of {self._epochs}"

    def _at_phase(self, event: Progress) -> None:
        share = min(1.0, event.done / event.total) if event.total else None
        if self._total_steps and self.phase == "Training":
            # Validation and the like happen inside training: the bar stays where training is.
            self.text = f"{event.phase.lower()} {_count(event)}".strip()
            return
        if event.phase == self.phase and share is not None:
            share = max(share, self.fraction or 0.0)
        self.phase, self.fraction = event.phase, share
        self.text = event.message or _count(event)


def _count(event: Progress) -> str:
    return f"{event.done:,} of {event.total:,}" if event.total else ""
