"""Training data without paired recordings: sequences of tags simulated from captions alone.

`SimulatedStarter` is the dataset, `TagSimulator` draws the sequences, `SimulatedClips` is the split
that a trainer cuts batches out of. ``resources/models/starter/README.md`` tells the whole recipe.
"""

from core.data.simulated.dataset import ENCODER, SimulatedStarter

__all__ = ["ENCODER", "SimulatedStarter"]
