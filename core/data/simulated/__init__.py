"""Training data without paired recordings: sequences of tags simulated from captions alone.

Recipe: starter-captioner.md. `SimulatedStarter` is the dataset, `TagSimulator` draws the sequences,
`SimulatedClips` is the split that a trainer cuts batches out of.
"""

from core.data.simulated.dataset import ENCODER, SimulatedStarter

__all__ = ["ENCODER", "SimulatedStarter"]
