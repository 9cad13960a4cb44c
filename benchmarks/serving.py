"""A server on a free port of this machine until a block ends, for benchmarks, tests and the README's pictures."""

import os
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

ROOT = Path(__file__).resolve().parents[1]
APP = (sys.executable, "-m", "ancra", "app", "--port", "{port}")
PATIENCE = 120.0  # seconds until a server answers


@dataclass(frozen=True)
class Server:
    """One that answers: its port, and its own process."""

    port: int
    process: psutil.Popen

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://localhost:{self.port}"

    @property
    def stream(self) -> str:
        """Where a client finds it that speaks Streamlit's protocol."""
        return f"ws://localhost:{self.port}/_stcore/stream"

    def processes(self) -> list[psutil.Process]:
        """Its own process, and all that it started."""
        return [self.process, *self.process.children(recursive=True)]


def free_port() -> int:
    """A port that nobody listens on, and that no connection is given before somebody does."""
    for _ in range(1000):
        port = random.randrange(20_000, 32_000)  # below those that systems hand out by themselves
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


def answer(url: str, process: subprocess.Popen[str] | psutil.Popen) -> str:
    """What a server says as soon as it says something. Raises RuntimeError when it ends, or stays silent."""
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=5) as said:
                return str(said.read().decode())
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"{url} does not answer" if process.poll() is None else f"the server of {url} ended")


@contextmanager
def served(
    home: Path, command: tuple[str, ...] = APP, log: IO[bytes] | int = subprocess.DEVNULL, **environment: str
) -> Iterator[Server]:
    """Start a server, give it once it answers, and end it.

    Args:
        home: its workspace.
        command: ``{port}`` in it becomes the port.
        log: what it prints goes there.
        environment: variables that it finds changed.

    Raises:
        RuntimeError: when it ends before it answers, or does not answer.
    """
    port = free_port()
    changed = {**os.environ, "ANCRA_HOME": str(home), **environment}
    started = [part.format(port=port) for part in command]
    server = Server(port, psutil.Popen(started, cwd=ROOT, env=changed, stdout=log, stderr=log))
    try:
        answer(f"{server.address}/_stcore/health", server.process)
        yield server
    finally:
        server.process.terminate()
        server.process.wait(30)
