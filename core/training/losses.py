"""One micro-batch: forward passes, loss terms, gradients."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.config import RunConfig
from core.data.batches import Batch, CaptionedClips
from core.data.tokenizer import PAD
from core.models.caption_model import CaptionModel
from core.models.layout import pack
from core.objectives.base import Objective
from core.objectives.build import build_objective
from core.objectives.cross_entropy import training_cross_entropy
from core.objectives.inputs import (
    NO_PEERS,
    CaptionPass,
    ContrastInputs,
    Peers,
    decode_both,
    decode_captions,
)
from core.training.batch_parts import MicroBatch, Part
from core.training.compiling import compile_steps
from core.training.mixup import Mixup, draw_mixup
from core.training.precision import arithmetic, usable_precision
from core.training.prepare import Prepared
from core.training.random_streams import generator, seed_global


@dataclass(frozen=True, slots=True)
class ActiveTerm:
    """A contrastive term in an epoch; with weight 0 it is logged but trains nothing."""

    objective: Objective
    weight: float


class Losses:
    """The loss terms of a run: cross-entropy and the contrastive objectives.

    `heads` holds the objectives' own parameters, if any; `warning` is a sentence if the device
    cannot compute as configured, else empty.
    """

    def __init__(self, config: RunConfig, model: CaptionModel, data: Prepared) -> None:
        self.config = config
        self.model = model
        self._device = data.train.tokens.device
        self._precision, warning = usable_precision(config.training.precision, self._device)
        compiling = compile_steps(model, self._device) if config.training.compile else ""
        self.warning = " ".join(filter(None, (warning, compiling)))
        self._splits = {"train": data.train, "validation": data.validation}
        clips = {split: len(part) for split, part in self._splits.items()}
        sentences = data.train.sentence_embeddings
        sentence_dim = 0 if sentences is None else sentences.shape[-1]
        seed_global(config.seed, "objectives")
        self._objectives = [
            (build_objective(item, config.model.d_model, clips, sentence_dim), item)
            for item in config.objectives
        ]
        self.heads = nn.ModuleDict({item.name: made for made, item in self._objectives})

    def begin_epoch(self, epoch: int) -> None:
        """Prepare the epoch's objectives."""
        for term in self.active(epoch):
            term.objective.begin_epoch(epoch, self.model, self._splits)

    def active(self, epoch: int) -> list[ActiveTerm]:
        """Return the contrastive terms that are computed in an epoch."""
        return [
            ActiveTerm(objective, item.weight_in(epoch))
            for objective, item in self._objectives
            if item.counts_in(epoch)
        ]

    def backward(
        self,
        data: CaptionedClips,
        epoch: int,
        number: int,
        micro_batch: MicroBatch,
        part: Part | None = None,
    ) -> dict[str, Tensor]:
        """Add the gradients of micro-batch `number` of an epoch, or of a part of it.

        Parameters
        ----------
        micro_batch
            The clips and their captions.
        part
            Which of its clips, if not all of them.

        Returns
        -------
        dict
            Unweighted terms by name, figures as "term/figure", and their weighted "total", scaled
            by the part's shares: detached scalars on the device. The first micro-batch of an epoch
            also has each term's gradient norm.
        """
        with arithmetic(self._precision, self._device):
            loss, terms = self._forward(data, epoch, number, micro_batch, part)
        # Always divided by the full count, as in the baseline's framework, so the last, shorter
        # group of an epoch makes a smaller step. A joined batch counts as that many batches.
        settings = self.config.training
        joined = math.ceil(len(micro_batch.clips) / settings.batch_size)
        (loss * joined / settings.accumulate).backward()
        return terms

    def _forward(
        self,
        data: CaptionedClips,
        epoch: int,
        number: int,
        micro_batch: MicroBatch,
        part: Part | None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the weighted sum of the terms with its graph, and what `backward` returns."""
        rows = slice(None) if part is None else part.rows
        clips, first, second = (numbers[rows] for numbers in micro_batch)
        peers, token_share, clip_share = (
            (NO_PEERS, 1.0, 1.0)
            if part is None
            else (part.peers, part.token_share, part.clip_share)
        )
        settings, seed = self.config.training, self.config.seed
        batch = data.batch(clips, first)
        active = self.active(epoch)
        place = (epoch, number) if part is None else (epoch, number, part.index)
        others = data.captions(clips, second) if active else batch.tokens
        together = any(term.weight and term.objective.uses_second_captions for term in active)
        seed_global(seed, "dropout", *place)
        hidden, shared = self._caption_pass(
            batch, data, (epoch, number), micro_batch, rows, others if together else None
        )
        # Logits are large, so those of padding are not computed.
        steps = torch.arange(hidden.shape[1])
        words_only = pack(steps < data.token_lengths[clips, first][:, None] - 1, hidden.device)
        loss = training_cross_entropy(
            self.model.classify(words_only.rows(hidden)),
            words_only.rows(batch.tokens[:, 1:]),
            PAD,
            settings.label_smoothing,
        )
        terms = {"ce": loss.detach()}
        if active and number == 0:
            terms["ce/gradient-norm"] = self._gradient_norm(loss, peers, token_share)
        loss = loss if part is None else loss * token_share
        # Terms of weight 0 are computed without a graph, on inputs of their own: a result cached
        # there has no graph and must not be reused by a term that trains.
        for watched in (False, True):
            draws = generator(seed, "negatives", epoch, number)
            inputs = ContrastInputs(
                self.model,
                batch,
                others,
                draws,
                shared,
                "train",
                data.sentences(clips, first),
                peers,
            )
            for term in (item for item in active if (item.weight == 0) is watched):
                name = term.objective.name
                seed_global(seed, f"dropout-{name}", *place)
                with torch.set_grad_enabled(not watched):
                    output = term.objective(inputs)
                if not watched:
                    loss = loss + (term.weight * clip_share) * output.loss
                    if number == 0:
                        norm = self._gradient_norm(output.loss, peers, clip_share)
                        terms[f"{name}/gradient-norm"] = norm
                terms[name] = output.loss.detach()
                terms |= {f"{name}/{key}": value for key, value in output.figures.items()}
        terms["total"] = loss.detach()
        return loss, terms

    def _gradient_norm(self, loss: Tensor, peers: Peers, share: float) -> Tensor:
        """Return the L2 norm of an unweighted term's gradient over the caption model's weights."""
        weights = [weight for weight in self.model.parameters() if weight.requires_grad]
        with arithmetic("fp32", self._device):
            gradients = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True)
        if all(gradient is None for gradient in gradients):
            return loss.new_zeros(())
        return peers.gradient_norm(gradients, share)

    def _caption_pass(
        self,
        batch: Batch,
        data: CaptionedClips,
        place: tuple[int, int],
        micro_batch: MicroBatch,
        rows: slice,
        others: Tensor | None,
    ) -> tuple[Tensor, CaptionPass | None]:
        """Run the cross-entropy's forward pass over `rows` of a micro-batch.

        Without mixup, second captions `others` are decoded in the same batch. Returns the decoder
        states of the first captions and, without mixup, the pass for objectives to reuse.
        """
        alpha, size = self.config.training.mixup_alpha, len(micro_batch.clips)
        if alpha and size > 1:
            mixup = draw_mixup(size, alpha, generator(self.config.seed, "mixup", *place))
            if len(batch.clips) < size:
                whole, mixup = _with_partners(data, micro_batch, rows, mixup)
            else:
                whole = batch
            frames, lengths = mixup.frames(whole.frames, whole.frame_lengths)
            mixed = mixup.embeddings(self.model.embed(whole.tokens[:, :-1]))
            own = len(batch.clips)
            memory = self.model.project(frames[:own], lengths[:own])
            real = batch.tokens[:, 1:] != PAD
            return self.model.decode_real(mixed[:own, : real.shape[1]], real, memory), None
        # Keys and values are always computed here, so that gradients are summed in the same order,
        # and thus to the same bits, whether or not an objective reuses them.
        memory = self.model.with_keys_values(self.model.project(batch.frames, batch.frame_lengths))
        if others is None:
            shared = CaptionPass(memory, decode_captions(self.model, batch.tokens, memory))
        else:
            both = decode_both(self.model, batch.tokens, others, memory)
            shared = CaptionPass(memory, *both)
        return shared.first.hidden[:, : batch.tokens.shape[1] - 1], shared


def _with_partners(
    data: CaptionedClips, micro_batch: MicroBatch, rows: slice, mixup: Mixup
) -> tuple[Batch, Mixup]:
    """Return a part's n clips followed by their n mixup partners, and the mixup of these 2n."""
    clips, first, _ = micro_batch
    partners = mixup.partners[rows]
    count = len(partners)
    both = torch.cat([torch.arange(len(clips))[rows], partners])
    swapped = torch.arange(2 * count).roll(count)
    return data.batch(clips[both], first[both]), Mixup(swapped, mixup.weight)
