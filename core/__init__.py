"""The engine of AAC Studio: data, models, training, captioning, evaluation. It knows no Qt."""

import os

# Torch's threads then sleep between parallel sections instead of spinning: next to a window, or on
# a machine that others use too, spinning threads take the cores from whoever has work to do (a
# training step was 1.5 times faster beside one busy process, and as fast on an idle machine).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# oneDNN keeps what it compiled for each shape of its operands, 1,024 of them unless it is told.
# Sounds and captions come in any length: over a thousand files that took 150 MB more, and made
# nothing faster.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256")
