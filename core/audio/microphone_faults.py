"""What is said of a microphone that cannot be used, by what PortAudio says of it."""

from __future__ import annotations

from core.errors import AudioDeviceError

# PortAudio's numbers of errors.
INVALID_CHANNELS, INVALID_RATE = -9998, -9997
_INVALID_DEVICE, _UNAVAILABLE = -9996, -9985

NO_PERMISSION = (
    "The system does not let this program use a microphone; allow it in the system's privacy "
    "settings (on Linux, add your user to the group 'audio' and log in again)."
)


def refusal(error: Exception, name: str, rate: int) -> AudioDeviceError:
    """Return the sentence for what PortAudio says."""
    number, reason = number_of(error), reason_of(error)
    if number == INVALID_RATE:
        wish = f"{rate:,} Hz" if rate else "any usual sample rate"
        return AudioDeviceError(
            f"The microphone '{name}' does not take {wish}; choose another sample rate, or "
            "the device's own."
        )
    if any(word in reason.lower() for word in ("permission", "permitted", "access", "denied")):
        return AudioDeviceError(NO_PERMISSION)
    if number == _UNAVAILABLE:
        return AudioDeviceError(
            f"The microphone '{name}' is in use by another program or was unplugged; close that "
            "program, or connect it and look again."
        )
    if number == _INVALID_DEVICE:
        return AudioDeviceError(
            f"The microphone '{name}' is not connected any more; connect it and look again."
        )
    return AudioDeviceError(
        f"The microphone '{name}' cannot be used ({reason}); choose another one or check the "
        "system's sound settings."
    )


def number_of(error: Exception) -> int:
    """Return PortAudio's number of an error, or 0."""
    return error.args[1] if len(error.args) > 1 and isinstance(error.args[1], int) else 0


def reason_of(error: Exception) -> str:
    """Return what PortAudio says, without the full stop."""
    text = str(error.args[0]) if error.args else str(error)
    return text.strip().rstrip(".") or type(error).__name__
