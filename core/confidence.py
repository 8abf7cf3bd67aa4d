"""How probable it is that a caption is right, and what is said when it is not very probable.

A logistic model on a few signs of a good caption (`signs_of`), fitted on clips whose captions were
judged (`fit`), and kept as a small JSON file beside its checkpoint: ``NAME.confidence.json`` for
``NAME.safetensors``. A checkpoint without one has no confidence.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.captions import Wording
from core.decoding.agreement import agreement
from core.decoding.clip_tags import ClipTags
from core.errors import CheckpointError
from core.files import read_json, write_text_atomic

SIGNS = ("log_prob", "precision", "weakest", "coverage", "loudest_tag", "seconds")
SUFFIX = ".confidence.json"
SILENCE_TEXT = "silence or very quiet sound"
# A quiet room through a microphone stays below; the faintest of recordings is above.
SILENCE_DB = -60.0
_LOUDEST_SECONDS = 0.4


@dataclass(frozen=True, slots=True)
class Confidence:
    """A fitted model.

    Attributes
    ----------
    weights
        One for each of `SIGNS`, on standardised values.
    bias
        The logarithm of the odds where all signs have their mean.
    means, scales
        (len(SIGNS),) means and standard deviations of the signs where it was fitted.
    soft_below
        Probability below which a caption is worded as a possibility.
    fitted_on
        What clips, in words.
    """

    weights: tuple[float, ...]
    bias: float
    means: tuple[float, ...]
    scales: tuple[float, ...]
    soft_below: float
    fitted_on: str

    def probability(self, signs: Sequence[float]) -> float:
        """Return the probability that a caption with these signs is right."""
        standard = (np.asarray(signs) - self.means) / self.scales
        odds = float(np.clip(standard, -4, 4) @ np.asarray(self.weights)) + self.bias
        return 1 / (1 + math.exp(-min(max(odds, -30.0), 30.0)))

    def save(self, path: Path) -> None:
        """Write the model, whole or not at all."""
        content = {"signs": SIGNS, **asdict(self)}
        write_text_atomic(path, json.dumps(content, indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> Confidence:
        """Read a model. Raises `CheckpointError` when it is damaged or of other signs."""
        try:
            content = read_json(path)
            if tuple(content.pop("signs")) != SIGNS:
                raise ValueError("it was fitted on other signs")
            made = cls(
                tuple(map(float, content["weights"])),
                float(content["bias"]),
                tuple(map(float, content["means"])),
                tuple(map(float, content["scales"])),
                float(content["soft_below"]),
                str(content["fitted_on"]),
            )
            if {len(made.weights), len(made.means), len(made.scales)} != {len(SIGNS)}:
                raise ValueError("a number is missing")
            if min(made.scales) <= 0 or not all(map(math.isfinite, (*made.weights, made.bias))):
                raise ValueError("a number is not usable")
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise CheckpointError(
                f"{path} cannot be read ({error}); remove it to caption without confidence."
            ) from error
        return made


def confidence_path(checkpoint: Path | str) -> Path:
    """Return where the confidence of a checkpoint is kept."""
    return Path(checkpoint).with_suffix(SUFFIX)


def confidence_of(checkpoint: Path | str) -> Confidence | None:
    """Return the confidence that belongs to a checkpoint, or None where there is none."""
    path = confidence_path(checkpoint)
    return Confidence.load(path) if path.is_file() else None


def signs_of(
    text: str, log_prob: float, tags: ClipTags | None, seconds: float
) -> tuple[float, ...]:
    """Return the signs of a caption, in the order of `SIGNS`.

    Parameters
    ----------
    text
        The caption.
    log_prob
        Its mean log-probability per token.
    tags
        The sound classes that the encoder predicts; None counts as none.
    seconds
        Length of the sound; its logarithm is what counts.
    """
    duration = math.log(min(max(seconds, 0.1), 30.0))
    if tags is None:
        return (log_prob, 0.0, 0.0, 0.0, 0.0, duration)
    found = agreement(text, tags)
    strongest = tags.strongest(1)
    return (
        log_prob,
        found.precision,
        found.weakest,
        found.coverage,
        strongest[0][1] if strongest else 0.0,
        duration,
    )


def fit(
    signs: NDArray[np.float64],
    right: NDArray[np.bool_],
    *,
    soft_below: float,
    fitted_on: str,
    ridge: float = 1.0,
) -> Confidence:
    """Fit a logistic model by Newton's method.

    Parameters
    ----------
    signs
        (N, len(SIGNS)) one row a caption.
    right
        (N,) whether it was judged right; both must occur.
    ridge
        Strength of the penalty on squared weights, as if so many more clips said nothing.

    Raises
    ------
    ValueError
        When all captions are right, or all wrong: nothing can be learnt then.
    """
    if right.all() or not right.any():
        raise ValueError("captions that are right and captions that are wrong are both needed")
    means, scales = signs.mean(axis=0), signs.std(axis=0)
    scales = np.where(scales < 1e-9, 1.0, scales)
    rows = np.column_stack((np.clip((signs - means) / scales, -4, 4), np.ones(len(signs))))
    penalty = np.diag([ridge] * signs.shape[1] + [0.0])
    weights = np.zeros(rows.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (chance - right) + penalty @ weights
        curve = (rows * (chance * (1 - chance))[:, None]).T @ rows + penalty
        step = np.linalg.solve(curve + 1e-9 * np.eye(len(weights)), slope)
        weights = weights - step
        if np.abs(step).max() < 1e-9:
            break
    return Confidence(
        tuple(map(float, weights[:-1])),
        float(weights[-1]),
        tuple(map(float, means)),
        tuple(map(float, scales)),
        soft_below,
        fitted_on,
    )


def loudest_db(samples: NDArray[np.float32], sample_rate: int) -> float:
    """Return the level of the loudest 0.4 s of samples (n,) in dB of full scale; -inf for none.

    The mean over that stretch is taken off first: a constant makes no sound.
    """
    if not len(samples):
        return -math.inf
    length = min(len(samples), max(1, round(_LOUDEST_SECONDS * sample_rate)))
    wave = samples.astype(np.float64)
    sums = np.concatenate(([0.0], np.cumsum(wave)))
    squares = np.concatenate(([0.0], np.cumsum(wave * wave)))
    mean = (sums[length:] - sums[:-length]) / length
    power = (squares[length:] - squares[:-length]) / length - mean * mean
    loudest = float(power.max())
    return 10 * math.log10(loudest) if loudest > 1e-20 else -math.inf


def worded(text: str, probability: float | None, model: Confidence | None) -> tuple[str, Wording]:
    """Return a caption as it is said, and how: plainly, or as a possibility."""
    if model is None or probability is None or probability >= model.soft_below or not text:
        return text, "plain"
    return f"possibly {text}", "possible"
