from __future__ import annotations

import dataclasses
import hashlib
import os
from pathlib import Path

import pytest

from core.errors import DownloadError, EncoderError
from core.models import weights as registry
from core.models.encoders import available_encoders, load_encoder
from core.models.weights import (
    WeightsFile,
    find_weights,
    installed_path,
    known_weights,
    own_path,
    partial_path,
    remove_weights,
    use_local_file,
    weights_status,
)

CONTENT = b"the published weights"


@pytest.fixture(autouse=True)
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WeightsFile:
    """Make one small file the only published one, and keep torch's real folder out."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    known = dataclasses.replace(
        find_weights("convnext-tiny"), md5=hashlib.md5(CONTENT).hexdigest(), size=len(CONTENT)
    )
    others = tuple(item for item in known_weights() if item.name != known.name)
    monkeypatch.setattr(registry, "_KNOWN", (known, *others))
    return known


def test_registry() -> None:
    names = [item.name for item in known_weights()]
    assert len(set(names)) == len(names) == 5
    assert len({item.file for item in known_weights()}) == 5
    for item in known_weights():
        assert item.url.startswith("https://zenodo.org/records/")
        assert len(item.md5) == 32
        assert item.title and item.purpose and item.licence and item.citation
    with pytest.raises(DownloadError, match="choose one of: convnext-tiny"):
        find_weights("vgg")


def test_states(known: WeightsFile) -> None:
    assert weights_status(known).state == "missing"
    partial_path(known).write_bytes(CONTENT[:5])
    status = weights_status(known)
    assert (status.state, status.path, status.size) == ("partial", partial_path(known), 5)
    own_path(known).write_bytes(b"x" * len(CONTENT))
    assert weights_status(known).state == "corrupt"
    own_path(known).write_bytes(CONTENT)
    status = weights_status(known)
    assert (status.state, status.path, status.size) == ("installed", own_path(known), len(CONTENT))
    assert installed_path(known.name) == own_path(known)
    remove_weights(known.name)
    assert weights_status(known).state == "missing"


def test_a_verified_file_is_not_read_again(
    known: WeightsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_path(known).write_bytes(CONTENT)
    assert weights_status(known).state == "installed"

    def fail(path: Path) -> str:
        raise AssertionError(f"{path} was read")

    monkeypatch.setattr(registry, "file_md5", fail)
    assert weights_status(known).state == "installed"
    monkeypatch.undo()


def test_a_changed_file_is_noticed(known: WeightsFile) -> None:
    own_path(known).write_bytes(CONTENT)
    assert weights_status(known).state == "installed"
    changed = CONTENT[:-1] + b"?"
    own_path(known).write_bytes(changed)
    facts = own_path(known).stat()
    os.utime(own_path(known), ns=(facts.st_atime_ns, facts.st_mtime_ns + 10**9))
    assert weights_status(known).state == "corrupt"


def test_torch_hub_files_are_found_and_never_deleted(known: WeightsFile, tmp_path: Path) -> None:
    hub = tmp_path / "torch" / "hub" / "checkpoints" / known.hub_file
    hub.parent.mkdir(parents=True)
    hub.write_bytes(b"something else")
    assert weights_status(known).state == "missing"
    hub.write_bytes(CONTENT)
    assert installed_path(known.name) == hub
    remove_weights(known.name)
    assert hub.is_file() and installed_path(known.name) == hub


def test_files_the_user_has_are_copied(known: WeightsFile, tmp_path: Path) -> None:
    mine = tmp_path / "mine.pth"
    mine.write_bytes(CONTENT)
    assert use_local_file(known.name, mine) == own_path(known)
    mine.unlink()
    assert installed_path(known.name) == own_path(known)
    assert use_local_file(known.name, own_path(known)) == own_path(known)


def test_other_files_are_not_taken(known: WeightsFile, tmp_path: Path) -> None:
    mine = tmp_path / "mine.pth"
    mine.write_bytes(b"other")
    with pytest.raises(DownloadError, match="is not the published"):
        use_local_file(known.name, mine)
    with pytest.raises(DownloadError, match="There is no file"):
        use_local_file(known.name, tmp_path / "missing.pth")
    assert weights_status(known).state == "missing"


def test_a_damaged_record_is_ignored(known: WeightsFile) -> None:
    own_path(known).write_bytes(CONTENT)
    for text in ("{", "[]", '{"convnext-tiny": 3}', '{"convnext-tiny": {"path": 4}}'):
        own_path(known).with_name("verified.json").write_text(text)
        assert weights_status(known).state == "installed"


def test_encoders_say_whether_their_weights_are_here(known: WeightsFile) -> None:
    def installed() -> bool:
        return {info.name: info.installed for info in available_encoders()}["convnext-tiny"]

    assert not installed()
    with pytest.raises(EncoderError, match="download them in the Library"):
        load_encoder("convnext-tiny")
    own_path(known).write_bytes(CONTENT)
    assert installed()
    with pytest.raises(EncoderError, match="not a PyTorch file"):
        load_encoder("convnext-tiny")
