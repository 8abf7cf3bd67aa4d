"""aac-metrics' own downloads, in a process of their own.

``python -m core.evaluation.library_download WHAT FOLDER [MIRROR]`` ends with 0, or with 1 after one
line that says why.
"""

from __future__ import annotations

import importlib
import os
import sys
import types
import warnings
from collections.abc import Sequence
from pathlib import Path

from core.audio.torchaudio_compat import load_torchaudio
from core.evaluation import metric_files
from core.evaluation.compute import load_metrics


def spice(folder: Path, mirror: str) -> None:
    """Download SPICE and CoreNLP into the library's layout below `folder`."""
    # Only its download is wanted: what it imports beside would load half a dozen libraries.
    load_metrics()
    classes = types.ModuleType("aac_metrics.classes")
    sys.modules["aac_metrics.classes"] = classes
    for module, name in (("bert_score_mrefs", "BERTScoreMRefs"), ("fense", "FENSE")):
        stand_in = types.ModuleType(f"aac_metrics.classes.{module}")
        setattr(stand_in, name, None)
        sys.modules[stand_in.__name__] = stand_in
    # By name: the package calls itself aac-metrics, which confuses other ways to import.
    download = importlib.import_module("aac_metrics.download")
    for name in ("spice_zip", "spice_corenlp_zip"):
        if mirror:
            entry = download.DATA_URLS[name]
            entry["url"] = f"{mirror.rstrip('/')}/{Path(entry['fname']).name}"
    download._download_spice(str(folder), clean_archives=True, verbose=0)


def fense(folder: Path, mirror: str) -> None:
    """Download the fluency-error detector, then the sentence model and what both are built on."""
    os.environ["FENSE_DATA"] = str(folder / "fense_data")
    load_torchaudio()
    fer = importlib.import_module("aac_metrics.functional.fer")
    models = fer._PRETRAIN_ECHECKERS_DICT
    name = Path(metric_files.ECHECKER).stem
    address, checksum = models[name]
    if mirror:
        address = f"{mirror.rstrip('/')}/{metric_files.ECHECKER}"
        models[name] = (address, checksum)
    target = folder / "fense_data" / metric_files.ECHECKER
    if not target.is_file():
        remote = fer._RemoteFileMetadata(metric_files.ECHECKER, address, checksum)
        try:
            getattr(fer, "__check_download_resource")(remote)
        except BaseException:
            # The library leaves what came, and would take it for the model the next time.
            target.unlink(missing_ok=True)
            raise
    importlib.import_module("aac_metrics.classes.fense").FENSE(device="cpu")


def bertscore(folder: Path, mirror: str) -> None:
    """Download the language model of BERTScore into the hub's cache."""
    load_torchaudio()
    module = importlib.import_module("aac_metrics.classes.bert_score_mrefs")
    module.BERTScoreMRefs(device="cpu")


_DOWNLOADS = {"spice": spice, "fense": fense, "bertscore": bertscore}


def main(arguments: Sequence[str]) -> int:
    """Carry out one download."""
    what, folder, *rest = arguments
    warnings.simplefilter("ignore")
    try:
        _DOWNLOADS[what](Path(folder), rest[0] if rest else "")
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        sys.stdout.write(f"\n{reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
