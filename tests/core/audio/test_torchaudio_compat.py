"""torchaudio imports and works, with or without its compiled extension."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from core.audio.torchaudio_compat import load_torchaudio


def test_every_thread_gets_the_same_module() -> None:
    with ThreadPoolExecutor(4) as pool:
        modules = list(pool.map(lambda _: load_torchaudio(), range(8)))
    assert all(module is modules[0] for module in modules)
    import torchaudio

    assert torchaudio is modules[0]


def test_transforms_and_resampling_work() -> None:
    torchaudio = load_torchaudio()
    time = torch.arange(44_100) / 44_100
    sound = torch.sin(2 * torch.pi * 1_000 * time)
    resampled = torchaudio.functional.resample(sound, 44_100, 16_000)
    assert resampled.shape == (16_000,)
    expected = torch.sin(2 * torch.pi * 1_000 * torch.arange(16_000) / 16_000)
    torch.testing.assert_close(resampled[200:-200], expected[200:-200], atol=5e-3, rtol=0)
    mel = torchaudio.transforms.MelSpectrogram(16_000, n_fft=1_024, n_mels=64)(resampled)
    assert mel.shape == (64, 32)
    assert torchaudio.transforms.FrequencyMasking(8)(mel).shape == mel.shape


def test_a_fresh_process_imports_without_a_word() -> None:
    code = (
        "from core.audio.torchaudio_compat import load_torchaudio as load; a = load(); b = load();"
        "import torchaudio.transforms; assert a is b is torchaudio"
    )
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


FAKE = {
    "__init__.py": "from . import _extension\nfrom . import functional\n",
    "_extension/__init__.py": "raise OSError('libc10_cuda.so: cannot open shared object file')\n",
    "functional.py": (
        "from torchaudio._extension import _IS_TORCHAUDIO_EXT_AVAILABLE, fail_if_no_align\n"
        "from torchaudio._extension import _IS_ALIGN_AVAILABLE, _check_cuda_version\n"
        "_check_cuda_version()\n"
        "has_extension = _IS_TORCHAUDIO_EXT_AVAILABLE or _IS_ALIGN_AVAILABLE\n"
        "@fail_if_no_align\ndef align():\n    return 'passed through'\n"
    ),
}


@pytest.mark.parametrize(
    ("extension", "expected"),
    [
        (FAKE["_extension/__init__.py"], "False passed through"),
        (
            "_IS_TORCHAUDIO_EXT_AVAILABLE = _IS_ALIGN_AVAILABLE = True\n"
            "fail_if_no_align = lambda f: f\n_check_cuda_version = print\n",
            "\nTrue passed through",
        ),
    ],
    ids=["extension fails to load", "extension loads"],
)
def test_the_extension_is_used_where_it_loads(
    tmp_path: Path, extension: str, expected: str
) -> None:
    for name, text in {**FAKE, "_extension/__init__.py": extension}.items():
        path = tmp_path / "torchaudio" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from core.audio.torchaudio_compat import load_torchaudio\n"
        "f = load_torchaudio().functional\n"
        "print(f.has_extension, f.align())"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.rstrip("\n") == expected
