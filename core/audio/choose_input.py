"""Which microphone is meant by what somebody typed: a number, a name, or a part of one."""

from __future__ import annotations

from collections.abc import Sequence

from core.audio.microphone import InputDevice
from core.errors import AudioDeviceError


def choose_input(devices: Sequence[InputDevice], text: str) -> InputDevice:
    """Return the microphone that is meant; "" is the first, which is the system's default.

    A whole name comes before a number, and a number before a part of a name.
    Raises `AudioDeviceError` where none is meant, or more than one.
    """
    wanted = text.strip().casefold()
    if not wanted:
        return devices[0]
    for device in devices:
        if device.name.casefold() == wanted:
            return device
    for device in devices:
        if wanted.isdecimal() and device.index == int(wanted):
            return device
    found = [device for device in devices if wanted in device.name.casefold()]
    if len(found) == 1 and not wanted.isdecimal():
        return found[0]
    if len(found) > 1 and not wanted.isdecimal():
        names = ", ".join(f"'{device.name}'" for device in found)
        raise AudioDeviceError(f"'{text}' may be {names}; write more of the name, or its number.")
    raise AudioDeviceError(
        f"There is no microphone '{text}'; 'aac-studio caption --list-devices' shows which there "
        "are."
    )
