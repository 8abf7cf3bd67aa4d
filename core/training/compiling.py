"""Training with compiled steps where a compiler is at hand."""

from __future__ import annotations

import warnings

import torch

from core.models.caption_model import CaptionModel
from core.models.fusing import fused


def compile_steps(model: CaptionModel, device: torch.device) -> str:
    """Compile what can be; return a sentence where that fails, and leave the model as it is."""
    # Dynamo looks at .grad of whatever it is given, and torch takes that for a mistake.
    warnings.filterwarnings("ignore", message="The .grad attribute of a Tensor that is not a leaf")
    try:
        model.fuse(fused(model.settings.activation, device))
    except Exception as error:  # The compiler's errors are of many kinds, and none is fatal.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return f"torch.compile does not work here ({reason}), so the run goes on without it."
    return ""
