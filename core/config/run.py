"""The root of the tree: everything that decides a run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from core.config.data import DataConfig
from core.config.decoding import DecodingConfig
from core.config.model import ModelConfig
from core.config.objectives import ObjectiveConfig
from core.config.optimizer import OptimizerConfig
from core.config.section import Section
from core.config.training import TrainingConfig
from core.config.validation import ValidationConfig

SCHEMA_VERSION = 1


class RunConfig(Section):
    """Everything that decides a run, and nothing else."""

    schema_version: Literal[1] = 1
    preset: str = Field("", title="Preset", description="Name of the preset the run started from.")
    name: str = Field("", max_length=80, title="Run name", description="Your name for the run.")
    experiment: str = Field(
        "", max_length=120, title="Experiment", description="Experiment that the run belongs to."
    )
    arm: str = Field("", max_length=80, title="Arm", description="Its arm in the experiment.")
    seed: int = Field(
        42,
        ge=0,
        lt=2**31,
        title="Seed",
        description="Determines initial weights, data order and all other random draws.",
    )
    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|mps|cuda|cuda:\d+)$",
        title="Device",
        description="auto, cpu, mps or cuda:0; auto takes the first GPU, else the CPU.",
    )
    data: DataConfig = Field(default_factory=DataConfig, title="Data")
    model: ModelConfig = Field(default_factory=ModelConfig, title="Model")
    optimizer: OptimizerConfig = Field(default_factory=OptimizerConfig, title="Optimizer")
    training: TrainingConfig = Field(default_factory=TrainingConfig, title="Training")
    objectives: tuple[ObjectiveConfig, ...] = Field(
        (), title="Contrast", description="Loss terms added to the cross-entropy."
    )
    validation: ValidationConfig = Field(default_factory=ValidationConfig, title="Validation")
    decoding: DecodingConfig = Field(default_factory=DecodingConfig, title="Decoding")

    @model_validator(mode="after")
    def _contrast_needs_others(self) -> RunConfig:
        if self.objectives and self.training.batch_size < 2:
            raise ValueError("a contrastive term needs a batch size of at least 2")
        if self.training.mixup_alpha and self.training.batch_size < 2:
            raise ValueError("mixup needs a batch size of at least 2")
        names = [objective.name for objective in self.objectives]
        if len(set(names)) < len(names):
            raise ValueError("each contrastive term may stand only once")
        return self
