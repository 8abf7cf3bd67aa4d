"""One optimiser step: what its gradients are clipped to, and what is told of them."""

from __future__ import annotations

import pytest
import torch

from core.events import StepLogged
from core.runs import RunFolder
from core.training.prepare import Prepared
from tests.core.training.conftest import tiny_config
from tests.core.training.test_trainer import same_weights, trainer, weights


@pytest.mark.parametrize("limit", [0.01, 1000.0, 0.0])
def test_gradients_are_clipped_to_the_norm_asked_for_and_told_whole(
    folder: RunFolder, data: Prepared, limit: float
) -> None:
    made = trainer(tiny_config(optimizer={"clip_norm": limit}), folder, data)
    before = weights(made)
    events = made.run()
    step = next(event for event in events if isinstance(event, StepLogged))
    gradients = [weight.grad for weight in made.model.parameters() if weight.grad is not None]
    norm = float(torch.cat([gradient.flatten() for gradient in gradients]).norm())
    assert step.gradient_norm > 0.01
    after = weights(made)
    events.close()  # type: ignore[attr-defined]
    # Without a limit, or below it, the gradients are left as they are.
    assert norm == pytest.approx(0.01 if limit == 0.01 else step.gradient_norm, rel=1e-3)
    assert not same_weights(before, after)
