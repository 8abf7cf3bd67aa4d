"""Download a file: resumable, verified, whole or not at all.

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
from typing import IO, Protocol

from core.download.hashing import hashed
from core.errors import DownloadError
from core.events import Progress

_CHUNK = 1 << 18
_TIMEOUT = 15.0  # seconds without a byte
_ATTEMPTS = 5  # in a row without any progress
_FIRST_PAUSE = 1.0  # seconds before the second attempt; doubled each time
_SPARE_SPACE = 64 << 20  # bytes that are left free on the disk
_TEMPORARY_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_RANGE_NOT_SATISFIABLE = 416


class Remote(Protocol):
    """A published file."""

    @property
    def title(self) -> str:
        """Its name for people."""
        ...

    @property
    def url(self) -> str:
        """Where it is."""
        ...

    @property
    def md5(self) -> str:
        """Its MD5 in hexadecimal digits."""
        ...

    @property
    def size(self) -> int | None:
        """Its length in bytes, exact; None where that is not known."""
        ...


def download_file(
    remote: Remote, target: Path, partial: Path, *, first_pause: float | None = None
) -> Iterator[Progress]:
    """Download one file to `target` by way of `partial`, and check its MD5.

    When an earlier `partial` turns out to be of other content, the download starts over once.
    Raises `DownloadError`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    pause = _FIRST_PAUSE if first_pause is None else first_pause
    resumed = partial.is_file() and partial.stat().st_size > 0
    yield from _fetch(remote, partial, pause)
    found = yield from checked(remote, partial)
    if found != remote.md5 and resumed:
        partial.unlink()
        yield from _fetch(remote, partial, pause)
        found = yield from checked(remote, partial)
    if found != remote.md5:
        partial.unlink()
        raise DownloadError(
            f"The server sent another file than the published {remote.title} (MD5 {found} instead "
            f"of {remote.md5}); try again later or use a copy you already have."
        )
    partial.replace(target)


def checked(remote: Remote, path: Path) -> Generator[Progress, None, str]:
    """Hash the file, telling how far, and return the MD5."""
    total, digest = path.stat().st_size, ""
    for done, found in hashed(path):
        digest = found
        yield Progress(phase=f"Checking {remote.title}", done=done, total=total)
    return digest


def _fetch(remote: Remote, partial: Path, first_pause: float) -> Iterator[Progress]:
    """Bring `partial` to its full length, connecting again where a connection drops."""
    failures, pause = 0, first_pause
    while True:
        before = _size(partial)
        try:
            if (yield from _connect_once(remote, partial)):
                return
            reason = "the connection was closed early"
        except urllib.error.HTTPError as error:
            error.close()
            if error.code not in _TEMPORARY_STATUS:
                raise DownloadError(
                    f"{remote.title} cannot be downloaded: the server answered {error.code} "
                    f"({error.reason}) for {remote.url}; use a copy you already have."
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
                f"{remote.title} could not be downloaded ({reason}); check the network and start "
                "again, what has arrived is kept."
            )
        yield from _wait(remote, partial, pause, reason)
        pause *= 2


def _connect_once(remote: Remote, partial: Path) -> Generator[Progress, None, bool]:
    """Append to `partial` what one connection brings; return whether the file is complete."""
    phase = f"Downloading {remote.title}"
    done = _size(partial)
    headers = {"User-Agent": "aac-studio", "Accept-Encoding": "identity"}
    if done:
        headers["Range"] = f"bytes={done}-"
    request = urllib.request.Request(remote.url, headers=headers)
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
        if remote.size is not None and total is not None and total != remote.size:
            raise DownloadError(
                f"The server offers {total:,} bytes for {remote.title} where {remote.size:,} "
                "were published; try again later or use a copy you already have."
            )
        _require_space(remote, partial, (total or 0) - done)
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


def _require_space(remote: Remote, partial: Path, needed: int) -> None:
    free = shutil.disk_usage(partial.parent).free
    if free < needed + _SPARE_SPACE:
        raise DownloadError(
            f"{remote.title} needs {(needed + _SPARE_SPACE) / 1e6:,.0f} MB in {partial.parent}, "
            f"where only {free / 1e6:,.0f} MB are free; make room and start again."
        )


def _wait(remote: Remote, partial: Path, seconds: float, reason: str) -> Iterator[Progress]:
    """Pause in short steps, so that a stop is felt at once."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        yield Progress(
            phase=f"Downloading {remote.title}",
            done=_size(partial),
            message=f"Trying again: {reason}.",
        )
        time.sleep(min(left, 0.1))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
