"""Downloads from a server on this machine that can be made to misbehave."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.download import fetch as download
from core.download.fetch import download_file
from core.errors import DownloadError
from core.models import weights as registry
from core.models.download import download_weights
from core.models.weights import (
    WeightsFile,
    find_weights,
    own_path,
    partial_path,
    weights_status,
)

CONTENT = hashlib.shake_256(b"weights").digest(1_000_000)


@dataclass
class Behaviour:
    """What the server does; `drops` are the bytes after which a connection is closed, in turn."""

    content: bytes = CONTENT
    status: list[int] = field(default_factory=list)
    drops: list[int] = field(default_factory=list)
    ranges: bool = True
    asked: list[str | None] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        behaviour: Behaviour = self.server.behaviour  # type: ignore[attr-defined]
        wanted = self.headers.get("Range")
        behaviour.asked.append(wanted)
        self.close_connection = True
        if behaviour.status and (status := behaviour.status.pop(0)) != 200:
            self.send_error(status)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        if wanted and behaviour.ranges and start >= len(behaviour.content):
            self.send_error(416)
            return
        partial = bool(wanted) and behaviour.ranges
        body = behaviour.content[start:] if partial else behaviour.content
        self.send_response(206 if partial else 200)
        self.send_header("Content-Length", str(len(body)))
        if partial:
            last = len(behaviour.content) - 1
            self.send_header("Content-Range", f"bytes {start}-{last}/{last + 1}")
        self.end_headers()
        self.wfile.write(body[: behaviour.drops.pop(0)] if behaviour.drops else body)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.behaviour = Behaviour()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def behaviour(server: ThreadingHTTPServer) -> Behaviour:
    return server.behaviour  # type: ignore[attr-defined]


@pytest.fixture
def known(
    server: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> WeightsFile:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("no_proxy", "*")
    known = dataclasses.replace(
        find_weights("convnext-tiny"),
        url=f"http://127.0.0.1:{server.server_port}/weights.pth",
        md5=hashlib.md5(CONTENT).hexdigest(),
    )
    monkeypatch.setattr(registry, "_KNOWN", (known,))
    return known


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "target.pth"


def fetch(known: WeightsFile, target: Path) -> list:
    return list(download_file(known, target, target.with_suffix(".part"), first_pause=0))


def test_a_whole_download_is_installed(known: WeightsFile, behaviour: Behaviour) -> None:
    events = list(download_weights(known.name))
    assert own_path(known).read_bytes() == CONTENT
    assert not partial_path(known).exists()
    assert weights_status(known).state == "installed"
    loading = [event for event in events if event.phase.startswith("Downloading")]
    assert [event.done for event in loading] == sorted(event.done for event in loading)
    assert loading[0].done == 0 and loading[-1].done == loading[-1].total == len(CONTENT)
    assert events[-1].phase.startswith("Checking") and events[-1].done == len(CONTENT)
    assert list(download_weights(known.name))[-1].done == len(CONTENT)
    assert len(behaviour.asked) == 1


def test_stopping_keeps_what_has_arrived(known: WeightsFile, behaviour: Behaviour) -> None:
    going = download_weights(known.name)
    while next(going).done < 100_000:
        pass
    going.close()
    status = weights_status(known)
    assert status.state == "partial" and 100_000 <= status.size < len(CONTENT)
    events = list(download_weights(known.name))
    assert events[0].done == status.size and events[0].total == len(CONTENT)
    assert behaviour.asked == [None, f"bytes={status.size}-"]
    assert own_path(known).read_bytes() == CONTENT


def test_dropped_connections_are_resumed(
    known: WeightsFile, behaviour: Behaviour, target: Path
) -> None:
    behaviour.drops = [300_000, 0, 1, 200_000]
    fetch(known, target)
    assert target.read_bytes() == CONTENT
    starts = ["bytes=300000-", "bytes=300000-", "bytes=300001-", "bytes=500001-"]
    assert behaviour.asked == [None, *starts]


def test_busy_servers_are_asked_again(
    known: WeightsFile, behaviour: Behaviour, target: Path
) -> None:
    behaviour.status = [503, 429, 200]
    fetch(known, target)
    assert target.read_bytes() == CONTENT


def test_without_progress_it_gives_up_and_keeps_the_part(
    known: WeightsFile, behaviour: Behaviour, target: Path
) -> None:
    behaviour.drops = [300_000, *[0] * 10]
    with pytest.raises(DownloadError, match="check the network"):
        fetch(known, target)
    assert len(behaviour.asked) == 1 + 5 - 1
    assert target.with_suffix(".part").stat().st_size == 300_000
    assert not target.exists()


def test_waiting_can_be_stopped(known: WeightsFile, behaviour: Behaviour, target: Path) -> None:
    behaviour.status = [503]
    going = download_file(known, target, target.with_suffix(".part"), first_pause=60)
    event = next(going)
    assert "the server answered 503" in event.message
    going.close()


def test_servers_without_ranges_send_everything_again(
    known: WeightsFile, behaviour: Behaviour, target: Path
) -> None:
    behaviour.ranges = False
    target.with_suffix(".part").write_bytes(CONTENT[:1000])
    events = fetch(known, target)
    assert events[0].done == 0
    assert target.read_bytes() == CONTENT


def test_a_strange_part_is_thrown_away_once(
    known: WeightsFile, behaviour: Behaviour, target: Path
) -> None:
    target.with_suffix(".part").write_bytes(b"?" * 1000)
    fetch(known, target)
    assert target.read_bytes() == CONTENT
    assert behaviour.asked == ["bytes=1000-", None]


@pytest.mark.parametrize("extra", [b"", b"too long"])
def test_a_part_with_nothing_left_to_fetch(
    known: WeightsFile, behaviour: Behaviour, target: Path, extra: bytes
) -> None:
    target.with_suffix(".part").write_bytes(CONTENT + extra)
    fetch(known, target)
    assert target.read_bytes() == CONTENT


def test_corrupted_content_is_refused(
    known: WeightsFile, behaviour: Behaviour, target: Path
) -> None:
    behaviour.content = CONTENT[:-1] + b"?"
    with pytest.raises(DownloadError, match="another file than the published"):
        fetch(known, target)
    assert list(target.parent.glob("target*")) == []


def test_another_size_is_refused_before_anything_is_written(
    known: WeightsFile, behaviour: Behaviour, target: Path
) -> None:
    sized = dataclasses.replace(known, size=len(CONTENT) - 5)
    with pytest.raises(DownloadError, match=r"1,000,000 bytes .* 999,995"):
        fetch(sized, target)
    assert list(target.parent.glob("target*")) == []


@pytest.mark.parametrize("status", [403, 404, 410])
def test_missing_files_are_told_at_once(
    known: WeightsFile, behaviour: Behaviour, target: Path, status: int
) -> None:
    behaviour.status = [status, 200]
    with pytest.raises(DownloadError, match=f"answered {status}"):
        fetch(known, target)
    assert len(behaviour.asked) == 1


def test_no_server(known: WeightsFile, server: ThreadingHTTPServer, target: Path) -> None:
    nobody = dataclasses.replace(known, url="http://127.0.0.1:9/weights.pth")
    with pytest.raises(DownloadError, match="could not be downloaded"):
        fetch(nobody, target)


def test_a_full_disk_is_told_before(
    known: WeightsFile, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(free=2_000_000)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(DownloadError, match="only 2 MB are free"):
        fetch(known, target)
    assert list(target.parent.glob("target*")) == []
