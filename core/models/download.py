"""Download published weights unless they are here already."""

from __future__ import annotations

from collections.abc import Iterator

from core.download.fetch import download_file
from core.events import Progress
from core.models.weights import (
    find_weights,
    own_path,
    partial_path,
    remember_verified,
    weights_status,
)


def download_weights(name: str) -> Iterator[Progress]:
    """Download known weights unless they are here already.

    Yields `Progress` in bytes: phases "Downloading <title>" and "Checking <title>". Raises
    `DownloadError` with one sentence when the server, the network, the disk or the content fails.
    """
    weights = find_weights(name)
    status = weights_status(weights)
    if status.state == "installed":
        yield Progress(phase=f"Downloading {weights.title}", done=status.size, total=status.size)
        return
    yield from download_file(weights, own_path(weights), partial_path(weights))
    remember_verified(weights, own_path(weights))
