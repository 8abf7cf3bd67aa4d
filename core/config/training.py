"""How long a run trains, in what portions, and what it keeps."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PositiveInt, model_validator

from core.config.section import Section


class TrainingConfig(Section):
    """How long and in what portions the model is trained."""

    epochs: int = Field(
        400,
        ge=1,
        le=100_000,
        title="Epochs",
        description="One epoch shows every clip once, with one caption.",
    )
    batch_size: int = Field(
        64,
        ge=1,
        le=65536,
        title="Batch size",
        description="Clips in one forward and backward pass.",
    )
    accumulate: int = Field(
        8,
        ge=1,
        le=4096,
        title="Accumulation",
        description="Batches whose gradients are added up for one optimiser step.",
    )
    label_smoothing: float = Field(
        0.2,
        ge=0,
        lt=1,
        title="Label smoothing",
        description="Share of probability spread over all words.",
    )
    mixup_alpha: float = Field(
        0.4,
        ge=0,
        le=10,
        title="Mixup alpha",
        description="Parameter of the Beta distribution of the mixing weight; 0 is off.",
    )
    precision: Literal["fp32", "tf32", "bf16"] = Field(
        "fp32",
        title="Precision",
        description="Precision of matrix products: float32, TensorFloat-32 on GPUs that support "
        "it, or bfloat16 with float32 weights, which is fastest.",
    )
    compile: bool = Field(
        False,
        title="Compile",
        description="Compile the decoder with torch.compile if there is a compiler; the first "
        "steps take longer.",
    )
    log_every: int = Field(
        1,
        ge=1,
        le=1000,
        title="Log every",
        description="Steps whose losses are read from the device together; more lets a GPU work "
        "without waiting, and no step is left out.",
    )
    autotune_batch: bool = Field(
        False,
        title="Fit batch to memory",
        description="Use the largest batch that fits in the GPU's memory and accumulate less, so "
        "that each step sees as many clips; contrast then sees more negatives.",
    )
    initial_checkpoint: str = Field(
        "",
        title="Start from",
        description="Checkpoint whose weights and tokenizer the run starts with.",
    )
    new_words: bool = Field(
        False,
        title="Learn new words",
        description="Add the words of the training captions that the checkpoint lacks; else they "
        "stay unknown.",
    )
    branch_from: str = Field(
        "",
        title="Branch from",
        description="State that another run kept after some epoch, to continue from.",
    )
    stop_epoch: int = Field(
        0,
        ge=0,
        title="Stop after",
        description="Stop after this many epochs, with the schedule unchanged; 0 trains all.",
    )
    save_every_epochs: int = Field(
        1,
        ge=1,
        le=10_000,
        title="Save every",
        description="Epochs between two saves of the state, made at validations; the last is too.",
    )
    keep_every_epochs: int = Field(
        0,
        ge=0,
        le=100_000,
        title="Keep every",
        description="Keep a checkpoint after every n epochs; 0 keeps only the best and the last.",
    )
    keep_states: tuple[PositiveInt, ...] = Field(
        (),
        title="Keep states",
        description="Numbers of epochs after which the full state is kept, to branch from.",
    )
    keep_top_k: int = Field(
        0,
        ge=0,
        le=100,
        title="Keep the best",
        description="Number of best checkpoints kept besides the best one; 0 is none.",
    )

    @model_validator(mode="after")
    def _starts_from_one_place(self) -> TrainingConfig:
        if self.initial_checkpoint and self.branch_from:
            raise ValueError("a run starts from a checkpoint or branches from a state, not both")
        return self
