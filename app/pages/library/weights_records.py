"""Encoders and published weights as records of a list."""

from __future__ import annotations

from dataclasses import dataclass

from core.models.encoders import EncoderInfo, available_encoders
from core.models.weights import WeightsFile, WeightsStatus, known_weights, weights_status

STATES = {
    "installed": "installed",
    "missing": "not installed",
    "partial": "partly downloaded",
    "corrupt": "damaged",
}


@dataclass(frozen=True)
class WeightsRecord:
    """An encoder, a published file, or both; `status` None has no file of its own to get.

    `packaged_size` are the bytes of weights that came inside an installed package.
    """

    name: str
    title: str
    encoder: EncoderInfo | None
    weights: WeightsFile | None
    status: WeightsStatus | None
    packaged_size: int | None = None

    @property
    def kind(self) -> str:
        """What it is for."""
        if self.encoder is not None:
            return "encoder"
        return "tokenizer" if "tokenizer" in self.name else "caption model"

    @property
    def installed(self) -> bool:
        """Whether it can be used now."""
        if self.status is not None:
            return self.status.state == "installed"
        return self.encoder is not None and self.encoder.installed

    @property
    def state(self) -> str:
        """How its state is said."""
        if self.status is not None:
            return STATES[self.status.state]
        return "installed" if self.installed else "not installed"


def load_weights_records() -> list[WeightsRecord]:
    """Look at all encoders and published files; may hash a new file, so for worker threads."""
    encoders = available_encoders()
    files = {weights.name: weights for weights in known_weights()}
    records = []
    for encoder in encoders:
        weights = files.pop(encoder.name, None)
        status = weights_status(weights) if weights else None
        packaged = _packaged_size(encoder.name) if weights is None else None
        records.append(
            WeightsRecord(encoder.name, encoder.title, encoder, weights, status, packaged)
        )
    for weights in files.values():
        status = weights_status(weights)
        records.append(WeightsRecord(weights.name, weights.title, None, weights, status))
    return records


def _packaged_size(name: str) -> int | None:
    """Return the bytes of weights that came inside an installed package."""
    from core.models.encoders.yamnet_weights import archive_path

    path = archive_path() if name == "yamnet" else None
    return path.stat().st_size if path is not None else None
