"""Fetching archives from a server on this machine."""

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ancra.data.download import PART, fetch
from ancra.errors import AncraError

CONTENT = bytes(range(256)) * 12_000
CHECKSUM = hashlib.md5(CONTENT).hexdigest()


class Ranges(SimpleHTTPRequestHandler):
    """Serves the rest of a file where it is asked for it, as the usual servers do."""

    asked: list[str]

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        self.asked.append(asked)
        if not asked or not self.path.endswith("archive.zip"):
            return super().do_GET()
        start = int(asked.removeprefix("bytes=").rstrip("-"))
        if start >= len(CONTENT):
            return self.send_error(416)
        self.send_response(206)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start:])
        return None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """The address of a server that has archive.zip, and the ranges that it was asked for."""
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "archive.zip").write_bytes(CONTENT)
    (tmp_path / "served" / "whole.zip").write_bytes(CONTENT)
    handler = type("Handler", (Ranges,), {"asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(tmp_path / "served"))) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}", handler.asked
        http.shutdown()


def test_whole_or_not_at_all(server: tuple[str, list[str]], tmp_path: Path) -> None:
    address, path = server[0], tmp_path / "data" / "archive.zip"
    seen: list[tuple[int, int]] = []
    with pytest.raises(AncraError, match="another file than the published one"):
        fetch(f"{address}/archive.zip", path, "0" * 32)
    with pytest.raises(AncraError, match="put it at"):
        fetch(f"{address}/none.zip", path, "0" * 32)
    assert list(path.parent.iterdir()) == []
    fetch(f"{address}/archive.zip", path, CHECKSUM, lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert len(seen) >= 3


class StoppedError(Exception):
    pass


def stop(done: int, total: int) -> None:
    raise StoppedError


def test_an_interrupted_download_goes_on_where_it_was(server: tuple[str, list[str]], tmp_path: Path) -> None:
    address, asked = server
    path = tmp_path / "data" / "archive.zip"
    with pytest.raises(StoppedError):
        fetch(f"{address}/archive.zip", path, CHECKSUM, stop)
    part = path.with_name(path.name + PART)
    assert not path.exists()
    assert 0 < (have := part.stat().st_size) < len(CONTENT)
    fetch(f"{address}/archive.zip", path, CHECKSUM)
    assert asked == ["", f"bytes={have}-"]
    assert path.read_bytes() == CONTENT
    assert not part.exists()


@pytest.mark.parametrize("left", [b"of another file", CONTENT + b"and more"])
def test_what_is_left_of_another_file_is_never_used(left: bytes, server: tuple[str, list[str]], tmp_path: Path) -> None:
    path = tmp_path / "archive.zip"
    path.with_name(path.name + PART).write_bytes(left)
    if len(left) < len(CONTENT):
        with pytest.raises(AncraError, match="another file"):
            fetch(f"{server[0]}/archive.zip", path, CHECKSUM)
    fetch(f"{server[0]}/archive.zip", path, CHECKSUM)
    assert path.read_bytes() == CONTENT


def test_a_server_that_cannot_go_on_sends_the_whole_file(server: tuple[str, list[str]], tmp_path: Path) -> None:
    path = tmp_path / "whole.zip"
    path.with_name(path.name + PART).write_bytes(CONTENT[:1000])
    fetch(f"{server[0]}/whole.zip", path, CHECKSUM)
    assert path.read_bytes() == CONTENT
