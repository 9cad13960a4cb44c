"""Fetching archives from a server on this machine."""

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ancra.data.download import fetch
from ancra.errors import AncraError


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "archive.zip").write_bytes(b"x" * 3_000_000)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


def test_whole_or_not_at_all(server: str, tmp_path: Path) -> None:
    path = tmp_path / "data" / "archive.zip"
    seen: list[tuple[int, int]] = []
    with pytest.raises(AncraError, match="another file than the published one"):
        fetch(f"{server}/archive.zip", path, "0" * 32)
    with pytest.raises(AncraError, match="put it at"):
        fetch(f"{server}/none.zip", path, "0" * 32)
    assert list(path.parent.iterdir()) == []
    checksum = hashlib.md5(b"x" * 3_000_000).hexdigest()
    fetch(f"{server}/archive.zip", path, checksum, lambda done, total: seen.append((done, total)))
    assert path.stat().st_size == 3_000_000
    assert seen[-1] == (3_000_000, 3_000_000)
    assert len(seen) >= 3
