"""Make convnext.npz: what the public ConvNeXt code makes of weights drawn by the test's recipe.

Run by hand; needs torchlibrosa 0.1.0 and a checkout of the DCASE 2024 Task 6 baseline
(https://github.com/Labbeti/dcase2024-task6-baseline, v1.1.0) with its requirements:

    python tests/golden/make_convnext.py --reference dcase2024-task6-baseline
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import torch

TESTS = Path(__file__).resolve().parents[1]
FIXED = ("spectrogram_extractor.", "logmel_extractor.")
ROWS = np.array([0, 1, 100, 511, 512])


def load_recipe() -> ModuleType:
    """Import the test module, which draws weights and sounds."""
    sys.path.insert(0, str(TESTS.parent))
    path = TESTS / "core" / "models" / "encoders" / "test_convnext.py"
    spec = importlib.util.spec_from_file_location("convnext_recipe", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", type=Path, required=True, help="checkout of the baseline")
    sys.path.insert(0, str(parser.parse_args().reference / "src"))
    public = importlib.import_module("dcase24t6.nn.encoders.convnext")
    recipe = load_recipe()
    network = public.convnext_tiny(
        drop_path_rate=0.0,
        after_stem_dim=[252, 56],
        use_speed_perturb=False,
        return_frame_outputs=True,
    ).eval()
    fixed = {key: value for key, value in network.state_dict().items() if key.startswith(FIXED)}
    network.load_state_dict({**recipe.draw_state(), **fixed})
    samples = recipe.sound(2.5)[None]
    with torch.no_grad():
        heard = network(samples, torch.tensor([[samples.shape[1]]]))
        log_mel = network.logmel_extractor(network.spectrogram_extractor(samples))
    stft = "spectrogram_extractor.stft.conv_{}.weight"
    np.savez_compressed(
        recipe.GOLDEN,
        frames=heard["frame_embs"][0].T.numpy(),
        tags=heard["clipwise_output"][0].numpy(),
        log_mel=log_mel[0, 0, ::10].numpy(),
        mel=fixed["logmel_extractor.melW"].numpy(),
        conv_rows=ROWS,
        conv_real=fixed[stft.format("real")][ROWS, 0].numpy(),
        conv_imag=fixed[stft.format("imag")][ROWS, 0].numpy(),
    )


if __name__ == "__main__":
    main()
