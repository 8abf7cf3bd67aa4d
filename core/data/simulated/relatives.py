"""Which tags fire beside a tag: what the classifier confuses it with, and what stands above it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

RELATIVES = 12
PARENTS = 3

# Classes that stand above a range of YAMNet's classes, which are in the order of the ontology:
# name of the parent, first and last name below it.
_FAMILIES = (
    ("Speech", "Child speech, kid speaking", "Speech synthesizer"),
    ("Animal", "Domestic animals, pets", "Whale vocalization"),
    ("Domestic animals, pets", "Dog", "Hiss"),
    ("Dog", "Bark", "Whimper (dog)"),
    ("Cat", "Purr", "Caterwaul"),
    ("Livestock, farm animals, working animals", "Horse", "Honk"),
    ("Horse", "Clip-clop", "Neigh, whinny"),
    ("Cattle, bovinae", "Moo", "Cowbell"),
    ("Pig", "Oink", "Oink"),
    ("Goat", "Bleat", "Bleat"),
    ("Fowl", "Chicken, rooster", "Honk"),
    ("Chicken, rooster", "Cluck", "Crowing, cock-a-doodle-doo"),
    ("Duck", "Quack", "Quack"),
    ("Goose", "Honk", "Honk"),
    ("Wild animals", "Roaring cats (lions, tigers)", "Whale vocalization"),
    ("Bird", "Bird vocalization, bird call, bird song", "Bird flight, flapping wings"),
    ("Pigeon, dove", "Coo", "Coo"),
    ("Crow", "Caw", "Caw"),
    ("Owl", "Hoot", "Hoot"),
    ("Insect", "Cricket", "Bee, wasp, etc."),
    ("Frog", "Croak", "Croak"),
    ("Music", "Musical instrument", "Scary music"),
    ("Musical instrument", "Plucked string instrument", "Singing bowl"),
    ("Percussion", "Drum kit", "Steelpan"),
    ("Water", "Rain", "Waves, surf"),
    ("Vehicle", "Boat, Water vehicle", "Skateboard"),
    ("Motor vehicle (road)", "Car", "Traffic noise, roadway noise"),
    ("Rail transport", "Train", "Subway, metro, underground"),
    ("Aircraft", "Aircraft engine", "Fixed-wing aircraft, airplane"),
    ("Siren", "Police car (siren)", "Fire engine, fire truck (siren)"),
    ("Engine", "Light engine (high frequency)", "Accelerating, revving, vroom"),
    ("Door", "Doorbell", "Knock"),
    ("Alarm", "Telephone", "Steam whistle"),
    ("Mechanisms", "Ratchet, pawl", "Single-lens reflex camera"),
    ("Tools", "Hammer", "Drill"),
    ("Explosion", "Gunshot, gunfire", "Boom"),
    ("Wood", "Chop", "Crack"),
    ("Glass", "Chink, clink", "Shatter"),
    ("Liquid", "Splash, splatter", "Boiling"),
)


def parents_of(names: Sequence[str]) -> Tensor:
    """Return (C, 3) numbers of the classes above each class, -1 where there are fewer."""
    table = torch.full((len(names), PARENTS), -1)
    for parent, first, last in _FAMILIES:
        for number in range(names.index(first), names.index(last) + 1):
            free = (table[number] < 0).nonzero()
            if len(free) and number != names.index(parent):
                table[number, free[0, 0]] = names.index(parent)
    return table


def affinities(weight: Tensor, together: Tensor | None = None) -> Tensor:
    """Return (C, C) how readily each class fires beside another, 0..1, own place 0.

    Parameters
    ----------
    weight
        (C, D) rows of the classifier. Their cosine, after the mean and the three directions that
        all rows share are taken out, says which classes are taken for one another.
    together
        (C, C) share of the recordings named for the row's class in which the column's class fires;
        NaN in rows of classes without recordings.
    """
    centred = (weight - weight.mean(0)).double()
    _, _, axes = torch.linalg.svd(centred, full_matrices=False)
    bare = centred - centred @ axes[:3].T @ axes[:3]
    unit = bare / bare.norm(dim=1, keepdim=True)
    # Real affinities of neighbours are about twice as high as their cosine.
    likeness = (2 * (unit @ unit.T)).clamp(0, 0.9).float()
    if together is not None:
        known = ~together.isnan()
        likeness = torch.where(known, 0.4 * likeness + 0.6 * together.nan_to_num(), likeness)
    return likeness.fill_diagonal_(0)


def nearest(affinity: Tensor) -> tuple[Tensor, Tensor]:
    """Return the numbers (C, 12) and affinities (C, 12) of each class's nearest."""
    found = affinity.topk(RELATIVES, dim=1)
    return found.indices, found.values
