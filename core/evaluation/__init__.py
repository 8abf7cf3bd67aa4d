"""Evaluation: metrics against references, whole checkpoints, comparison of systems.

Importing this package imports no torch: the metrics run in a process of their own.
"""

from core.evaluation.comparison import Comparison, PairedDifference, SystemScores, compare
from core.evaluation.evaluate import evaluate_checkpoint, evaluation_folder
from core.evaluation.evaluation_files import KeptEvaluation, load_evaluation
from core.evaluation.external_captions import score_table
from core.evaluation.intervals import Interval
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
from core.evaluation.shuffled_baseline import shuffled_baseline
from core.evaluation.statistics import STATISTICS, caption_statistics

__all__ = [
    "METRICS",
    "QUICK_METRICS",
    "STATISTICS",
    "Comparison",
    "Interval",
    "KeptEvaluation",
    "Metric",
    "MetricStatus",
    "PairedDifference",
    "Scorer",
    "Scores",
    "SystemScores",
    "available_metrics",
    "caption_statistics",
    "compare",
    "evaluate_checkpoint",
    "evaluation_folder",
    "load_evaluation",
    "main_metric",
    "metric_status",
    "metric_statuses",
    "missing_metrics",
    "score_table",
    "shuffled_baseline",
]
