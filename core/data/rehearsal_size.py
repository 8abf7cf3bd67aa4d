"""How often clips of one's own are shown among old ones (`core.data.rehearsal`). No torch."""

# Few clips are shown several times an epoch: about one among so many old captions.
_OLD_FOR_EACH = 6


def times_shown(own: int, old: int) -> int:
    """Return how often an epoch shows each of `own` clips besides `old` captions."""
    return max(1, round(old / (_OLD_FOR_EACH * own))) if own else 1
