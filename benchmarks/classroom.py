"""What a class waits for: websocket clients that speak Streamlit's protocol open pages of one server at the same time.

    .venv/bin/python benchmarks/classroom.py [--clients 30] [--seconds 60]

Each client opens links, one after the other with pauses between them: mostly the Attack page on a test image of its own
with two models (none of it stored), then the same view again, which computes nothing, and now and then Robustness, the
maps and Home. Two loads: a pause of 5 to 15 s, and of 1 to 4 s; then the second load once more, for the memory. Beside
each load stands what an empty page takes under it: Streamlit's own floor on this machine.
"""

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parent.parent
LOADS = ((5, 15), (1, 4))
NAMES = ("natural", "pgd-at", "trades", "mart", "pgd-at-ancra", "trades-ancra", "mart-ancra")
AGAIN = "Attack, nothing to compute"
EMPTY = "an empty page"
LONGEST = 120.0  # seconds that a client waits for a page
IMAGES = 360  # of digits' test split


@dataclass
class Seen:
    """What the clients saw: seconds by page, and the errors that pages showed."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)


async def run(socket: ClientConnection, page: str, query: str) -> list[str]:
    """Have the server run a page as a browser asks for it, to its end; the errors that it draws."""
    asked = BackMsg()
    asked.rerun_script.query_string, asked.rerun_script.page_name = query, page
    await socket.send(asked.SerializeToString())
    errors = []
    while True:
        answer = ForwardMsg.FromString(await socket.recv(decode=False))
        kind = answer.WhichOneof("type")
        if kind == "script_finished" and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return errors
        if kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
            element = answer.delta.new_element
            if element.WhichOneof("type") == "exception":
                errors.append(f"{element.exception.type}: {element.exception.message}")
            elif element.WhichOneof("type") == "alert" and element.alert.format == Alert.ERROR:
                errors.append(element.alert.body)


def link(chance: random.Random, images: list[int]) -> tuple[str, str, str]:
    """(what the table calls it, page, query) of the next link that a student opens."""
    kind = chance.choices(["Attack", "Robustness", "Feature maps", "Home"], [6, 2, 1, 1])[0]
    if kind == "Attack":
        models = "&".join(f"attacked=digits%2F{name}" for name in chance.sample(NAMES, 2))
        return kind, "attack", f"{models}&image={images.pop()}"
    return kind, {"Robustness": "robustness", "Feature maps": "feature_maps", "Home": "home"}[kind], ""


async def client(url: str, number: int, until: float, pause: tuple[float, float], seen: Seen, empty: bool) -> None:
    """One student: opens links until the time is over."""
    chance = random.Random(number)
    images = chance.sample(range(IMAGES), IMAGES)
    await asyncio.sleep(chance.uniform(0, pause[1]))
    while time.monotonic() < until:
        name, page, query = (EMPTY, "", "") if empty else link(chance, images)
        try:
            async with asyncio.timeout(LONGEST):
                began = time.monotonic()
                async with connect(url, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
                    seen.errors += await run(socket, page, query)
                    seen.seconds[name].append(time.monotonic() - began)
                    if name == "Attack":
                        await asyncio.sleep(chance.uniform(*pause))
                        began = time.monotonic()
                        seen.errors += await run(socket, page, query)
                        seen.seconds[AGAIN].append(time.monotonic() - began)
        except Exception as error:
            seen.errors.append(f"{name}: {error!r}")
        await asyncio.sleep(chance.uniform(*pause))


async def wave(
    url: str, clients: int, seconds: float, pause: tuple[float, float], first: int, empty: bool = False
) -> Seen:
    """Clients ``first`` and following at once, for some seconds and until the last page of each is there."""
    seen, until = Seen(), time.monotonic() + seconds
    await asyncio.gather(*(client(url, first + each, until, pause, seen, empty) for each in range(clients)))
    return seen


def table(title: str, seen: Seen) -> None:
    print(f"\n{title}\n\n| page | runs | p50, s | p95, s | max, s |\n|---|---|---|---|---|")
    for name, spent in sorted(seen.seconds.items()):
        middle, late = np.percentile(spent, [50, 95])
        print(f"| {name} | {len(spent)} | {middle:.2f} | {late:.2f} | {max(spent):.2f} |")
    print(f"\n{len(seen.errors)} errors", *sorted(set(seen.errors))[:5], sep="\n- " if seen.errors else "")


def megabytes(process: subprocess.Popen[bytes]) -> int:
    """Resident memory of a server and all that it started."""
    own = psutil.Process(process.pid)
    return sum(each.memory_info().rss for each in [own, *own.children(recursive=True)]) // 2**20


def serve(command: list[str], port: int, home: Path) -> subprocess.Popen[bytes]:
    """A server that answers."""
    server = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "ANCRA_HOME": str(home)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    for _ in range(240):
        try:
            urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=5)
            return server
        except OSError:
            time.sleep(0.25)
    server.terminate()
    sys.exit("The server does not answer.")


def main() -> None:
    parser = argparse.ArgumentParser(description="What a class waits for.")
    parser.add_argument("--clients", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60, help="of each load")
    parser.add_argument("--port", type=int, default=8651)
    options = parser.parse_args()
    pages, floor = options.port, options.port + 1
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        (home / "empty.py").write_text("import streamlit as st\n\nst.title('Empty')\n")
        streamlit = [sys.executable, "-m", "streamlit", "run", str(home / "empty.py"), "--server.headless=true"]
        servers = [
            serve([sys.executable, "-m", "ancra", "app", "--port", str(pages)], pages, home / "workspace"),
            serve([*streamlit, f"--server.port={floor}"], floor, home),
        ]
        urls = [f"ws://localhost:{port}/_stcore/stream" for port in (pages, floor)]
        try:
            asyncio.run(wave(urls[0], 1, 20, (0, 0.1), 10_000))  # libraries and models are loaded
            print(f"Memory before: {megabytes(servers[0])} MB")
            first = 0
            for number, pause in enumerate((*LOADS, LOADS[-1])):
                title = f"{options.clients} clients, a pause of {pause[0]} to {pause[1]} s"
                if number < len(LOADS):
                    seen = asyncio.run(wave(urls[1], options.clients, options.seconds / 3, pause, first, empty=True))
                    table(f"{title}: {EMPTY}", seen)
                seen = asyncio.run(wave(urls[0], options.clients, options.seconds, pause, first))
                table(title if number < len(LOADS) else f"{title}, once more", seen)
                print(f"Memory after it: {megabytes(servers[0])} MB")
                first += options.clients
        finally:
            for server in servers:
                server.terminate()
                server.wait()


if __name__ == "__main__":
    main()
