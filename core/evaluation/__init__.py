"""How good captions are: metrics against references, and the evaluation of whole checkpoints.

Importing this package imports no torch: the metrics run in a process of their own.
"""

from core.evaluation.baseline import shuffled_baseline
from core.evaluation.evaluate import evaluate_checkpoint, evaluation_folder
from core.evaluation.registry import (
    METRICS,
    QUICK_METRICS,
    Metric,
    MetricStatus,
    available_metrics,
    main_metric,
    metric_status,
    metric_statuses,
)
from core.evaluation.scorer import Scorer, Scores, missing_metrics
from core.evaluation.statistics import STATISTICS, caption_statistics

__all__ = [
    "METRICS",
    "QUICK_METRICS",
    "STATISTICS",
    "Metric",
    "MetricStatus",
    "Scorer",
    "Scores",
    "available_metrics",
    "caption_statistics",
    "evaluate_checkpoint",
    "evaluation_folder",
    "main_metric",
    "metric_status",
    "metric_statuses",
    "missing_metrics",
    "shuffled_baseline",
]
