"""Training: a run is a generator of events, started or resumed from its folder."""

from core.training.launch import resume_run, train_run

__all__ = ["resume_run", "train_run"]
