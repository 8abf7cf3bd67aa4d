from __future__ import annotations

from tests.core.tiny import checkpoint, tones

__all__ = ["checkpoint", "tones"]
