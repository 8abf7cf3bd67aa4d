from __future__ import annotations

import os
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from core.models.torch_files import Inert, TorchFileError, read_torch_file


class Trap:
    """Unpickled the usual way, this makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.folder),)


def same(found: object, expected: object) -> bool:
    if isinstance(expected, torch.Tensor):
        return (
            isinstance(found, torch.Tensor)
            and found.dtype == expected.dtype
            and torch.equal(found, expected)
        )
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(same(found[k], expected[k]) for k in found)
    return found == expected


def test_it_reads_what_torch_reads(tmp_path: Path) -> None:
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    content = {
        "epoch": 3,
        "names": ["a", None, (1.5, True)],
        "state": OrderedDict(
            whole=base,
            turned=base.T,
            part=base[1:3, ::2],
            nothing=torch.empty(0),
            number=torch.tensor(7),
            learnt=torch.nn.Parameter(torch.ones(2)),
            **{
                str(dtype): torch.ones(3, dtype=dtype)
                for dtype in (torch.float16, torch.bfloat16, torch.float64, torch.bool, torch.uint8)
            },
        ),
    }
    path = tmp_path / "file.pt"
    torch.save(content, path)
    found = read_torch_file(path)
    expected = torch.load(path, weights_only=True)
    expected["state"]["learnt"] = expected["state"]["learnt"].detach()
    assert same(found, expected)
    # Views of one storage stay views of one storage.
    assert found["state"]["turned"].data_ptr() == found["state"]["whole"].data_ptr()


def test_files_before_version_1_6_are_read(tmp_path: Path) -> None:
    path = tmp_path / "old.pth"
    torch.save({"a": torch.ones(2)}, path, _use_new_zipfile_serialization=False)
    assert torch.equal(read_torch_file(path)["a"], torch.ones(2))


def test_nothing_in_a_file_is_run(tmp_path: Path) -> None:
    made = tmp_path / "made"
    path = tmp_path / "trap.pt"
    torch.save({"trap": Trap(made), "good": torch.ones(2)}, path)
    content = read_torch_file(path)
    assert not made.exists()
    assert isinstance(content["trap"], Inert)
    assert torch.equal(content["good"], torch.ones(2))
    torch.save({"trap": Trap(made)}, path, _use_new_zipfile_serialization=False)
    with pytest.raises(TorchFileError):
        read_torch_file(path)
    assert not made.exists()


def test_strange_objects_leave_the_tensors_readable(tmp_path: Path) -> None:
    path = tmp_path / "file.pt"
    strange = [np.arange(3), Path("x"), {1, 2}, torch.float32, zipfile.ZipInfo("a"), slice(3)]
    torch.save({"strange": strange, "good": torch.ones(2)}, path)
    assert torch.equal(read_torch_file(path)["good"], torch.ones(2))


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    whole = tmp_path / "whole.pt"
    torch.save({"a": torch.arange(1000.0)}, whole)
    content = whole.read_bytes()
    middle = content.index(torch.arange(1000.0).numpy().tobytes()) + 2000
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    for name, damaged in {
        "cut": content[:-100],
        "half": content[: len(content) // 2],
        "flipped": flipped,
        "empty": b"",
        "text": b"hello",
    }.items():
        path = tmp_path / f"{name}.pt"
        path.write_bytes(damaged)
        with pytest.raises(TorchFileError) as caught:
            read_torch_file(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(TorchFileError, match="does not exist"):
        read_torch_file(tmp_path / "missing.pt")
    with pytest.raises(TorchFileError, match="cannot be read"):
        read_torch_file(tmp_path)


def repacked(source: Path, target: Path, changes: dict[str, bytes], method: int) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", method) as new:
        for name in old.namelist():
            tail = name.split("/", 1)[1]
            new.writestr(name, changes.get(tail, old.read(name)))
    return target


def test_crafted_archives_are_refused(tmp_path: Path) -> None:
    whole = tmp_path / "whole.pt"
    torch.save({"a": torch.arange(1000.0)}, whole)
    plain = zipfile.ZIP_STORED
    for number, (changes, method) in enumerate(
        [
            ({}, zipfile.ZIP_DEFLATED),  # could blow up in memory
            ({"byteorder": b"big"}, plain),
            ({"data/0": b"\0" * 400}, plain),  # tensor larger than its storage
            ({"data.pkl": b"\x80\x02."}, plain),
            ({"data.pkl": b"\x80\x02cos\nsystem\nq\0X\x02\0\0\0lsQ."}, plain),
        ]
    ):
        path = repacked(whole, tmp_path / f"{number}.pt", changes, method)
        try:
            found = read_torch_file(path)
        except TorchFileError:
            continue
        assert isinstance(found, Inert)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(TorchFileError, match="not a PyTorch file"):
        read_torch_file(tmp_path / "other.zip")
