"""How good captions are: metrics against references, and the evaluation of whole checkpoints.

Importing this package imports no torch: the metrics run in a process of their own.
"""

from core.evaluation.baseline import shuffled_baseline
from core.evaluation.evaluate import evaluate_checkpoint, evaluation_folder
from core.evaluation.scorer import METRICS, Scorer, Scores, missing_metrics
from core.evaluation.statistics import STATISTICS, caption_statistics

__all__ = [
    "METRICS",
    "STATISTICS",
    "Scorer",
    "Scores",
    "caption_statistics",
    "evaluate_checkpoint",
    "evaluation_folder",
    "missing_metrics",
    "shuffled_baseline",
]
