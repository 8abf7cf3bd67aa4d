"""Counter-based randomness: every draw has a name and a position, and depends on nothing else.

A draw is made by a generator seeded from (run seed, stream name, counters such as epoch and batch),
never from what was drawn before. So a resumed run repeats the draws of one that was never stopped,
two arms of a comparison share their data order, and switching a loss term on or off changes no
other draw; only dropout masks differ where a term's captions are decoded in the same batch.
"""

from __future__ import annotations

import hashlib

import torch


def seed_of(seed: int, stream: str, *counters: int) -> int:
    """Return a 63-bit seed for one position of one stream."""
    text = ":".join([str(seed), stream, *map(str, counters)])
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def generator(seed: int, stream: str, *counters: int) -> torch.Generator:
    """Return a CPU generator for one position of one stream."""
    return torch.Generator().manual_seed(seed_of(seed, stream, *counters))


def seed_global(seed: int, stream: str, *counters: int) -> None:
    """Seed torch's own generators, on which dropout draws, for one position of one stream."""
    torch.manual_seed(seed_of(seed, stream, *counters))
