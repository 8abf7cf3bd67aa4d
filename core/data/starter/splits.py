"""Which recordings each split may use."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import numpy as np

from core.data.starter.recordings import Recording

SPLITS = ("train", "validation", "test")

Pools = dict[str, dict[str, tuple[Recording, ...]]]


def split_recordings(recordings: Iterable[Recording]) -> Pools:
    """Deal the recordings out to the splits: split -> class -> its recordings.

    A class with a single recording goes to all splits. Of any other class no recording is in two
    splits: train gets most, validation and test about a sixth each, and of two recordings one goes
    to train and the other to validation or test. Which one goes where depends on the class name
    alone, so the splits are the same for every seed.
    """
    classes: dict[str, list[Recording]] = {}
    for recording in recordings:
        classes.setdefault(recording.sound, []).append(recording)
    pools: dict[str, dict[str, list[Recording]]] = {split: {} for split in SPLITS}
    for sound, members in sorted(classes.items()):
        if len(members) == 1:
            for split in SPLITS:
                pools[split][sound] = members
            continue
        # Textures and single sounds are dealt apart: each split should have both to mix.
        for texture in (False, True):
            group = [member for member in members if (member.kind == "background") is texture]
            for split, part in zip(SPLITS, _deal(sound, group), strict=True):
                pools[split].setdefault(sound, []).extend(part)
    return {
        split: {sound: tuple(members) for sound, members in pool.items() if members}
        for split, pool in pools.items()
    }


def _deal(sound: str, group: list[Recording]) -> tuple[list[Recording], ...]:
    code = zlib.crc32(sound.encode())
    order = np.random.default_rng(code).permutation(len(group))
    shuffled = [group[i] for i in order]
    if len(group) == 2:
        held = [shuffled[1:], []] if code % 2 else [[], shuffled[1:]]
        return shuffled[:1], held[0], held[1]
    each = 0 if len(group) < 3 else max(1, round(len(group) / 6))
    return shuffled[2 * each :], shuffled[:each], shuffled[each : 2 * each]
