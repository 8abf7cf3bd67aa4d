"""A microphone that really records, through a sound server of its own: PulseAudio, no hardware."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

RATE = 44_100
_MODULES = (
    "module-native-protocol-unix",
    f"module-null-sink sink_name=fake_sink rate={RATE} channels=2",
    "module-remap-source source_name=fake_mic master=fake_sink.monitor channels=1",
)
_PATIENCE = 30.0


def available() -> bool:
    """Whether the programs that it takes are installed."""
    return all(shutil.which(name) for name in ("pulseaudio", "pactl", "pacat", "paplay"))


class VirtualMicrophone:
    """A running sound server; what is played into it comes out of its microphone."""

    def __init__(self, folder: Path) -> None:
        self._environment = {
            key: value for key, value in os.environ.items() if not key.startswith("PULSE")
        }
        self._environment |= {
            "XDG_RUNTIME_DIR": str(folder),
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
        }
        self._running: list[subprocess.Popen[bytes]] = []

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to find it."""
        return {"XDG_RUNTIME_DIR": self._environment["XDG_RUNTIME_DIR"]}

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1"]
        command += ["--use-pid-file=no", "--log-level=error"]
        for module in _MODULES:
            command += ["-L", module]
        self._start(command)
        end = time.monotonic() + _PATIENCE
        while self._call("pactl", "info") != 0:
            assert time.monotonic() < end, "the sound server does not answer"
            time.sleep(0.02)
        assert self._call("pactl", "set-default-sink", "fake_sink") == 0
        assert self._call("pactl", "set-default-source", "fake_mic") == 0
        # Keeps the sink awake; an idle one sends its first block only after two seconds.
        self._start(["pacat", "--playback", "--device=fake_sink", "--latency-msec=20", "/dev/zero"])

    def play(self, path: Path) -> subprocess.Popen[bytes]:
        """Begin to play a sound file into the microphone."""
        return self._start(["paplay", str(path)])

    def stop(self) -> None:
        """Stop the server and what plays."""
        for process in reversed(self._running):
            with suppress(ProcessLookupError):
                process.terminate()
        for process in self._running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running = []

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._running.append(process)
        return process

    def _call(self, *command: str) -> int:
        return subprocess.run(
            command,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        ).returncode


@contextmanager
def virtual_microphone() -> Iterator[VirtualMicrophone]:
    """Run one, and let PortAudio in this process see it and nothing else."""
    from core.audio import portaudio
    from core.audio.playback import load_sounddevice

    # Short, for the name of a socket has little room.
    folder = Path(tempfile.mkdtemp(prefix="mic-"))
    folder.chmod(0o700)
    before = {
        key: os.environ.get(key) for key in ("XDG_RUNTIME_DIR", "PULSE_SERVER", "PULSE_COOKIE")
    }
    microphone = VirtualMicrophone(folder)
    try:
        microphone.start()
        os.environ |= microphone.environment
        os.environ.pop("PULSE_SERVER", None)
        os.environ.pop("PULSE_COOKIE", None)
        portaudio.restart(load_sounddevice())
        yield microphone
    finally:
        microphone.stop()
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
        portaudio.restart(load_sounddevice())
        shutil.rmtree(folder, ignore_errors=True)
