"""Arms x seeds: planning a comparison, running it, and saying what it showed.

Importing this package imports no torch.
"""

from core.experiments.analysis import Analysis, ArmDifference, ArmFigures, analyse
from core.experiments.plan import (
    Arm,
    Experiment,
    PlannedRun,
    arm_between,
    create_experiment,
    list_experiments,
    load_experiment,
    planned_runs,
    save_experiment,
    shared_epochs,
)
from core.experiments.report import report_html, write_report
from core.experiments.running import (
    evaluate_experiment,
    queue_experiment,
    run_experiment,
)
from core.experiments.status import ArmRun, ExperimentStatus, experiment_status

__all__ = [
    "Analysis",
    "Arm",
    "ArmDifference",
    "ArmFigures",
    "ArmRun",
    "Experiment",
    "ExperimentStatus",
    "PlannedRun",
    "analyse",
    "arm_between",
    "create_experiment",
    "evaluate_experiment",
    "experiment_status",
    "list_experiments",
    "load_experiment",
    "planned_runs",
    "queue_experiment",
    "report_html",
    "run_experiment",
    "save_experiment",
    "shared_epochs",
    "write_report",
]
