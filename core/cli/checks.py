"""The checks of ``aac-studio doctor``; what goes wrong inside a check is its result."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata

from core import paths
from core.audio import ffmpeg_program
from core.audio.ffmpeg_program import HOW_TO_INSTALL
from core.cli.output import size
from core.display import display_problem
from core.errors import StudioError
from core.wording import count_text

OK, OPTIONAL, MISSING = "OK", "optional", "missing"
_PACKAGES = ("numpy", "soundfile", "soxr", "pydantic", "PySide6-Essentials", "pyqtgraph")
_LEAST_FREE = 2_000_000_000


class _AbsentError(Exception):
    """A check found something missing; the text says what and how to mend it."""


@dataclass(frozen=True)
class Check:
    """One thing to look at. `look` returns what it found or raises; `required` decides the state.

    `remedy` is appended to errors that do not say themselves what to do.
    """

    title: str
    look: Callable[[], str]
    required: bool = True
    remedy: str = ""

    def result(self) -> tuple[str, str]:
        """Return the state and what was found, in one line."""
        try:
            return OK, self.look()
        except _AbsentError as error:
            text = str(error)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            text = " ".join(str(error).split()) or type(error).__name__
            # Sentences of ours say themselves what to do.
            if self.remedy and not isinstance(error, StudioError):
                text = f"{text.rstrip('.')}; {self.remedy}."
        return (MISSING if self.required else OPTIONAL), text


def all_checks() -> tuple[Check, ...]:
    """Return the checks in the order in which they are printed."""
    again = "install AAC Studio again into a fresh environment"
    return (
        Check("Python", _python),
        Check("AAC Studio", _studio),
        Check("Folders", _folders),
        *(Check(name, lambda name=name: _package(name), remedy=again) for name in _PACKAGES),  # type: ignore[misc]
        Check("PyTorch", _torch, remedy=again),
        Check("Devices", _devices, remedy=again),
        Check("torchaudio", _torchaudio, remedy=again),
        Check("Encoders", _encoders, remedy=again),
        Check("FFmpeg", _ffmpeg, required=False, remedy=f"{HOW_TO_INSTALL} again"),
        Check("Metrics", _metrics, required=False),
        Check("Java", _java, required=False),
        Check("Sound output", lambda: _sound("output"), required=False),
        Check("Sound input", lambda: _sound("input"), required=False),
        Check("Free disk", _free),
        Check("Display", _display, required=False),
        Check("Window", _window, required=False),
    )


def _python() -> str:
    return f"{platform.python_version()} at {sys.executable}, {platform.platform()}"


def _studio() -> str:
    place = paths.resources_dir().parent
    try:
        return f"{_package('aac-studio')} in {place}"
    except metadata.PackageNotFoundError:
        return f"not installed, runs from {place}"


def _package(name: str) -> str:
    return metadata.version(name)


def _torch() -> str:
    import torch

    build = f"CUDA {torch.version.cuda}" if torch.version.cuda else "without CUDA"
    return f"{torch.__version__}, {build}, {count_text(torch.get_num_threads(), 'CPU thread')}"


def _devices() -> str:
    from core.device import list_devices

    return ", ".join(
        f"{device.name} ({device.title}, {size(device.memory)})" for device in list_devices()
    )


def _torchaudio() -> str:
    from core.audio.torchaudio_compat import load_torchaudio

    return str(load_torchaudio().__version__)


def _encoders() -> str:
    from core.models.encoders import available_encoders

    _need_folders()
    encoders = available_encoders()
    absent = [item for item in encoders if not item.installed]
    present = [item.name for item in encoders if item.installed]
    if not present:
        raise _AbsentError("no encoder has its weights; install AAC Studio again.")
    text = f"{', '.join(present)} ready"
    if absent:
        names = ", ".join(item.name for item in absent)
        text += f"; {names} without weights ('aac-studio weights' lists them)"
    return text


def _ffmpeg() -> str:
    program = ffmpeg_program.find_ffmpeg()
    if program is None:
        raise _AbsentError(f"not found; to open M4A, AAC, WMA and videos, {HOW_TO_INSTALL}.")
    return f"{ffmpeg_program.ffmpeg_version(program)} at {program} (for M4A, AAC, WMA and videos)"


def _metrics() -> str:
    from core.evaluation import METRICS, available_metrics, missing_metrics

    _need_folders()
    reason = missing_metrics()
    if reason:
        raise _AbsentError(reason)
    usable, lacking = available_metrics()
    text = ", ".join(METRICS[name].title for name in usable)
    more = "; 'aac-studio metrics' says what the others need" if lacking else ""
    return f"aac-metrics {metadata.version('aac-metrics')}: {text}{more}"


def _java() -> str:
    from core.evaluation.java import java_for, java_version

    found = java_for()
    if found is None:
        raise _AbsentError(
            "not found; METEOR and SPICE need it ('aac-studio metrics install java')."
        )
    return f"Java {java_version(found)} at {found} (for METEOR and SPICE)"


def _sound(kind: str) -> str:
    with _quiet():
        try:
            import sounddevice
        except OSError as error:
            raise _AbsentError(
                f"{error}; install PortAudio (on Debian and Ubuntu: apt install libportaudio2)."
            ) from None
        devices = sounddevice.query_devices()
    names = [device["name"] for device in devices if device[f"max_{kind}_channels"] > 0]
    if not names:
        raise _AbsentError(f"no {kind} device; connect one and check the system's sound settings.")
    return ", ".join(names)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep ALSA's own complaints about devices, written past Python, off the terminal."""
    saved = os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nothing)


def _folders() -> str:
    for folder in (paths.runs_dir(), paths.features_dir(), paths.weights_dir(), paths.logs_dir()):
        try:
            with tempfile.NamedTemporaryFile(prefix=".", suffix=".part", dir=folder):
                pass
        except OSError as error:
            raise _AbsentError(
                f"The folder {folder} cannot be written ({error.strerror or error}); let "
                f"{paths.HOME_VARIABLE} name a folder you may write in."
            ) from None
    return f"{paths.home()} can be written"


def _need_folders() -> None:
    """Keep what lies in the folders from being blamed for them."""
    try:
        _folders()
    except (StudioError, _AbsentError):
        raise _AbsentError("not looked at, for it lies in the folders; see Folders.") from None


def _free() -> str:
    _need_folders()
    free = shutil.disk_usage(paths.home()).free
    if free < _LEAST_FREE:
        raise _AbsentError(
            f"only {size(free)} at {paths.home()}; make room, or let {paths.HOME_VARIABLE} name a "
            "folder on another disk."
        )
    return f"{size(free)} at {paths.home()}"


def _display() -> str:
    problem = display_problem()
    if problem:
        raise _AbsentError(f"{problem} The commands work without it.")
    for name in ("WAYLAND_DISPLAY", "DISPLAY", "QT_QPA_PLATFORM"):
        if os.environ.get(name):
            return f"{name}={os.environ[name]}"
    return "the desktop's"


def _window() -> str:
    # In a process of its own: a missing system library may end the process that asks.
    program = "import PySide6.QtWidgets as w; import PySide6.QtCore as c; print(c.qVersion())"
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    if answer.returncode == 0:
        return f"Qt {answer.stdout.strip()} loads"
    lines = answer.stderr.strip().splitlines() or ["Qt does not load"]
    raise _AbsentError(
        f"{lines[-1]}; install the library named there "
        "(on Debian and Ubuntu: apt install libegl1 libgl1 libxkbcommon0 libfontconfig1)."
    )
