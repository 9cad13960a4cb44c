"""What a class waits for: websocket clients that speak Streamlit's protocol open pages of one server at the same time.

    .venv/bin/python benchmarks/classroom.py [--sets digits fashion_mnist] [--clients 30] [--seconds 60]

Each client opens links, one after the other with pauses between them: mostly the Attack page on a test image of its own
with two models (none of it stored), then the same view again, which computes nothing, and now and then Robustness, the
maps and Home. They begin when the server has nothing left to prepare. Two loads: a pause of 5 to 15 s, and of 1 to 4 s;
then the second load once more, for the memory. Beside each figure stands what an empty page takes under that load:
Streamlit's own floor on this machine. At the end comes the first load again, where two of the clients are browsers,
which draw what they are sent and share the machine with the server.

``--first-seconds 600 --kill`` makes the first load ten minutes long and ends a process that computes with SIGKILL in
the middle; ``--crowd 100`` adds a load of so many clients and says what they were told while they waited.
"""

import argparse
import asyncio
import math
import random
import re
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from browsers import browse
from serving import Server, served
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

LOADS = ((5, 15), (1, 4))
TITLES = ("Natural", "PGD-AT", "TRADES", "MART", "PGD-AT-ANCRA", "TRADES-ANCRA", "MART-ANCRA")
SETS = {"digits": ("Digits", 450), "fashion_mnist": ("Fashion", 2000)}
"""What the app calls a set, and how many test images it has."""
STORED = 64  # traces of the first images come with the project
AGAIN = "Attack, nothing to compute"
EMPTY = "an empty page"
BUSY = 10
"""Percent of a core that a server takes which has nothing to do, at most."""
SETTLED = 2.0
"""Seconds for which it is watched."""
LONGEST = 120.0  # seconds that a client waits for a page
ASKED = re.compile(r'<span class="ancra-asked">(.*)</span>')
WAITING = re.compile(r"Waiting for \d+ others? to finish(, about [\d ]+(s|min|h).*)?\.")


@dataclass
class Seen:
    """What the clients saw: seconds by page, errors that pages showed, what those who waited were told; bytes sent."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    bytes: int = 0


def session(server: Server, patience: float = 10.0) -> connect:
    """A client's session until the block ends; it may take ``patience`` seconds to begin."""
    return connect(server.stream, subprotocols=["streamlit"], max_size=None, open_timeout=patience)  # type: ignore[list-item]


async def run(socket: ClientConnection, page: str, query: str, seen: Seen) -> None:
    """Have the server run a page as a browser asks for it, to its end."""
    asked = BackMsg()
    asked.rerun_script.query_string, asked.rerun_script.page_name = query, page
    await socket.send(asked.SerializeToString())
    while True:
        received = await socket.recv(decode=False)
        seen.bytes += len(received)
        answer = ForwardMsg.FromString(received)
        kind = answer.WhichOneof("type")
        if kind == "script_finished" and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return
        if kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
            element = answer.delta.new_element
            if element.WhichOneof("type") == "exception":
                seen.errors.append(f"{element.exception.type}: {element.exception.message}")
            elif element.WhichOneof("type") == "alert" and element.alert.format == Alert.ERROR:
                seen.errors.append(element.alert.body)
            elif element.WhichOneof("type") == "html" and (words := ASKED.search(element.html.body)):
                seen.told.append(words[1])


def link(chance: random.Random, images: list[int], data: str) -> tuple[str, str, str]:
    """(what the table calls it, page, query) of the next link that a student opens."""
    kind = chance.choices(["Attack", "Robustness", "Feature maps", "Home"], [6, 2, 1, 1])[0]
    shown = f"images={SETS[data][0]}"
    if kind == "Attack":
        models = "&".join(f"attacked={title}" for title in chance.sample(TITLES, 2))
        return kind, "attack", f"{shown}&{models}&image={images.pop()}"
    return kind, {"Robustness": "robustness", "Feature maps": "feature_maps", "Home": "home"}[kind], shown


async def client(
    server: Server, number: int, until: float, pause: tuple[float, float], seen: Seen, data: str | None
) -> None:
    """One student: opens links until the time is over; empty pages where there is no set of images."""
    chance = random.Random(number)
    count = SETS[data][1] if data else STORED
    images = chance.sample(range(STORED, count), count - STORED)
    await asyncio.sleep(chance.uniform(0, pause[1]))
    while time.monotonic() < until:
        name, page, query = link(chance, images, data) if data else (EMPTY, "", "")
        try:
            async with asyncio.timeout(LONGEST):
                began = time.monotonic()
                async with session(server) as socket:
                    await run(socket, page, query, seen)
                    seen.seconds[name].append(time.monotonic() - began)
                    if name == "Attack":
                        await asyncio.sleep(chance.uniform(*pause))
                        began = time.monotonic()
                        await run(socket, page, query, seen)
                        seen.seconds[AGAIN].append(time.monotonic() - began)
        except Exception as error:
            seen.errors.append(f"{name}: {error!r}")
        await asyncio.sleep(chance.uniform(*pause))


async def wave(
    server: Server,
    clients: int,
    seconds: float,
    pause: tuple[float, float],
    first: int,
    data: str | None = None,
    browsers: int = 0,
) -> Seen:
    """Clients ``first`` and following at once, for some seconds and until the last page of each is there.

    Args:
        browsers: how many of them are browsers that draw what they are sent.
    """
    seen, until = Seen(), time.monotonic() + seconds
    clients -= browsers

    def tell(what: str, value: float | str) -> None:
        if isinstance(value, str):
            seen.errors.append(value)
        else:
            seen.seconds[what].append(value)

    watching = [
        browse(server.address, attacks(first + each, data), until, pause, tell)
        for each in range(clients, clients + browsers)
        if data
    ]
    await asyncio.gather(
        *watching, *(client(server, first + each, until, pause, seen, data) for each in range(clients))
    )
    return seen


def attacks(number: int, data: str) -> list[str]:
    """Links of the Attack page for one browser, each with an image of its own."""
    chance = random.Random(number)
    images = chance.sample(range(STORED, SETS[data][1]), SETS[data][1] - STORED)
    found: list[str] = []
    while images and len(found) < 1000:
        kind, page, query = link(chance, images, data)
        if kind == "Attack":
            found.append(f"{page}?{query}")
    return found


async def with_kill(coming: Coroutine[Any, Any, Seen], after: float, server: Server) -> Seen:
    """A wave in the middle of which a process that computes is killed."""
    task = asyncio.ensure_future(coming)
    await asyncio.sleep(after)
    computing = [each for each in server.process.children() if "popen_loky" in " ".join(each.cmdline())]
    busiest = max(computing, key=lambda each: sum(each.cpu_times()[:2]))
    busiest.send_signal(signal.SIGKILL)
    print(f"\nProcess {busiest.pid}, one of {len(computing)} that compute, was killed after {after:.0f} s.")
    return await task


def table(title: str, seen: Seen, floor: Seen) -> None:
    """Print what was seen, beside what an empty page took."""
    least = np.percentile(floor.seconds[EMPTY], [50, 95])
    print(f"\n{title}\n\n| page | runs | p50, s | p95, s | max, s | {EMPTY}: p50, s | p95, s |\n|{7 * '---|'}")
    for name, spent in sorted(seen.seconds.items()):
        figures = [*np.percentile(spent, [50, 95]), max(spent), *least]
        print(f"| {name} | {len(spent)} | {' | '.join(f'{each:.2f}' for each in figures)} |")
    print(f"\n{len(seen.errors)} errors", *sorted(set(seen.errors))[:5], sep="\n- " if seen.errors else "")
    queued = [text for text in seen.told if WAITING.fullmatch(text)]
    for what, texts in (("what is computed for them", seen.told), ("their place in the queue", queued)):
        print(f"{len(texts)} times somebody was told {what}{f', as in: {texts[len(texts) // 2]}' if texts else '.'}")
    sys.stdout.flush()


def megabytes(server: Server) -> int:
    """Resident memory of a server and all that it started."""
    return sum(each.memory_info().rss for each in server.processes()) // 2**20


def settle(server: Server) -> None:
    """Wait until a server has nothing to do any more."""
    everyone = server.processes()
    busy = math.inf
    while busy > BUSY:
        for each in everyone:
            each.cpu_percent()  # from here on
        time.sleep(SETTLED)
        busy = sum(each.cpu_percent() for each in everyone)


def measure(data: str, options: argparse.Namespace, server: Server, empty: Server) -> None:
    """All loads on one set of images."""
    asyncio.run(wave(server, 1, 15, (0, 0.1), 10_000, data))  # libraries and models are loaded
    settle(server)
    print(f"\n### {SETS[data][0]}\n\nMemory before: {megabytes(server)} MB")
    first, kill = 0, options.kill
    floors = [asyncio.run(wave(empty, options.clients, options.seconds / 3, pause, first)) for pause in LOADS]
    for number, (pause, floor) in enumerate(zip((*LOADS, LOADS[-1]), (*floors, floors[-1]), strict=True)):
        seconds = options.first_seconds if number == 0 and options.first_seconds else options.seconds
        coming = wave(server, options.clients, seconds, pause, first, data)
        seen = asyncio.run(with_kill(coming, seconds / 2, server) if kill and number == 0 else coming)
        title = f"{options.clients} clients, {in_words(pause)}, for {seconds:.0f} s"
        table(title if number < len(LOADS) else f"{title}, once more", seen, floor)
        print(f"Memory after it: {megabytes(server)} MB")
        first += options.clients
    if options.browsers:
        seen = asyncio.run(wave(server, options.clients, options.seconds, LOADS[0], first, data, options.browsers))
        table(f"{options.clients} clients, {in_words(LOADS[0])}, {options.browsers} in a browser here", seen, floors[0])
        first += options.clients
    options.kill, options.first_seconds = False, None
    if options.crowd:
        seen = asyncio.run(wave(server, options.crowd, options.seconds, LOADS[-1], first, data))
        table(f"{options.crowd} clients, {in_words(LOADS[-1])}", seen, floors[-1])
        options.crowd = 0


def in_words(pause: tuple[float, float]) -> str:
    """A pause between two actions."""
    return f"a pause of {pause[0]} to {pause[1]} s"


def empty_app(folder: Path) -> tuple[str, ...]:
    """The command that serves an empty page, which is written into the folder."""
    script = folder / "empty.py"
    script.write_text("import streamlit as st\n\nst.title('Empty')\n")
    options = ("--server.headless=true", "--server.fileWatcherType=none", "--server.port={port}")  # as the app's own
    return (sys.executable, "-m", "streamlit", "run", str(script), *options)


def main() -> None:
    parser = argparse.ArgumentParser(description="What a class waits for.")
    parser.add_argument("--sets", nargs="+", choices=[*SETS], default=["digits"])
    parser.add_argument("--clients", type=int, default=30)
    parser.add_argument("--browsers", type=int, default=2, help="how many clients of the last load are real browsers")
    parser.add_argument("--seconds", type=float, default=60, help="of each load")
    parser.add_argument("--first-seconds", type=float, help="of the very first load, where that is to differ")
    parser.add_argument("--kill", action="store_true", help="kill what computes in the middle of the first load")
    parser.add_argument("--crowd", type=int, default=0, help="clients of one more load on the first set")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        with served(home, empty_app(home)) as empty:
            for data in options.sets:
                with served(home / f"workspace-{data}") as server:
                    measure(data, options, server, empty)


if __name__ == "__main__":
    main()
