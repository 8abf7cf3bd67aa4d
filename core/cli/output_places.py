"""Where outputs may go: found out before the work, not after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from core.errors import StudioError


def check_places(outs: Sequence[Path], sounds: Iterable[Path] = ()) -> None:
    """Refuse outputs that would replace each other, a sound to be captioned or another sound.

    Raises `StudioError`; nothing is written.
    """
    from core.audio.files import FFMPEG_SUFFIXES, NATIVE_SUFFIXES

    inputs = {path.resolve() for path in sounds}
    named: set[Path] = set()
    for out in outs:
        place = out.resolve()
        if place in named:
            raise StudioError(f"{out} is named for two outputs; give each a file of its own.")
        named.add(place)
        is_sound = out.suffix.lower() in (*NATIVE_SUFFIXES, *FFMPEG_SUFFIXES) and out.is_file()
        if place in inputs or is_sound:
            raise StudioError(
                f"{out} is a sound file, which the output would replace; name another file."
            )
