"""One micro-batch: forward passes, loss terms, gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.config import ObjectiveConfig, RunConfig
from core.data.batches import Batch, CaptionedClips
from core.data.tokenizer import PAD
from core.models.caption_model import AudioMemory, CaptionModel
from core.objectives.base import CaptionView, ContrastBatch, Objective, scheduled_weight
from core.objectives.build import build_objective
from core.objectives.cross_entropy import training_cross_entropy
from core.training.mixup import draw_mixup
from core.training.random_streams import generator, seed_global


@dataclass(frozen=True, slots=True)
class ActiveTerm:
    """A contrastive term in an epoch; with weight 0 it is watched but moves nothing."""

    objective: Objective
    weight: float


class Losses:
    """The loss terms of a run: cross-entropy and the contrastive objectives.

    `heads` holds the objectives' own parameters, if any.
    """

    def __init__(self, config: RunConfig, model: CaptionModel) -> None:
        self.config = config
        self.model = model
        seed_global(config.seed, "objectives")
        self._objectives = [
            (build_objective(item, config.model.d_model), item) for item in config.objectives
        ]
        self.heads = nn.ModuleDict({item.name: made for made, item in self._objectives})

    def active(self, epoch: int) -> list[ActiveTerm]:
        """Return the contrastive terms that are computed in an epoch."""
        return [
            ActiveTerm(objective, scheduled_weight(item, epoch))
            for objective, item in self._objectives
            if within_schedule(item, epoch)
        ]

    def backward(
        self, data: CaptionedClips, epoch: int, number: int, chosen: tuple[Tensor, Tensor, Tensor]
    ) -> dict[str, Tensor]:
        """Add the gradients of micro-batch `number` of an epoch.

        Parameters
        ----------
        chosen
            Clip numbers (B,), the caption of each for the cross-entropy, and a second caption.

        Returns
        -------
        dict
            Unweighted terms by name, figures as "term/figure", and their weighted "total":
            detached scalars on the device.
        """
        clips, first, second = chosen
        settings, seed = self.config.training, self.config.seed
        batch = data.batch(clips, first)
        active = self.active(epoch)
        seed_global(seed, "dropout", epoch, number)
        states, memory = self._caption_pass(batch, epoch, number, share=bool(active))
        loss = training_cross_entropy(
            self.model.classify(states), batch.tokens[:, 1:], PAD, settings.label_smoothing
        )
        terms = {"ce": loss.detach()}
        for term in active:
            name = term.objective.name
            seed_global(seed, f"dropout-{name}", epoch, number)
            # Without a graph, a term of weight zero can be watched and moves nothing.
            with torch.set_grad_enabled(term.weight > 0):
                others = data.captions(clips, second)
                output = term.objective(
                    self._contrast_batch(batch, others, term.objective, states, memory)
                )
            if term.weight:
                loss = loss + term.weight * output.loss
            terms[name] = output.loss.detach()
            terms |= {f"{name}/{key}": value for key, value in output.figures.items()}
        terms["total"] = loss.detach()
        # Always by the full count, as the baseline's framework does it: the last, shorter group of
        # an epoch makes a smaller step.
        (loss / settings.accumulate).backward()  # type: ignore[no-untyped-call]
        return terms

    def _caption_pass(
        self, batch: Batch, epoch: int, number: int, share: bool
    ) -> tuple[Tensor, AudioMemory | None]:
        """Run the cross-entropy's forward pass.

        Returns the decoder states, and what the decoder heard where it is un-mixed and is to be
        shared with other captions of the same clips.
        """
        alpha, size = self.config.training.mixup_alpha, len(batch.clips)
        inputs = batch.tokens[:, :-1]
        padding = inputs == PAD
        embeddings = self.model.embed(inputs)
        if alpha and size > 1:
            mixup = draw_mixup(size, alpha, generator(self.config.seed, "mixup", epoch, number))
            frames, lengths = mixup.frames(batch.frames, batch.frame_lengths)
            memory = self.model.project(frames, lengths)
            return self.model.decode(mixup.embeddings(embeddings), padding, memory), None
        memory = self.model.project(batch.frames, batch.frame_lengths)
        if share:
            memory = self.model.listen(memory)
        return self.model.decode(embeddings, padding, memory), memory

    def _contrast_batch(
        self,
        batch: Batch,
        others: Tensor,
        objective: Objective,
        states: Tensor,
        memory: AudioMemory | None,
    ) -> ContrastBatch:
        """Make the two views; the cross-entropy's own pass is the first where it may be."""
        model = self.model
        inputs = batch.tokens[:, :-1]
        if not objective.hears_audio:
            memory = model.silence(len(batch.clips))
            states = model.decode_tokens(inputs, memory)
        elif memory is None:
            memory = model.listen(model.project(batch.frames, batch.frame_lengths))
            states = model.decode_tokens(inputs, memory)
        return ContrastBatch(
            batch.clips,
            CaptionView(states, inputs != PAD, inputs),
            caption_view(model, others, memory),
        )


def caption_view(model: CaptionModel, tokens: Tensor, memory: AudioMemory) -> CaptionView:
    """Decode captions (B, L) under teacher forcing, their last token left out as input."""
    inputs = tokens[:, :-1]
    return CaptionView(model.decode_tokens(inputs, memory), inputs != PAD, inputs)


def within_schedule(schedule: ObjectiveConfig, epoch: int) -> bool:
    """Say whether a term is computed in an epoch (from 0), whatever its weight."""
    ended = bool(schedule.end_epoch) and epoch >= schedule.end_epoch
    return schedule.start_epoch <= epoch and not ended


def mean_terms(gathered: Sequence[dict[str, Tensor]]) -> dict[str, float]:
    """Average the terms of the micro-batches of a step; the only place that asks the device."""
    names = list(gathered[0])
    table = torch.stack([torch.stack([terms[name] for name in names]) for terms in gathered])
    return dict(zip(names, table.mean(dim=0).tolist(), strict=True))
