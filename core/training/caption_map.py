"""A picture of the space that contrast shapes: captions of a few clips on two principal axes."""

from __future__ import annotations

import torch
from torch.nn import functional

from core.data.batches import CaptionedClips
from core.events import CaptionsMapped
from core.models.caption_model import CaptionModel
from core.objectives.inputs import decode_captions
from core.objectives.pooling import pool_caption

CLIPS_MAPPED = 12


@torch.inference_mode()
def map_captions(
    model: CaptionModel,
    data: CaptionedClips,
    epoch: int,
    step: int,
    at_once: int = CLIPS_MAPPED,
) -> CaptionsMapped:
    """Map all captions of the first `CLIPS_MAPPED` clips of a split, `at_once` clips at a time.

    A caption is represented by the mean of its decoder states with audio, normalised to unit
    length, as in caption NT-Xent; the axes are the first two principal components of these.
    """
    was_training = model.training
    model.eval()
    counts = data.caption_counts[:CLIPS_MAPPED]
    clips = torch.arange(len(counts))
    rows = torch.repeat_interleave(clips, counts)
    numbers = torch.cat([torch.arange(int(count)) for count in counts])
    parts = []
    for part in clips.split(at_once):
        batch = data.batch(part, torch.zeros_like(part))
        memory = model.with_keys_values(model.project(batch.frames, batch.frame_lengths))
        own = (rows >= part[0]) & (rows <= part[-1])
        tokens = data.captions(rows[own], numbers[own])
        places = (rows[own] - part[0]).to(tokens.device)
        parts.append(pool_caption(decode_captions(model, tokens, memory.select(places)), "mean"))
    pooled = torch.cat(parts)
    model.train(was_training)
    points, explained = principal_plane(functional.normalize(pooled, dim=-1))
    return CaptionsMapped(
        epoch=epoch,
        step=step,
        clips=tuple(data.ids[row] for row in rows.tolist()),
        captions=tuple(
            data.references[row][number]
            for row, number in zip(rows.tolist(), numbers.tolist(), strict=True)
        ),
        points=tuple((x, y) for x, y in points.tolist()),
        explained=explained,
    )


def principal_plane(table: torch.Tensor) -> tuple[torch.Tensor, float]:
    """Return (N, 2) coordinates on the principal axes of (N, E), and the share of variance shown.

    Each axis points to where its largest component is positive, so equal tables give equal maps.
    """
    # On the CPU, since not every device has double precision.
    centred = (table - table.mean(dim=0)).cpu().double()
    _, strengths, axes = torch.linalg.svd(centred, full_matrices=False)
    kept = axes[:2]
    signs = kept.gather(1, kept.abs().argmax(dim=1, keepdim=True)).sign()
    points = centred @ (kept * signs).T
    if points.shape[1] < 2:
        points = functional.pad(points, (0, 2 - points.shape[1]))
    total = float(strengths.square().sum())
    shown = float(strengths[:2].square().sum()) / total if total > 0 else 1.0
    return points, shown
