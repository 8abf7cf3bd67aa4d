"""Arms x seeds: planning a comparison, running it, and saying what it showed.

Importing this package imports no torch.
"""

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
from core.experiments.status import ArmRun, ExperimentStatus, experiment_status

__all__ = [
    "Arm",
    "ArmRun",
    "Experiment",
    "ExperimentStatus",
    "PlannedRun",
    "arm_between",
    "create_experiment",
    "experiment_status",
    "list_experiments",
    "load_experiment",
    "planned_runs",
    "save_experiment",
    "shared_epochs",
]
