"""Training with compiled kernels, if a compiler is available."""

from __future__ import annotations

import warnings

import torch

from core.models.caption_model import CaptionModel
from core.models.fusing import fused


def compile_steps(model: CaptionModel, device: torch.device) -> str:
    """Compile the decoder layers' element-wise kernels; return a sentence if that fails.

    The model is then left as it is.
    """
    # Dynamo reads .grad of its inputs, which torch warns about.
    warnings.filterwarnings("ignore", message="The .grad attribute of a Tensor that is not a leaf")
    try:
        model.fuse(fused(model.settings.activation, device))
    except Exception as error:  # The compiler's errors are of many kinds, and none is fatal.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return f"torch.compile does not work here ({reason}), so the run continues without it."
    return ""
