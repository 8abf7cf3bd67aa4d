"""What a training shows in the terminal: one bar an epoch, a line for everything worth keeping."""

from __future__ import annotations

from types import TracebackType

from core.cli.output import figures
from core.cli.progress import ProgressBar
from core.events import (
    CheckpointSaved,
    EpochEnded,
    Event,
    Noted,
    PreviewCaptioned,
    Progress,
    RunEnded,
    RunPaused,
    RunStarted,
    StepLogged,
    ValidationEnded,
    ValidationScored,
    Warned,
)
from core.runs import RunFolder
from core.wording import count_text

# All metrics are kept in the run folder; a line has room for what tells most.
_SHOWN = ("cider_d", "vocabulary")


class TrainReport:
    """Shows the events of one run; a context manager that leaves no bar behind."""

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._epochs = self._steps = self._epoch = self._step = 0
        self._bar = ProgressBar()

    def __enter__(self) -> TrainReport:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()

    def follow(self, run: RunFolder) -> None:
        """Show the events of another run from here."""
        self._run = run

    def show(self, event: Event) -> None:
        """Show one event."""
        match event:
            case Progress():
                self._bar.move(event.phase, event.done, event.total, event.message)
            case RunStarted():
                self._started(event)
            case StepLogged():
                self._epoch, self._step = event.epoch, event.step
                done = event.step - event.epoch * self._steps
                title = f"epoch {event.epoch + 1}/{self._epochs}"
                self._bar.move(title, done, self._steps, figures(event.losses))
            case EpochEnded():
                self._epoch, self._step = event.epoch, event.step
                self._bar.close()
                self._bar.line(
                    f"epoch {event.epoch + 1}/{self._epochs}  {figures(event.losses)}  "
                    f"({event.seconds:.1f} s)"
                )
            case ValidationEnded():
                self._bar.close()
                shown = {name: event.metrics[name] for name in _SHOWN if name in event.metrics}
                self._bar.line(f"  validation  {figures({**event.losses, **shown})}")
            case ValidationScored():
                self._bar.close()
                shown = {name: event.metrics[name] for name in _SHOWN if name in event.metrics}
                if shown:
                    self._bar.line(f"  scores after epoch {event.epoch + 1}  {figures(shown)}")
            case PreviewCaptioned():
                self._bar.line(f"  {event.clip}: {event.caption}")
            case CheckpointSaved(kind="best"):
                value = "" if event.value is None else f" ({event.monitor} {event.value:.4f})"
                self._bar.line(f"  best so far{value}")
            case Warned():
                self._bar.line(f"  warning: {event.message}")
            case Noted():
                self._bar.line(f"  {event.message}")
            case RunPaused():
                self._bar.close()
                self._bar.line(f"Paused: {event.message}")
            case RunEnded(reason="finished"):
                self._bar.close()
                # A finished run that was resumed stands past its last epoch already.
                epochs = min(event.epoch + 1, self._epochs)
                self._bar.line(f"Finished after {count_text(epochs, 'epoch')}: {self._run.path}")

    def stopping(self) -> None:
        """Say that the wish to stop was heard."""
        self._bar.close()
        self._bar.line("Stopping and saving …")

    def stopped(self) -> None:
        """Say where the run stands and how it goes on."""
        self._bar.line(
            f"Stopped in epoch {self._epoch + 1} after {count_text(self._step, 'step')}; "
            f"'aac-studio train --resume {self._run.name}' continues from here."
        )

    def _started(self, event: RunStarted) -> None:
        self._bar.close()
        self._epochs, self._steps = event.epochs, event.steps_per_epoch
        self._epoch, self._step = event.epoch, event.step
        again = f", going on after {count_text(event.step, 'step')}" if event.step else ""
        if event.epoch >= event.epochs:
            again = ", already trained to its last epoch"
        self._bar.line(
            f"{event.parameters:,} parameters, {event.vocabulary_size} words, "
            f"{event.train_clips} + {event.validation_clips} clips, on {event.device}{again}"
        )
