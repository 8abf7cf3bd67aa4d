"""Fine-tuning of YAMNet's last layers, for the encoder of the starter model.

Public names: `tune_encoder`, `TuningStep`.
"""

from core.training.encoder_tuning.tuning import TuningStep, tune_encoder

__all__ = ["TuningStep", "tune_encoder"]
