"""One plain sentence that says what a configuration will do."""

from __future__ import annotations

from app.texts import count_text
from core.config import RunConfig


def describe(config: RunConfig) -> str:
    """Say what will run: losses by epoch, data, encoder, seed, device."""
    return f"{_losses(config)} on {_data(config)}, seed {config.seed}, {_device(config.device)}."


def phase_text(config: RunConfig, epoch: int) -> str:
    """Say which losses count in an epoch (from 0): CE only, a contrast that rises, or both."""
    parts, later = [], []
    for term in config.objectives:
        name = method_title(term.name)
        if epoch < term.start_epoch:
            later.append(f"{name} from epoch {term.start_epoch + 1}")
        elif term.end_epoch and epoch >= term.end_epoch:
            continue
        elif epoch < term.start_epoch + term.ramp_epochs:
            parts.append(f"{term.weight_in(epoch):.3g} × {name}, rising to {term.weight:g}")
        else:
            parts.append(f"{term.weight:g} × {name}")
    if parts:
        return " + ".join(["CE", *parts])
    return "CE only" + (f", {' and '.join(later)}" if later else "")


def _losses(config: RunConfig) -> str:
    epochs = config.training.epochs
    if not config.objectives:
        return f"Cross-entropy for {count_text(epochs, 'epoch')}"
    if len(config.objectives) > 1:
        names = " + ".join(
            f"{item.weight:g} × {method_title(item.name)}" for item in config.objectives
        )
        return f"Cross-entropy + {names} for {count_text(epochs, 'epoch')}"
    term = config.objectives[0]
    both = f"cross-entropy + {term.weight:g} × {method_title(term.name)}"
    end = min(term.end_epoch or epochs, epochs)
    if term.start_epoch >= epochs:
        return (
            f"Cross-entropy for {count_text(epochs, 'epoch')}; the contrast would only start at "
            f"epoch {term.start_epoch + 1}, so it never counts,"
        )
    if not term.weight:
        both = "cross-entropy with the contrast watched at weight 0"
    parts = []
    if term.start_epoch:
        parts.append(f"cross-entropy for {count_text(term.start_epoch, 'epoch')}")
    parts.append(f"{both} for {count_text(end - term.start_epoch, 'epoch')}")
    if end < epochs:
        parts.append(f"cross-entropy for {count_text(epochs - end, 'epoch')}")
    text = ", then ".join(parts)
    return text[0].upper() + text[1:]


def _data(config: RunConfig) -> str:
    clips = f"the first {config.data.train_clips:,} clips of " if config.data.train_clips else ""
    start = ""
    if config.training.initial_checkpoint:
        start = ", starting from a checkpoint"
    if config.data.rehearsal:
        captions = count_text(config.data.rehearsal, "caption")
        start += f" and rehearsing {captions} of the starter model"
    return f"{clips}{config.data.dataset} with {config.data.encoder} features{start}"


def _device(name: str) -> str:
    if name == "auto":
        return "on the fastest device"
    return {"cpu": "on the CPU", "mps": "on the Apple GPU"}.get(name, f"on {name}")


_METHODS = {
    "caption-ntxent": "caption NT-Xent",
    "audio-text-matching": "audio-text matching",
    "audio-text-ntxent": "audio-text NT-Xent",
    "caption-proxy": "caption proxies",
}


def method_title(name: str) -> str:
    """Return a contrastive method's name for people."""
    return _METHODS.get(name, name)
