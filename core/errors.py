"""What can go wrong for reasons a user can understand.

Every error carries one sentence that says what happened, to which file or field, and what to do.
Anything that is not a `StudioError` is a defect of the program and keeps its traceback.
"""

from __future__ import annotations


class StudioError(Exception):
    """Base of all errors whose text is meant to be read by a user."""


class ConfigError(StudioError):
    """A setting has an impossible value; the text names the field and the allowed range."""


class AudioFileError(StudioError):
    """A sound file cannot be read."""


class AudioDeviceError(StudioError):
    """There is no usable loudspeaker or microphone."""


class DatasetError(StudioError):
    """A dataset is missing, incomplete or unreadable."""


class EncoderError(StudioError):
    """An audio encoder or its weights cannot be used."""


class CheckpointError(StudioError):
    """A checkpoint is missing, corrupt or of another kind."""


class RunFolderError(StudioError):
    """A run folder is missing, corrupt or in use."""


class DownloadError(StudioError):
    """A download failed or its content is not what was promised."""


class MetricError(StudioError):
    """A metric cannot be computed here."""
