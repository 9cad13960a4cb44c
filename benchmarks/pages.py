"""What a page costs whose answers are stored: processor time of the server and bytes to the browser, a run.

    .venv/bin/python benchmarks/pages.py [--runs 20] [--only attack robustness]

One websocket client opens each page until all that it shows is stored, then opens it again and again: as a new visitor
(a session of its own), and once more in the same session, as a slider that computes nothing does. Processor time is
that of the server's own process, which one interpreter lock makes one core's; what computes beside it is not in it. The
first row is an empty Streamlit page on a server of its own.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
from classroom import Seen, empty_app, run, session
from serving import APP, Server, served

PAGES = {
    "home": "",
    "attack": "attacked=TRADES&attacked=PGD-AT-ANCRA&image=7",
    "live": "",
    "feature_maps": "",
    "robustness": "",
    "negatives": "tab=Mechanism",
    "negatives, Population": "tab=Population",
    "negatives, Outcome": "tab=Outcome",
    "train": "",
}
IDLE = 0.01  # seconds of processor time in a quarter of a second: what a server does that is asked for nothing


def spent(process: psutil.Process) -> float:
    """Seconds of processor time of a process by now."""
    return sum(process.cpu_times()[:2])


async def quiet(process: psutil.Process) -> None:
    """Wait until the server does nothing."""
    for _ in range(80):
        before = spent(process)
        await asyncio.sleep(0.25)
        if spent(process) - before <= IDLE:
            return


async def ready(server: Server) -> None:
    """Wait until nothing more is made ready, in the server or beside it."""
    for process in [*server.processes(), server.process]:
        with suppress(psutil.NoSuchProcess):
            await quiet(process)


async def measure(server: Server, page: str, query: str, runs: int) -> list[float]:
    """(ms of processor time, KB) of a first run, then of one in the same session; the clock's ms of both."""
    seen, process = Seen(), server.process

    async def visit() -> tuple[list[float], list[int], list[float]]:
        costs, sizes, clock = [], [], []
        async with session(server) as socket:
            for _ in range(2):
                await quiet(process)
                before, held, began = spent(process), seen.bytes, time.monotonic()
                await run(socket, page, query, seen)
                clock.append(1000 * (time.monotonic() - began))
                await quiet(process)
                costs.append(1000 * (spent(process) - before))
                sizes.append(seen.bytes - held)
        return costs, sizes, clock

    for _ in range(3):
        await visit()
    await ready(server)
    seen.errors.clear()
    results = [await visit() for _ in range(runs)]
    if seen.errors:
        sys.exit(f"{page}: {seen.errors[0]}")
    # The mean: what the system counts of a process comes in steps of 10 ms.
    costs, sizes, clock = (np.mean([each[part] for each in results], axis=0) for part in range(3))
    return [costs[0], sizes[0] / 1024, costs[1], sizes[1] / 1024, clock[0], clock[1]]


def row(title: str, figures: list[float]) -> None:
    """Print a page's row."""
    first, large, again, small, waited, waited_again = figures
    print(f"| {title} | {first:.0f} | {large:.0f} | {again:.0f} | {small:.0f} | {1000 / again:.0f} | ", end="")
    print(f"{waited:.0f} | {waited_again:.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="What a page costs whose answers are stored.")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--only", nargs="+", choices=[*PAGES], default=[*PAGES])
    options = parser.parse_args()
    print("| page | new visitor: CPU ms | KB | same session: CPU ms | KB | a second and core | clock, ms | again |")
    print(f"|{8 * '---|'}")
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        pages = {name: (name.partition(",")[0], f"images=Digits&{PAGES[name]}") for name in options.only}
        for command, shown in ((empty_app(home), {"an empty page": ("", "")}), (APP, pages)):
            with served(home / "workspace", command) as server:
                for title, (page, query) in shown.items():
                    row(title, asyncio.run(measure(server, page, query, options.runs)))


if __name__ == "__main__":
    main()
