"""The parts of a run's description: data, model, optimizer, training, validation, decoding.

Every field carries its title, help and allowed range; the form in the app, the command line and the
error sentences are all made from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, field_validator, model_validator

from core.config.parts import JOINT


class Section(BaseModel):
    """Base of all parts of the tree: immutable, and a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataConfig(Section):
    """What the run is trained on."""

    dataset: str = Field(
        "starter-scenes",
        title="Dataset",
        description="What is trained on: one dataset, or several as clotho+macs; the first of "
        "those with a validation split validates.",
    )
    root: str = Field(
        "",
        title="Dataset folder",
        description="Where the dataset lies; empty for its known place. For several: one folder "
        "for all, or clotho=/data/a; macs=/data/b.",
    )
    encoder: str = Field(
        "yamnet",
        title="Encoder",
        description="Frozen audio encoder whose frame embeddings the caption model hears.",
    )
    train_clips: int = Field(
        0, ge=0, title="Training clips", description="Use only the first n clips; 0 uses all."
    )
    validation_clips: int = Field(
        0, ge=0, title="Validation clips", description="Use only the first n clips; 0 uses all."
    )
    feature_dtype: Literal["float32", "float16"] = Field(
        "float32",
        title="Feature precision",
        description="Number type of the stored frame embeddings.",
    )
    resident_share: float = Field(
        0.5,
        ge=0,
        le=1,
        title="Memory for features",
        description="Share of free memory that the training features may fill, so that a batch is "
        "only an index; larger ones are streamed from the disk.",
    )

    @field_validator("dataset", mode="before")
    @classmethod
    def _joined(cls, value: Any) -> Any:
        """Take a list of datasets as well."""
        return JOINT.join(map(str, value)) if value and isinstance(value, list | tuple) else value

    @field_validator("root", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """Take a table of folders as well."""
        if not value or not isinstance(value, Mapping):
            return value
        return "; ".join(f"{name}={folder}" for name, folder in value.items())


class ModelConfig(Section):
    """Sizes of the caption model: a projection of the frames and a transformer decoder."""

    d_model: int = Field(256, ge=8, le=4096, title="Model width", description="Features per token.")
    layers: int = Field(6, ge=1, le=48, title="Decoder layers", description="Transformer layers.")
    heads: int = Field(
        8, ge=1, le=64, title="Attention heads", description="Must divide the model width."
    )
    feedforward: int = Field(
        2048,
        ge=8,
        le=65536,
        title="Feed-forward width",
        description="Hidden features of each layer.",
    )
    dropout: float = Field(
        0.2, ge=0, lt=1, title="Dropout", description="Share of decoder activations set to zero."
    )
    projection_dropout: float = Field(
        0.5,
        ge=0,
        lt=1,
        title="Projection dropout",
        description="Dropout before and after the projection.",
    )
    activation: Literal["gelu", "relu"] = Field(
        "gelu", title="Activation", description="Non-linearity of the feed-forward layers."
    )
    frame_positions: bool = Field(
        False,
        title="Places in time",
        description="Tell the decoder where in the clip each frame stands.",
    )
    clip_tokens: bool = Field(
        False,
        title="Clip tokens",
        description="Add the mean and the maximum over the clip to what the decoder hears.",
    )
    encoder_layers: int = Field(
        0,
        ge=0,
        le=24,
        title="Encoder layers",
        description="Transformer layers among the frames, before the decoder.",
    )
    tied_embeddings: bool = Field(
        False,
        title="Tied embeddings",
        description="One table of words for reading and for choosing them: fewer parameters.",
    )

    @model_validator(mode="after")
    def _heads_divide_width(self) -> ModelConfig:
        if self.d_model % self.heads or self.d_model % 2:
            raise ValueError(
                f"model width {self.d_model} must be even and a multiple of "
                f"the {self.heads} attention heads"
            )
        return self


class OptimizerConfig(Section):
    """AdamW with decoupled weight decay, and its learning-rate schedule."""

    learning_rate: float = Field(
        5e-4, gt=0, le=1, title="Learning rate", description="Peak learning rate of AdamW."
    )
    beta1: float = Field(0.9, ge=0, lt=1, title="Beta 1", description="Decay of the first moment.")
    beta2: float = Field(
        0.999, ge=0, lt=1, title="Beta 2", description="Decay of the second moment."
    )
    epsilon: float = Field(
        1e-8, gt=0, le=1, title="Epsilon", description="Added to the denominator."
    )
    weight_decay: float = Field(
        2.0,
        ge=0,
        le=100,
        title="Weight decay",
        description="Decoupled decay of matrices; biases and norms are never decayed.",
    )
    schedule: Literal["cosine", "constant"] = Field(
        "cosine",
        title="Schedule",
        description="Cosine falls to zero over the epochs, stepped per epoch.",
    )
    clip_norm: float = Field(
        1.0,
        ge=0,
        le=1e6,
        title="Gradient clipping",
        description="Largest gradient norm; 0 switches it off.",
    )


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
        8, ge=1, le=4096, title="Accumulation", description="Batches whose gradients make one step."
    )
    label_smoothing: float = Field(
        0.2,
        ge=0,
        lt=1,
        title="Label smoothing",
        description="Share of probability given to other words.",
    )
    mixup_alpha: float = Field(
        0.4,
        ge=0,
        le=10,
        title="Mixup alpha",
        description="Beta distribution of the mixing weight; 0 is off.",
    )
    precision: Literal["fp32", "tf32", "bf16"] = Field(
        "fp32",
        title="Precision",
        description="Arithmetic of matrix products: float32 to the letter, TensorFloat-32 on "
        "GPUs that have it, or bfloat16 with float32 weights, which is fastest.",
    )
    compile: bool = Field(
        False,
        title="Compile",
        description="Compile the decoder with torch.compile where a compiler is at hand; the "
        "first steps take longer.",
    )
    log_every: int = Field(
        1,
        ge=1,
        le=1000,
        title="Log every",
        description="Steps whose figures are read from the device together; more lets a GPU work "
        "without waiting, and none is left out.",
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
        description="State of another run, kept after some epoch, that this run goes on from.",
    )
    stop_epoch: int = Field(
        0,
        ge=0,
        title="Stop after",
        description="Epochs after which the run ends, its schedule unchanged; 0 trains all.",
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
        description="How many of the best checkpoints are kept beside the best one; 0 is none.",
    )

    @model_validator(mode="after")
    def _starts_from_one_place(self) -> TrainingConfig:
        if self.initial_checkpoint and self.branch_from:
            raise ValueError("a run starts from a checkpoint or branches from a state, not both")
        return self


class ValidationConfig(Section):
    """What is measured between epochs, and which checkpoint counts as best."""

    every_epochs: int = Field(
        1, ge=1, le=10_000, title="Validate every", description="Epochs between two validations."
    )
    monitor: Literal["loss", "cider_d", "rouge_l", "bleu_1", "bleu_4", "vocabulary"] = Field(
        "loss",
        title="Best by",
        description="Figure that decides the best checkpoint: the lowest loss or highest metric.",
    )
    caption_clips: int = Field(
        0,
        ge=0,
        title="Captioned clips",
        description="Validation clips captioned for CIDEr-D and vocabulary each time; 0 is none.",
    )
    previews: int = Field(
        4,
        ge=0,
        le=64,
        title="Preview clips",
        description="Fixed clips whose captions are kept each time.",
    )
    final_split: str = Field(
        "",
        title="Score at the end",
        description="Split on which the best checkpoint is scored by all metrics; empty is none.",
    )

    @model_validator(mode="after")
    def _metrics_need_captions(self) -> ValidationConfig:
        if self.monitor != "loss" and self.caption_clips < 2:
            raise ValueError(
                f"best by {self.monitor} needs at least 2 captioned clips, not {self.caption_clips}"
            )
        return self


class DecodingConfig(Section):
    """How a caption is searched for."""

    strategy: Literal["beam", "rerank"] = Field(
        "beam",
        title="Search",
        description="Beam search alone, or beam search and samples ranked also by how well they "
        "agree with the sounds that the encoder hears.",
    )
    beam_size: int = Field(
        3,
        ge=1,
        le=64,
        title="Beam size",
        description="Hypotheses kept at a time; 1 is greedy search.",
    )
    min_tokens: int = Field(
        3, ge=0, le=200, title="Shortest caption", description="Tokens before a caption may end."
    )
    max_tokens: int = Field(
        20,
        ge=1,
        le=200,
        title="Longest caption",
        description="Tokens at most, the end token included.",
    )
    forbid_repeated: Literal["content_words", "all", "none"] = Field(
        "content_words",
        title="No repetition of",
        description="Words that may not appear twice; content words are all but stopwords.",
    )
    samples: int = Field(
        10,
        ge=0,
        le=256,
        title="Samples",
        description="Captions drawn beside the beams when reranking, for each start token.",
    )
    top_p: float = Field(
        0.9,
        gt=0,
        le=1,
        title="Top p",
        description="Share of probability that sampled words are drawn from.",
    )
    temperature: float = Field(
        1.0,
        gt=0,
        le=10,
        title="Temperature",
        description="What logits are divided by before drawing; below 1 stays closer to the beams.",
    )
    start_words: str = Field(
        "",
        title="Further styles",
        description="Words of the vocabulary, separated by blanks, that captions also grow from "
        "when reranking, for models that know several styles.",
    )
    log_prob_weight: float = Field(
        0.8,
        ge=0,
        le=100,
        title="Weight of likelihood",
        description="How much the model's own log-probability counts when reranking.",
    )
    precision_weight: float = Field(
        3.0,
        ge=0,
        le=100,
        title="Weight of precision",
        description="How much it counts that what a caption names is heard.",
    )
    coverage_weight: float = Field(
        2.0,
        ge=0,
        le=100,
        title="Weight of coverage",
        description="How much it counts that what is heard clearly is named.",
    )
    order_weight: float = Field(
        1.0,
        ge=0,
        le=100,
        title="Weight of order",
        description="How much it counts that sounds are told in the order they are heard.",
    )
    consensus_weight: float = Field(
        1.5,
        ge=0,
        le=100,
        title="Weight of consensus",
        description="How much it counts that the other candidates name the same sounds.",
    )

    @model_validator(mode="after")
    def _lengths_are_ordered(self) -> DecodingConfig:
        if self.min_tokens >= self.max_tokens:
            raise ValueError(
                f"shortest caption {self.min_tokens} must be below "
                f"longest caption {self.max_tokens}"
            )
        return self
