"""What one person waits for with the photographs of CIFAR-10, on a server that has nothing else to do.

    .venv/bin/python benchmarks/photographs.py --data FOLDER [--images 12]

``FOLDER`` is where the images lie (`ancra data where`). One websocket client opens the Attack page with two models: a
PGD-40 trace of both and the verdicts beside it, on an image that nobody has asked for; then the same view again, from
the store; then the maps that come with the project. By the clock.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from classroom import Seen, run, session, settle
from serving import Server, served

SHOWN = "images=CIFAR-10&source=Test+image"
PAIRS = (("PGD-AT", "TRADES-ANCRA"), ("TRADES", "MART-ANCRA"))
FIRST, TEST = 1000, 10_000
"""Test images from here on have no stored traces; and how many there are."""
AIMS = {"a new image": 4.0, "the same from the store": 0.3, "maps from the store": 2.0}


async def visit(server: Server, images: list[int], seen: Seen) -> None:
    """Open the links one after the other, and note how long each took."""

    async def opened(what: str, page: str, query: str) -> None:
        began = time.monotonic()
        async with session(server) as socket:
            await run(socket, page, f"{SHOWN}&{query}", seen)
        seen.seconds[what].append(time.monotonic() - began)

    for turn, image in enumerate(images):
        chosen = "&".join(f"attacked={title}" for title in PAIRS[turn % len(PAIRS)])
        await opened("a new image", "attack", f"{chosen}&image={image}")
        await opened("the same from the store", "attack", f"{chosen}&image={image}")
        await opened("maps from the store", "feature_maps", "")


def main() -> None:
    parser = argparse.ArgumentParser(description="What one person waits for with CIFAR-10's models.")
    parser.add_argument("--data", type=Path, required=True, help="the folder in which the images lie")
    parser.add_argument("--images", type=int, default=12)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "data").symlink_to(options.data.resolve())
        with served(Path(name)) as server:
            first, *images = random.Random(0).sample(range(FIRST, TEST), options.images + 1)
            asyncio.run(visit(server, [first], Seen()))  # libraries and models are loaded
            settle(server)
            seen = Seen()
            asyncio.run(visit(server, images, seen))
            if not seen.told:
                sys.exit("Nothing was attacked: are the images where --data says?")
    print("| what | times | median, s | slowest, s | aim, s |\n|---|---:|---:|---:|---:|")
    for what, seconds in seen.seconds.items():
        print(f"| {what} | {len(seconds)} | {np.median(seconds):.2f} | {max(seconds):.2f} | {AIMS[what]} |")
    print(f"\n{len(seen.errors)} errors", *sorted(set(seen.errors))[:5], sep="\n- " if seen.errors else "")
    print(f"{len(seen.told)} times words stood beside it, as in: {seen.told[-1]}")


if __name__ == "__main__":
    main()
