from __future__ import annotations

import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from core.config import RunConfig
from core.errors import RunFolderError
from core.events import StepLogged
from core.runs import RunFolder, create_run, record, summarize
from core.runs.transfer import (
    delete_run,
    export_run,
    folder_size,
    free_space,
    import_run,
    move_to_bin,
    storage_use,
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AAC_STUDIO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def step() -> StepLogged:
    return StepLogged(
        epoch=0,
        step=1,
        losses={"total": 3.0},
        learning_rate=1e-3,
        gradient_norm=1.0,
        examples_per_second=9.0,
    )


def finished_run(name: str = "A run") -> RunFolder:
    run = create_run(RunConfig(name=name, seed=7))
    list(record(run, iter([step()])))
    run.best.write_bytes(os.urandom(4096))
    run.log_file.write_text("hello\n" * 1000)
    return run


def contents(run: RunFolder) -> dict[str, bytes]:
    return {
        path.relative_to(run.path).as_posix(): path.read_bytes()
        for path in run.path.rglob("*")
        if path.is_file()
    }


def test_export_and_import_give_the_same_run_back(home: Path, tmp_path: Path) -> None:
    run = finished_run()
    before = contents(run)
    archive = export_run(run, tmp_path / "out" / "mine")
    assert archive == tmp_path / "out" / "mine.zip"

    again = import_run(archive)

    assert again.name == f"{run.name}-2"
    assert contents(again) == before == contents(run)
    assert summarize(again).title == "A run"
    elsewhere = import_run(archive, tmp_path / "other")
    assert elsewhere.path == tmp_path / "other" / run.name
    assert sorted(path.name for path in home.iterdir()) == ["runs"]


def test_export_leaves_out_the_owner_and_half_written_files(home: Path, tmp_path: Path) -> None:
    run = finished_run()
    (run.path / "owner.json").write_text("{}")
    (run.checkpoints / ".best.safetensors.x.part").write_bytes(b"half")
    names = zipfile.ZipFile(export_run(run, tmp_path / "a.zip")).namelist()
    assert f"{run.name}/config.json" in names
    assert not [name for name in names if "owner" in name or name.endswith(".part")]


def test_export_refuses_to_write_into_the_run(home: Path) -> None:
    run = finished_run()
    with pytest.raises(RunFolderError, match="inside the run"):
        export_run(run, run.path / "a.zip")


def test_import_of_a_folder_zipped_by_hand(home: Path, tmp_path: Path) -> None:
    run = finished_run()
    with zipfile.ZipFile(tmp_path / "by-hand.zip", "w") as archive:
        archive.write(run.config_file, "config.json")
        archive.writestr("owner.json", "{}")
    again = import_run(tmp_path / "by-hand.zip")
    assert again.name == "by-hand"
    assert sorted(contents(again)) == ["config.json"]
    assert again.checkpoints.is_dir()
    assert stat.S_IMODE(again.path.stat().st_mode) == stat.S_IMODE(run.path.stat().st_mode)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "run/../../evil.txt",
        "/etc/evil.txt",
        "run\\..\\evil.txt",
        "C:/evil.txt",
    ],
)
def test_nothing_is_written_outside(home: Path, tmp_path: Path, name: str) -> None:
    run = finished_run()
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.write(run.config_file, "run/config.json")
        archive.writestr(name, "gotcha")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(RunFolderError, match="outside its folder"):
        import_run(tmp_path / "evil.zip")
    assert sorted(tmp_path.rglob("*")) == before


def test_links_in_an_archive_are_refused(home: Path, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("run/config.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(RunFolderError, match="outside its folder"):
        import_run(tmp_path / "link.zip")


def test_import_says_what_is_wrong(home: Path, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="There is no file"):
        import_run(tmp_path / "none.zip")
    (tmp_path / "text.zip").write_text("no archive")
    with pytest.raises(RunFolderError, match="no run that was exported here"):
        import_run(tmp_path / "text.zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("holiday/photo.txt", "sea")
    with pytest.raises(RunFolderError, match=r"config\.json is missing"):
        import_run(tmp_path / "other.zip")
    with zipfile.ZipFile(tmp_path / "wrong.zip", "w") as archive:
        archive.writestr("run/config.json", '{"seed": -1}')
    with pytest.raises(RunFolderError, match="seed is -1") as caught:
        import_run(tmp_path / "wrong.zip")
    assert ".import-" not in str(caught.value)
    assert sorted(path.name for path in home.iterdir()) == ["runs"]
    assert list((home / "runs").iterdir()) == []


def test_a_damaged_archive_leaves_nothing_behind(home: Path, tmp_path: Path) -> None:
    archive = export_run(finished_run(), tmp_path / "a.zip")
    content = bytearray(archive.read_bytes())
    # The checkpoint is stored uncompressed: a changed byte in it breaks its checksum only.
    middle = content.index((home / "runs").glob("*/checkpoints/best*").__next__().read_bytes())
    content[middle + 2000] ^= 0xFF
    archive.write_bytes(bytes(content))
    with pytest.raises(RunFolderError, match="CRC"):
        import_run(archive)
    assert len(list((home / "runs").iterdir())) == 1


def test_delete_moves_to_the_bin(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binned: list[Path] = []
    monkeypatch.setattr("send2trash.send2trash", binned.append)
    run = finished_run()
    delete_run(run)
    assert binned == [run.path]


def test_delete_refuses_while_the_run_is_written(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binned: list[Path] = []
    monkeypatch.setattr("send2trash.send2trash", binned.append)
    run = finished_run()
    events = record(run, iter([step(), step()]))
    next(events)
    with pytest.raises(RunFolderError, match="being trained"):
        delete_run(run)
    events.close()  # type: ignore[attr-defined]
    delete_run(run)
    assert binned == [run.path]


def test_the_bin_itself(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    code = (
        "import sys; from pathlib import Path; from core.runs.transfer import move_to_bin;"
        "move_to_bin(Path(sys.argv[1]))"
    )
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data"), "HOME": str(tmp_path)}
    command = [sys.executable, "-c", code, str(folder)]
    if sys.platform.startswith("linux"):
        subprocess.run(command, env=environment, check=True, timeout=60)
        assert not folder.exists()
        assert (tmp_path / "data" / "Trash" / "files" / "old" / "a.txt").read_text() == "a"
    with pytest.raises(RunFolderError, match="already gone"):
        move_to_bin(tmp_path / "never")


def test_a_bin_that_refuses_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise OSError("no bin on this disk")

    monkeypatch.setattr("send2trash.send2trash", refuse)
    with pytest.raises(RunFolderError, match=r"no bin on this disk.*file manager"):
        move_to_bin(tmp_path)


def test_sizes(home: Path) -> None:
    run = finished_run()
    size, files = folder_size(run.path)
    assert files == len(contents(run))
    assert size == sum(len(content) for content in contents(run).values())
    uses = {use.title: use for use in storage_use()}
    assert (uses["Runs"].size, uses["Runs"].files) == (size, files)
    assert uses["Features"].size == 0
    assert uses["Runs"].path == home / "runs"
    assert free_space() > 0
