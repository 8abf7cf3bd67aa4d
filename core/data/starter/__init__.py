"""Scenes mixed from the starter sounds: a small captioning dataset that needs no download."""

from core.data.starter.dataset import StarterScenes
from core.data.starter.scenes import Scene, SceneSound

__all__ = ["Scene", "SceneSound", "StarterScenes"]
