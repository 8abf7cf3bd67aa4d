"""What the list of encoders says of each, and what cannot be done with one."""

from __future__ import annotations

from app.machine import size_text
from app.pages.library.weights_records import WeightsRecord
from app.texts import NOTHING


def known_size(record: WeightsRecord) -> int | None:
    """Return the bytes that the weights take here, or would take."""
    if record.status is not None and record.status.state == "installed":
        return record.status.size
    return record.weights.expected_size if record.weights is not None else record.packaged_size


def size_words(record: WeightsRecord) -> str:
    """Say how large the weights are, or will be about."""
    size = known_size(record)
    if size is None:
        return NOTHING
    installed = record.status is not None and record.status.state == "installed"
    reckoned = record.weights is not None and record.weights.size is None and not installed
    return f"about {size_text(size)}" if reckoned else size_text(size)


def dim_words(record: WeightsRecord) -> str:
    """Say how many numbers a frame has."""
    return str(record.encoder.dim) if record.encoder else NOTHING


def rate_words(record: WeightsRecord) -> str:
    """Say at what sample rate it listens."""
    return f"{record.encoder.sample_rate / 1000:g} kHz" if record.encoder else NOTHING


def frame_words(record: WeightsRecord) -> str:
    """Say how long a frame is."""
    return f"{record.encoder.frame_seconds:g} s" if record.encoder else NOTHING


def no_page(record: WeightsRecord) -> str:
    """Say why there is no web page of it."""
    return "" if record.weights is not None else "It comes with the installation."


def no_path(record: WeightsRecord) -> str:
    """Say why it has no file to be shown."""
    has_path = record.status is not None and record.status.path is not None
    return "" if has_path else "There is no file yet."
