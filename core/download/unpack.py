"""Unpack the sounds of an archive into one folder, file by file and only there.

An archive's own folders are not followed: each of its files is written under its bare name, so
that no name in it leads elsewhere. A file appears under its name once it is whole and its checksum
is right; files that are there already in full length are not written again, so that unpacking can
be stopped and gone on with.
"""

from __future__ import annotations

import errno
import io
import lzma
import queue
import shutil
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

import py7zr
from py7zr.exceptions import ArchiveError
from py7zr.io import Py7zIO, WriterFactory

from core.download import PARTIAL_SUFFIX
from core.errors import DownloadError
from core.events import Progress

_CHUNK = 1 << 20
_SPARE_SPACE = 64 << 20  # bytes that are left free on the disk
_TICK_SECONDS = 0.1
# What a damaged archive makes its reader raise.
_DAMAGED = (
    *(ArchiveError, zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(EOFError, ValueError, RuntimeError),
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: its name there, its length in bytes, its CRC-32 where it has one."""

    name: str
    size: int
    crc: int | None

    @property
    def bare(self) -> str:
        """The name without folders."""
        return PurePosixPath(self.name.replace("\\", "/")).name


def unpack(
    archive: Path, folder: Path, title: str, suffixes: Sequence[str] = (".wav",)
) -> Iterator[Progress]:
    """Unpack the files with one of the suffixes from a 7z or zip archive into `folder`.

    Yields `Progress` in bytes, phase "Unpacking <title>". It may be closed at any time. Raises
    `DownloadError` where the archive is damaged, the disk too small or the folder not writable.
    """
    phase = f"Unpacking {title}"
    try:
        members = list_members(archive, suffixes)
        folder.mkdir(parents=True, exist_ok=True)
        missing = [m for m in members if not _is_whole(folder / m.bare, m)]
        total = sum(member.size for member in members)
        done = total - sum(member.size for member in missing)
        _require_space(folder, total - done, title)
        yield Progress(phase=phase, done=done, total=total)
        if missing:
            reader = _unzip if zipfile.is_zipfile(archive) else _un7z
            for count in reader(archive, folder, missing):
                done += count
                yield Progress(phase=phase, done=done, total=total)
    except _DAMAGED as error:
        raise DownloadError(
            f"The archive {archive} is damaged or of another kind ({error}); delete it and "
            "download it again."
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DownloadError(
                f"The disk of {folder} is full; free some space and start again: what is "
                "unpacked already is kept."
            ) from error
        raise DownloadError(
            f"{archive} cannot be unpacked into {folder} ({error.strerror or error})."
        ) from error


def list_members(archive: Path, suffixes: Sequence[str]) -> list[Member]:
    """Return the files with one of the suffixes; raises what the readers of archives raise."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            found = [
                Member(info.filename, info.file_size, info.CRC)
                for info in zipped.infolist()
                if not info.is_dir()
            ]
    else:
        with py7zr.SevenZipFile(archive) as packed:
            found = [
                Member(info.filename, int(info.uncompressed), info.crc32)
                for info in packed.list()
                if info.is_file
            ]
    # macOS puts a hidden "._" beside each file.
    members = [
        member
        for member in found
        if member.bare.lower().endswith(tuple(suffixes)) and not member.bare.startswith(".")
    ]
    names = [member.bare for member in members]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it holds the file '{twice}' twice")
    return members


def _is_whole(path: Path, member: Member) -> bool:
    return path.is_file() and path.stat().st_size == member.size


def _require_space(folder: Path, needed: int, title: str) -> None:
    free = shutil.disk_usage(folder).free
    if needed and free < needed + _SPARE_SPACE:
        raise DownloadError(
            f"{title} needs {(needed + _SPARE_SPACE) / 1e6:,.0f} MB in {folder} to be unpacked, "
            f"where only {free / 1e6:,.0f} MB are free; make room and start again."
        )


class _Target:
    """One file on its way: written beside its place, checked, and moved there."""

    def __init__(self, folder: Path, member: Member) -> None:
        self.member = member
        self._path = folder / member.bare
        self._partial = folder / (member.bare + PARTIAL_SUFFIX)
        self._stream: IO[bytes] = self._partial.open("wb")
        self._size = self._crc = 0

    def write(self, content: bytes) -> None:
        self._stream.write(content)
        self._size += len(content)
        self._crc = zlib.crc32(content, self._crc)

    def finish(self) -> None:
        self._stream.close()
        right = self.member.crc is None or self._crc == self.member.crc
        if self._size == self.member.size and right:
            self._partial.replace(self._path)
        else:
            self._partial.unlink()
            raise ValueError(f"the file '{self.member.bare}' in it has a wrong checksum")

    def discard(self) -> None:
        self._stream.close()
        self._partial.unlink(missing_ok=True)


def _unzip(archive: Path, folder: Path, members: Sequence[Member]) -> Iterator[int]:
    """Yield how many bytes were written, portion by portion."""
    with zipfile.ZipFile(archive) as zipped:
        for member in members:
            target = _Target(folder, member)
            try:
                with zipped.open(member.name) as stream:
                    while content := stream.read(_CHUNK):
                        target.write(content)
                        yield len(content)
                target.finish()
            finally:
                target.discard()


def _un7z(archive: Path, folder: Path, members: Sequence[Member]) -> Iterator[int]:
    """Yield how many bytes were written.

    The library unpacks in one call; a thread makes that call, and waits whenever nobody has asked
    for what it wrote last, so that a pause is a pause here as well.
    """
    written: queue.Queue[int | BaseException | None] = queue.Queue(maxsize=1)
    stopped = threading.Event()
    factory = _Factory(folder, members, written, stopped)

    def work() -> None:
        end: BaseException | None = None
        try:
            with py7zr.SevenZipFile(archive) as packed:
                packed.extract(targets=[m.name for m in members], factory=factory)
        except _StoppedError:
            return
        except BaseException as error:
            end = error
        finally:
            factory.discard()
        with suppress(_StoppedError):
            factory.tell(end)

    thread = threading.Thread(target=work, name="unpack", daemon=True)
    thread.start()
    try:
        while True:
            try:
                item = written.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                yield 0
                continue
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()


class _StoppedError(Exception):
    """Nobody wants the rest."""


class _Factory(WriterFactory):
    """Gives the library something to write each file to."""

    def __init__(
        self,
        folder: Path,
        members: Sequence[Member],
        written: queue.Queue[int | BaseException | None],
        stopped: threading.Event,
    ) -> None:
        self._folder = folder
        self._members = {member.bare: member for member in members}
        self._written = written
        self._stopped = stopped
        self._open: list[_Target] = []

    def create(self, filename: str) -> Py7zIO:
        target = _Target(self._folder, self._members[PurePosixPath(filename).name])
        self._open.append(target)
        return _Writer(target, self.tell)

    def tell(self, item: int | BaseException | None) -> None:
        """Hand something to the puller; waits for it, and raises where it is gone."""
        while not self._stopped.is_set():
            try:
                self._written.put(item, timeout=_TICK_SECONDS)
            except queue.Full:
                continue
            return
        raise _StoppedError

    def discard(self) -> None:
        """Remove what is not whole."""
        for target in self._open:
            target.discard()


class _Writer(Py7zIO):
    def __init__(self, target: _Target, tell: Callable[[int], None]) -> None:
        self._target = target
        self._tell = tell
        self._size = 0

    def write(self, s: bytes | bytearray) -> int:
        self._target.write(bytes(s))
        self._size += len(s)
        self._tell(len(s))
        return len(s)

    def read(self, size: int | None = None) -> bytes:
        raise io.UnsupportedOperation("read")

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def seekable(self) -> bool:
        return False

    def flush(self) -> None:
        pass

    def size(self) -> int:
        return self._size

    def close(self) -> None:
        # The library closes after an error as well; what is short then is no finding of its own.
        if self._size == self._target.member.size:
            self._target.finish()
