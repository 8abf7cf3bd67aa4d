"""What a disk refuses, in one sentence."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import DatasetError


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn an `OSError` of the disk into a `DatasetError` of one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DatasetError(
                f"The disk of {folder} is full; free some space and start again: the features "
                "that are there already are kept."
            ) from error
        raise DatasetError(
            f"The features cannot be written to {folder} ({error.strerror}); check the folder's "
            "access rights and its drive."
        ) from error
