"""The page of Live as a browser and as its server feel it: the page's own thread, the first step, and 200 visitors.

    .venv/bin/python benchmarks/live_page.py [--set digits] [--clients 200]

The page's thread: the longest task while the attack plays, epsilon is dragged, a pen draws and a negative is beside it,
in milliseconds of the processor, from Chromium's own trace. First step: from opening the page to step 1 by the clock,
the median of openings that nothing traces, with the processor's time of the page's thread; then in the app, whose page
has the networks from a visit before. Visitors: each asks for what a browser on Live asks for (both networks, the page's
run by websocket), all within a minute; beside it the same bytes as a static file of the same server, asked for in the
same way, and what the server does while all of them attack.
"""

import argparse
import asyncio
import json
import re
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
from chromium import chromium
from classroom import Seen, run, session
from first_step import busy, in_app, untraced
from playwright.sync_api import Browser, Page
from serving import Server, served

from ancra.checkpoints import read_card, resolve_checkpoint
from ancra.scenes.live_page import live_page
from ancra.store import Store

SETS = {"digits": "Digits", "fashion_mnist": "Fashion"}
MODELS = ("natural-ra", "pgd-at")
WITHIN = 60.0  # Seconds in which all visitors come.
REST = 20.0  # Seconds for which all of them attack.
PATIENCE = 300.0  # Seconds that a visitor waits for the server.
FRAME = 16.0  # Milliseconds.


def tasks(trace: Path) -> list[float]:
    """Milliseconds of the processor of each task of the page's own thread, but for those that serve this script."""
    events = json.loads(trace.read_text())["traceEvents"]
    mains = {(e["pid"], e["tid"]) for e in events if e.get("args", {}).get("name") == "CrRendererMain"}
    own = [e for e in events if (e["pid"], e["tid"]) in mains and "tdur" in e]
    asked = [e["ts"] for e in own if "DevTools" in json.dumps(e["args"].get("chrome_mojo_event_info", ""))]
    runs = [e for e in own if e["name"].endswith("RunTask")]
    return [e["tdur"] / 1000 for e in runs if not any(e["ts"] <= at <= e["ts"] + e["dur"] for at in asked)]


def traced(browser: Browser, page: Page, folder: Path, act: Callable[[], None]) -> list[float]:
    """The tasks of the page's thread while something is done."""
    file = folder / "trace.json"
    browser.start_tracing(page=page, path=str(file), categories=["toplevel", "devtools.timeline", "__metadata"])
    act()
    browser.stop_tracing()
    return tasks(file)


def acts(page: Page) -> dict[str, Callable[[], None]]:
    """What a person does on the page, by its name, with keys and pointer."""
    box = page.locator("canvas.paper").bounding_box()
    assert box is not None
    middle, negatives = (
        (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2),
        page.get_by_role("button", name="Beside a negative"),
    )
    page.get_by_label("Pace", exact=True).select_option("60")

    def plays() -> None:
        page.get_by_role("button", name="From the beginning (Home)").focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(500)
        page.get_by_role("button", name="Play or pause (space)").focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(3000)

    def drags() -> None:
        page.get_by_role("button", name="Play or pause (space)").focus()
        page.keyboard.press("Enter")
        page.get_by_label("Epsilon: how far a pixel may move").focus()
        for key in ("ArrowLeft", "ArrowRight"):
            for _ in range(20):
                page.keyboard.press(key)
        page.wait_for_timeout(3000)

    def draws() -> None:
        page.mouse.move(middle[0] - 50, middle[1] - 50)
        page.mouse.down()
        page.mouse.move(middle[0] + 50, middle[1] + 50, steps=40)
        page.mouse.up()
        page.wait_for_timeout(2000)

    def compares() -> None:
        negatives.focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(3000)
        plays()

    return {"the attack plays": plays, "epsilon is dragged": drags, "a pen draws": draws, "beside a negative": compares}


def own_thread(browser: Browser, site: Path, folder: Path, rounds: int) -> None:
    """Print what the page's thread is busy with, and how soon the first step is there."""
    clock = [untraced(browser, site) for _ in range(5 * rounds)]
    own, worker = min(busy(browser, site, folder) for _ in range(rounds))
    print(
        f"First step {statistics.median(clock):.0f} ms after opening, in the median of {len(clock)} openings "
        f"({min(clock):.0f} to {max(clock):.0f}); of the processor it took the page's thread {own:.0f} ms and "
        f"the worker {worker:.0f} ms\n"
    )
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(site.as_uri())
    page.locator(".where", has_text="Step 40").wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
    print("| while | tasks | longest, ms of the processor | longer than a frame |\n|---|---:|---:|---:|")
    for name, act in acts(page).items():
        found = traced(browser, page, folder, act)
        print(f"| {name} | {len(found)} | {max(found):.1f} | {sum(each > FRAME for each in found)} |", flush=True)
    page.close()


def spent(server: Server) -> float:
    """Seconds of the processor that a server and what it started have used."""
    return sum(sum(each.cpu_times()[:2]) for each in server.processes())


async def fetched(address: str) -> int:
    """Bytes of an answer."""

    def read() -> int:
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            return len(answer.read())

    return await asyncio.to_thread(read)


async def visitor(number: int, count: int, visit: Callable[[], Awaitable[None]]) -> float:
    """Seconds that a visit takes, at its time within the seconds in which all come."""
    await asyncio.sleep(WITHIN * number / count)
    began = time.monotonic()
    await visit()
    return time.monotonic() - began


async def load(title: str, server: Server, count: int, visit: Callable[[], Awaitable[None]]) -> None:
    """Print the seconds of visitors, and what one costs the server."""
    before = spent(server)
    seconds = await asyncio.gather(*(visitor(number, count, visit) for number in range(count)))
    p50, p95 = np.percentile(seconds, [50, 95])
    print(f"| {title} | {p50:.3f} | {p95:.3f} | {1000 * (spent(server) - before) / count:.1f} |", flush=True)


async def attacking(server: Server, data: str, clients: int) -> None:
    """The pages of all visitors, which stay; then nothing is asked for, as the attack needs no server."""
    query = asked(data)
    seen, stay = Seen(), []

    async def page() -> None:
        socket = await session(server, PATIENCE)
        stay.append(socket)
        await run(socket, "live", query, seen)

    await load("the page's run", server, clients, page)
    before = spent(server)
    await asyncio.sleep(REST)
    share = (spent(server) - before) / REST
    print(f"\nWhile {len(stay)} attack, the server takes {100 * share:.1f} % of one core; {len(seen.errors)} errors.")
    for error in sorted(set(seen.errors)):
        print(f"    {error}")
    for socket in stay:
        await socket.close()


def asked(data: str) -> str:
    """The page's query for both networks."""
    return f"images={SETS[data]}&" + "&".join(f"attacked={data}%2F{name}" for name in MODELS)


def visitors(data: str, clients: int, rounds: int) -> None:
    """Print what visitors of Live cost the server, beside files of the same sizes."""
    digests = [read_card(resolve_checkpoint(f"{data}/{name}")).digest for name in MODELS]
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as server:
        files = [f"{server.address}/live-networks/{digest}" for digest in digests]
        sizes = [asyncio.run(fetched(file)) for file in files]  # made ready
        found = re.search(r'src="\./(.*?)"', urllib.request.urlopen(server.address).read().decode())
        assert found is not None
        in_app(f"{server.address}/live?{asked(data)}", rounds)
        static = f"{server.address}/{found[1]}"
        times = max(1, round(sum(sizes) / asyncio.run(fetched(static))))

        async def networks() -> None:
            for file in files:
                await fetched(file)

        async def alike() -> None:
            for _ in range(times):
                await fetched(static)

        print(f"\n{clients} visitors within {WITHIN:.0f} s; networks of {sum(sizes) / 1000:.0f} KB\n")
        print("| each asks for | p50, s | p95, s | the server's processor, ms a visitor |\n|---|---:|---:|---:|")
        asyncio.run(load("both networks", server, clients, networks))
        asyncio.run(load("a static file, as often as makes as many bytes", server, clients, alike))
        asyncio.run(attacking(server, data, clients))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", choices=[*SETS], default="digits")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        site = folder / "index.html"
        site.write_text(live_page([resolve_checkpoint(f"{options.set}/{each}") for each in MODELS], Store()))
        own_thread(browser, site, folder, options.rounds)
    visitors(options.set, options.clients, options.rounds)


if __name__ == "__main__":
    main()
