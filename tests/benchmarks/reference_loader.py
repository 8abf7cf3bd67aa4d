"""The public baseline's own loader on synthetic clips; run by bench_store.py with its Python.

    python reference_loader.py CHECKOUT FOLDER CLIPS FRAMES DIM BATCHES

Writes the clips as the baseline's preparation does (HDF5 by torchoutil), then draws random batches
of 64 through its data module with its collate, in this process. Prints seconds a batch.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main() -> None:
    source, folder, *numbers = sys.argv[1:]
    clips, frames, dim, batches = map(int, numbers)
    sys.path.insert(0, str(Path(source) / "src"))
    import torch
    from dcase24t6.datamodules.hdf import HDFDatamodule
    from dcase24t6.tokenization.aac_tokenizer import AACTokenizer
    from torchoutil.utils.hdf import pack_to_hdf

    torch.set_num_threads(1)

    class Clips(torch.utils.data.Dataset):
        def __len__(self) -> int:
            return clips

        def __getitem__(self, index: int) -> dict[str, object]:
            generator = torch.Generator().manual_seed(index)
            return {
                "frame_embs": torch.rand(dim, frames, generator=generator),
                "frame_embs_shape": torch.tensor([dim, frames]),
                "clipwise_output": torch.rand(527, generator=generator),
                "captions": [f"a sound number {index} is heard {n} times" for n in range(5)],
                "fname": f"{index}.wav",
                "dataset": "clotho",
                "subset": "dev",
            }

    path = Path(folder) / "HDF" / "clips.hdf"
    path.parent.mkdir(parents=True, exist_ok=True)
    pack_to_hdf(Clips(), path, num_workers=0).close()
    module = HDFDatamodule(
        AACTokenizer(),
        folder,
        "clips.hdf",
        train_batch_keys=["frame_embs", "frame_embs_shape", "captions"],
        batch_size=64,
        num_workers=0,
        pin_memory=False,
    )
    module.setup_train()
    loaded = iter(module.train_dataloader())
    shape = next(loaded)["frame_embs"].shape
    seconds = []
    for _ in range(batches):
        started = time.perf_counter()
        next(loaded)
        seconds.append(time.perf_counter() - started)
    print(json.dumps({"shape": list(shape), "seconds": seconds}))


if __name__ == "__main__":
    main()
