"""Checkpoints side by side on the same clips: captions, scores and settings."""
