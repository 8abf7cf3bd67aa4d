"""A server on this machine that can be made to misbehave, and archives for it to serve."""

from __future__ import annotations

import io
import threading
import wave
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import py7zr


@dataclass
class FileServer:
    """Files by path. `drops` are bytes after which connections are closed, in turn."""

    files: dict[str, bytes] = field(default_factory=dict)
    drops: list[int] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    port: int = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: FileServer = self.server.files  # type: ignore[attr-defined]
        path, wanted = self.path.lstrip("/").split("?")[0], self.headers.get("Range")
        server.asked.append((path, wanted))
        self.close_connection = True
        if path not in server.files:
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        body = server.files[path][start:]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: server.drops.pop(0)] if server.drops else body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(files: Mapping[str, bytes]) -> Iterator[FileServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    state = FileServer(dict(files), port=server.server_port)
    server.files = state  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def wav_bytes(seed: int, frames: int = 800) -> bytes:
    """Return a WAV file of noise, which no archive makes much smaller."""
    samples = np.random.default_rng(seed).integers(-3000, 3000, frames, dtype=np.int16)
    content = io.BytesIO()
    with wave.open(content, "wb") as stream:
        stream.setparams((1, 2, 8_000, frames, "NONE", ""))
        stream.writeframes(samples.tobytes())
    return content.getvalue()


def seven_zip(files: Mapping[str, bytes], path: Path) -> bytes:
    with py7zr.SevenZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(content, name)
    return path.read_bytes()


def zipped(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()
