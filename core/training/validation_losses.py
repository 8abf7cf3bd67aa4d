"""The losses on a split, as they are measured between epochs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from core.data.batches import CaptionedClips
from core.data.tokenizer import PAD
from core.events import Event, Progress
from core.models.caption_model import CaptionModel
from core.models.layout import pack
from core.objectives.cross_entropy import mean_per_caption
from core.objectives.inputs import ContrastInputs, decode_captions
from core.objectives.space import space_figures
from core.training.losses import ActiveTerm
from core.training.random_streams import generator

PHASE = "Validating"


@torch.inference_mode()
def validation_losses(
    model: CaptionModel,
    terms: Sequence[ActiveTerm],
    data: CaptionedClips,
    batch_size: int,
) -> Generator[Event, None, dict[str, float]]:
    """Measure the losses on a split: no smoothing, no mixup, no dropout.

    The cross-entropy is averaged over the tokens of a caption, then over the captions of a clip,
    then over clips. Where all clips have equally many captions, as in Clotho, that equals the
    baseline's val/loss; elsewhere the baseline averages over all captions of a batch at once
    (``masked_mean`` in its ``validation_step``), so that its value depends on which clips share a
    batch, and this one does not. Contrastive terms compare the first two captions of each clip,
    and the space that each shapes is measured over the whole split (`space_figures`). "total" is
    the sum weighted by the terms' weights.
    """
    model.eval()
    sums: dict[str, float] = defaultdict(float)
    pairs: dict[str, list[tuple[Tensor, Tensor]]] = defaultdict(list)
    batches = list(torch.arange(len(data)).split(batch_size))
    data.expect(batches)
    for number, clips in enumerate(batches):
        yield Progress(phase=PHASE, done=number, total=len(batches))
        sums["ce"] += float(_clip_losses(model, data, clips).sum())
        inputs = _contrast_inputs(model, data, clips)
        for term in terms:
            output = term.objective(inputs)
            sums[term.objective.name] += float(output.loss) * len(clips)
            for name, value in output.figures.items():
                sums[f"{term.objective.name}/{name}"] += float(value) * len(clips)
            if output.pairs is not None:
                pairs[term.objective.name].append(output.pairs)
    losses = {name: value / len(data) for name, value in sums.items()}
    for name, parts in pairs.items():
        first, second = (torch.cat(tables) for tables in zip(*parts, strict=True))
        losses |= {f"{name}/{key}": value for key, value in space_figures(first, second).items()}
    weighted = [term.weight * losses[term.objective.name] for term in terms if term.weight]
    losses["total"] = losses["ce"] + sum(weighted)
    return losses


def _clip_losses(model: CaptionModel, data: CaptionedClips, clips: Tensor) -> Tensor:
    """Return the mean loss of each clip's captions, (B,)."""
    counts = data.caption_counts[clips]
    rows = torch.repeat_interleave(torch.arange(len(clips)), counts)
    captions = torch.cat([torch.arange(int(count)) for count in counts])
    batch = data.batch(clips, torch.zeros_like(clips))
    memory = model.with_keys_values(model.project(batch.frames, batch.frame_lengths))
    tokens = data.captions(clips[rows], captions)
    device = tokens.device
    rows = rows.to(device)
    view = decode_captions(model, tokens, memory.select(rows))
    layout, targets = pack(view.valid.cpu(), device), tokens[:, 1:]
    of_rows = functional.cross_entropy(
        model.classify(layout.rows(view.hidden)),
        layout.rows(targets),
        ignore_index=PAD,
        reduction="none",
    )
    losses = mean_per_caption(layout.padded(of_rows[:, None])[..., 0], targets, PAD)
    sums = torch.zeros(len(clips), device=device).index_add_(0, rows, losses)
    return sums / counts.to(device)


def _contrast_inputs(model: CaptionModel, data: CaptionedClips, clips: Tensor) -> ContrastInputs:
    second = torch.where(data.caption_counts[clips] > 1, 1, 0)
    batch = data.batch(clips, torch.zeros_like(clips))
    # The same draws at every validation, so that its figures are comparable.
    draws = generator(0, "validation-negatives", int(clips[0]))
    others = data.captions(clips, second)
    sentences = data.sentences(clips, torch.zeros_like(clips))
    return ContrastInputs(model, batch, others, draws, None, "validation", sentences)
