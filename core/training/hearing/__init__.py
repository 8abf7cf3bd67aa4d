"""Tuning YAMNet's last layers: what the starter model hears with.

Public names: `tune_hearing`, `TuningStep`.
"""

from core.training.hearing.tuning import TuningStep, tune_hearing

__all__ = ["TuningStep", "tune_hearing"]
