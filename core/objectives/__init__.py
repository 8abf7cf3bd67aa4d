"""Loss terms: cross-entropy, and the contrastive ones that may be added to it."""
