"""The tuning itself: YAMNet's last layers learn from mixtures what the untuned ones hear in each.

The targets are the untuned network's own tags of the clean sounds, put right by the sounds' names
(`core.training.encoder_tuning.labels`); what it hears are mixtures of two and bad recordings of
them (`core.training.encoder_tuning.mixing`): distillation with labels (Hinton, Vinyals and Dean,
2015). In the end the weights lie between the tuned and the untuned ones, which carries over better
to unlike recordings than either (Wortsman et al., WiSE-FT, CVPR 2022).
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from core.data.simulated.named_sounds import NamedSound, named_sounds
from core.models.encoders.yamnet import YamNet
from core.models.encoders.yamnet_frontend import log_magnitudes
from core.models.encoders.yamnet_network import YamNetNetwork
from core.models.encoders.yamnet_tuning import save_tuning
from core.training.encoder_tuning.labels import Labels, corrected, labels_of
from core.training.encoder_tuning.mixing import Draw, draw
from core.training.encoder_tuning.patches import Patches, join, read_patches

# The blocks of the network from here on learn; those before hear edges, so to speak.
_FIRST_BLOCK = 7
_STEPS, _QUICK_STEPS = 2400, 20
_BATCH = 64
_LEARNING_RATE = 3e-4
_WARM_UP = 0.1
_WEIGHT_DECAY = 1e-3
_MOST_GRADIENT = 2.0
# Sounds of one name with many patches are shown less often for each.
_BALANCE = 0.6
_FAINT_WEIGHT = 0.2
# Beside each tag on its own: the named class should come before all that are not heard.
_RANKING = 0.3
_TUNED_SHARE = 0.6
_AT_ONCE = 128
_EVERY = 20


@dataclass(frozen=True, slots=True)
class TuningStep:
    """How far the tuning is: `done` of `steps`, and the loss; `what` is done, in words."""

    what: str
    done: int
    steps: int
    loss: float | None = None


def tune_encoder(
    output: Path,
    *,
    quick: bool = False,
    seed: int = 0,
    sounds: tuple[NamedSound, ...] | None = None,
) -> Iterator[TuningStep]:
    """Tune YAMNet's last layers on named recordings and write the differences to `output`.

    About ten minutes on two CPU cores; `quick` only tries the way.

    Parameters
    ----------
    output
        The file; see `core.models.encoders.yamnet_tuning`.
    quick
        A few steps on few recordings.
    seed
        Seed of everything that is drawn.
    sounds
        The recordings; None for all that come with the program.

    Raises
    ------
    StudioError
        Recordings or YAMNet's weights are missing.
    """
    sounds = named_sounds() if sounds is None else sounds
    sounds = sounds[:: max(1, len(sounds) // 24)] if quick else sounds
    yamnet = YamNet()
    parts = []
    for part in read_patches(sounds, yamnet):
        parts.append(part)
        if len(parts) % 100 == 0:
            yield TuningStep("Reading recordings", int(part.owners[0]), len(sounds))
    patches, labels = join(parts), labels_of(sounds, yamnet.tag_names)
    del parts
    tuned = copy.deepcopy(yamnet.network).requires_grad_(False)
    learner = _Learner(yamnet.network, tuned, patches, labels, _weights(patches, sounds), seed)
    steps = _QUICK_STEPS if quick else _STEPS
    optimizer = torch.optim.AdamW(learner.parameters, lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, _LEARNING_RATE, total_steps=steps + 1, pct_start=_WARM_UP
    )
    for step in range(steps):
        loss = learner.loss()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learner.parameters, _MOST_GRADIENT)
        optimizer.step()
        schedule.step()
        if (step + 1) % _EVERY == 0:
            yield TuningStep("Tuning", step + 1, steps, float(loss.detach()))
    _move_towards(tuned, yamnet.network, _TUNED_SHARE)
    save_tuning(output, tuned, yamnet.network)


class _Learner:
    """The network that learns, its teacher, and what it is shown."""

    def __init__(
        self,
        teacher: YamNetNetwork,
        tuned: YamNetNetwork,
        patches: Patches,
        labels: Labels,
        weights: Tensor,
        seed: int,
    ) -> None:
        self._tuned, self._patches, self._labels, self._weights = tuned, patches, labels, weights
        self._generator = torch.Generator().manual_seed(seed)
        self.parameters = tuned.parameters_from(_FIRST_BLOCK)
        for parameter in self.parameters:
            parameter.requires_grad_(True)
        # Half precision is enough for targets, and half the memory.
        self._targets = torch.cat(
            [
                corrected(_heard(teacher, part), labels, owners, loud).half()
                for part, owners, loud in zip(
                    patches.magnitudes.split(_AT_ONCE),
                    patches.owners.split(_AT_ONCE),
                    patches.loud.split(_AT_ONCE),
                    strict=True,
                )
            ]
        )

    def loss(self) -> Tensor:
        """Draw a batch and return its loss."""
        batch = draw(self._patches.magnitudes, self._weights, _BATCH, self._generator)
        logits = self._tuned.logits(log_magnitudes(batch.magnitudes))
        first, second = (self._targets[rows].float() for rows in (batch.first, batch.second))
        target = torch.where(batch.mixed[:, None], torch.maximum(first, second), first)
        single = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
        return single.sum(1).mean() + _RANKING * self._ranking(logits, batch)

    def _ranking(self, logits: Tensor, batch: Draw) -> Tensor:
        """Return how far the named classes are from coming before those that are not heard."""
        labels, owners = self._labels, self._patches.owners
        one, other = owners[batch.first], owners[batch.second]
        both = batch.mixed[:, None]
        audible = labels.heard[one] | labels.near[one]
        audible |= (labels.heard[other] | labels.near[other]) & both
        particular = logits.masked_fill(~labels.particular, -20.0)
        rest = particular.masked_fill(audible, -30.0).logsumexp(1)
        total = logits.new_zeros(())
        for rows, chosen, there in ((batch.first, one, True), (batch.second, other, batch.mixed)):
            named = labels.heard[chosen]
            counts = self._patches.loud[rows] & named.any(1) & there
            own = particular.masked_fill(~named, -30.0).logsumexp(1)
            missed = torch.logaddexp(own, rest) - own
            total = total + (missed * counts).sum() / counts.sum().clamp(min=1)
        return total


def _heard(teacher: YamNetNetwork, magnitudes: Tensor) -> Tensor:
    with torch.no_grad():
        return teacher.logits(log_magnitudes(magnitudes.float())).sigmoid()


def _weights(patches: Patches, sounds: tuple[NamedSound, ...]) -> Tensor:
    names = [sounds[owner].sound for owner in patches.owners.tolist()]
    often = Counter(names)
    weights = torch.tensor([often[name] ** -_BALANCE for name in names])
    return torch.where(patches.loud, weights, _FAINT_WEIGHT * weights)


def _move_towards(tuned: YamNetNetwork, original: YamNetNetwork, share: float) -> None:
    """Leave `tuned` at `share` of the way from `original` to where it is."""
    with torch.no_grad():
        for own, before in zip(tuned.parameters(), original.parameters(), strict=True):
            own.copy_(before + share * (own - before))
