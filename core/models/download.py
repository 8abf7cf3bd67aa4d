"""Download published weights: resumable, verified, whole or not at all.

A download is a generator of `Progress`. Stopping it (``close``) keeps what has arrived in a
``.part`` file; the next download of the same file goes on from there.
"""

from __future__ import annotations

import http.client
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO

from core.errors import DownloadError
from core.events import Progress
from core.models.weights import (
    WeightsFile,
    find_weights,
    hashed,
    own_path,
    partial_path,
    remember_verified,
    weights_status,
)

_CHUNK = 1 << 18
_TIMEOUT = 15.0  # seconds without a byte
_ATTEMPTS = 5  # in a row without any progress
_FIRST_PAUSE = 1.0  # seconds before the second attempt; doubled each time
_SPARE_SPACE = 64 << 20  # bytes that are left free on the disk
_TEMPORARY_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_RANGE_NOT_SATISFIABLE = 416


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


def download_file(
    weights: WeightsFile, target: Path, partial: Path, *, first_pause: float = _FIRST_PAUSE
) -> Iterator[Progress]:
    """Download one file to `target` by way of `partial`, and check its MD5.

    When an earlier `partial` turns out to be of other content, the download starts over once.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    resumed = partial.is_file() and partial.stat().st_size > 0
    yield from _fetch(weights, partial, first_pause)
    found = yield from _checked(weights, partial)
    if found != weights.md5 and resumed:
        partial.unlink()
        yield from _fetch(weights, partial, first_pause)
        found = yield from _checked(weights, partial)
    if found != weights.md5:
        partial.unlink()
        raise DownloadError(
            f"The server sent another file than the published {weights.title} (MD5 {found} instead "
            f"of {weights.md5}); try again later or choose a file you already have."
        )
    partial.replace(target)


def _checked(weights: WeightsFile, path: Path) -> Generator[Progress, None, str]:
    """Hash the file, telling how far, and return the MD5."""
    total, digest = path.stat().st_size, ""
    for done, found in hashed(path):
        digest = found
        yield Progress(phase=f"Checking {weights.title}", done=done, total=total)
    return digest


def _fetch(weights: WeightsFile, partial: Path, first_pause: float) -> Iterator[Progress]:
    """Bring `partial` to its full length, connecting again where a connection drops."""
    failures, pause = 0, first_pause
    while True:
        before = _size(partial)
        try:
            if (yield from _connect_once(weights, partial)):
                return
            reason = "the connection was closed early"
        except urllib.error.HTTPError as error:
            error.close()
            if error.code not in _TEMPORARY_STATUS:
                raise DownloadError(
                    f"{weights.title} cannot be downloaded: the server answered {error.code} "
                    f"({error.reason}) for {weights.url}; choose a file you already have."
                ) from error
            reason = f"the server answered {error.code}"
        except (OSError, http.client.HTTPException) as error:
            # urllib wraps what went wrong while connecting; later failures come bare.
            cause = error.reason if isinstance(error, urllib.error.URLError) else error
            reason = str(cause) or type(cause).__name__
        if _size(partial) > before:
            failures, pause = 0, first_pause
        failures += 1
        if failures >= _ATTEMPTS:
            raise DownloadError(
                f"{weights.title} could not be downloaded ({reason}); check the network and start "
                "again, what has arrived is kept."
            )
        yield from _wait(weights, partial, pause, reason)
        pause *= 2


def _connect_once(weights: WeightsFile, partial: Path) -> Generator[Progress, None, bool]:
    """Append to `partial` what one connection brings; return whether the file is complete."""
    phase = f"Downloading {weights.title}"
    done = _size(partial)
    headers = {"User-Agent": "aac-studio", "Accept-Encoding": "identity"}
    if done:
        headers["Range"] = f"bytes={done}-"
    request = urllib.request.Request(weights.url, headers=headers)
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == _RANGE_NOT_SATISFIABLE and done:
            # Nothing is left to send: complete, or longer than it should be; the check will tell.
            error.close()
            return True
        raise
    with response:
        if response.status != http.HTTPStatus.PARTIAL_CONTENT:
            done = 0  # the server ignores ranges and sends the whole file
        total = _total(response, done)
        if weights.size is not None and total is not None and total != weights.size:
            raise DownloadError(
                f"The server offers {total:,} bytes for {weights.title} where {weights.size:,} "
                "were published; try again later or choose a file you already have."
            )
        _require_space(weights, partial, (total or 0) - done)
        yield Progress(phase=phase, done=done, total=total)
        with _open_for_writing(partial, keep=done) as stream:
            while chunk := response.read1(_CHUNK):
                try:
                    stream.write(chunk)
                except OSError as error:
                    raise DownloadError(
                        f"{partial} cannot be written ({error.strerror or error}); make room."
                    ) from error
                done += len(chunk)
                yield Progress(phase=phase, done=done, total=total)
    return total is None or done == total


def _open_for_writing(partial: Path, keep: int) -> IO[bytes]:
    try:
        return partial.open("ab" if keep else "wb")
    except OSError as error:
        raise DownloadError(f"{partial} cannot be written ({error.strerror or error}).") from error


def _total(response: http.client.HTTPResponse, start: int) -> int | None:
    """Return the full length of the file in bytes, or None when the server does not say."""
    length = response.headers.get("Content-Length", "")
    return start + int(length) if length.isdecimal() else None


def _require_space(weights: WeightsFile, partial: Path, needed: int) -> None:
    free = shutil.disk_usage(partial.parent).free
    if free < needed + _SPARE_SPACE:
        raise DownloadError(
            f"{weights.title} needs {(needed + _SPARE_SPACE) / 1e6:,.0f} MB in {partial.parent}, "
            f"where only {free / 1e6:,.0f} MB are free; make room and start again."
        )


def _wait(weights: WeightsFile, partial: Path, seconds: float, reason: str) -> Iterator[Progress]:
    """Pause in short steps, so that a stop is felt at once."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        yield Progress(
            phase=f"Downloading {weights.title}",
            done=_size(partial),
            message=f"Trying again: {reason}.",
        )
        time.sleep(min(left, 0.1))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
