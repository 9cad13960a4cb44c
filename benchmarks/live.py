"""PGD steps a second in the browser: ours, TensorFlow.js on the same networks, and torch on one core.

    .venv/bin/python benchmarks/live.py

Needs requirements-dev.txt and a Chromium ($CHROMIUM, or on the PATH). With npm, TensorFlow.js is installed into
benchmarks/node_modules; without it its column stays empty. They take turns, round after round, in one page; seconds are
of the processor, by the thread that computes, so that a busy machine does not count.
"""

import argparse
import base64
import math
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from chromium import chromium
from playwright.sync_api import Page

from ancra.attacks.search import search
from ancra.attacks.settings import AttackSettings
from ancra.attacks.verdict import frozen
from ancra.checkpoints import load_checkpoint, resolve_checkpoint
from ancra.live.network import live_network
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.models.surrogate import surrogate
from ancra.web.assemble import FOLDER, script

HERE = Path(__file__).parent
PEER = {"@tensorflow/tfjs": "tf.min.js", "@tensorflow/tfjs-backend-wasm": "tf-backend-wasm.min.js"}
VERSION = "4.22.0"
SHIPPED = ("digits/pgd-at-ancra", "fashion_mnist/pgd-at-ancra", "cifar10/pgd-at-ancra")
UNSTRIDED = "28x28, a stem without stride"

OPEN = """
async ({ image, epsilon, wasm }) => {
  const { openNetwork } = await import('/attacker/network.js')
  const { search } = await import('/attacker/search.js')
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer
  const buffer = await fetch('/network').then((answer) => answer.arrayBuffer())
  const natural = new Float32Array(bytes(image))
  const network = await openNetwork(buffer, { wasm })
  const label = network.look(natural).predicted
  let seed = 0
  // A search that has found what it seeks may stand still, so each begins anew after twenty steps.
  const round = (milliseconds) => {
    let count = 0
    const start = performance.now()
    while (performance.now() - start < milliseconds) {
      const walk = search(network, { epsilon, objective: 'joint', seed: seed++ })
      walk.begin(natural, label)
      for (let k = 0; k < 20; k++, count++) walk.step()
    }
    return count
  }
  const walk = search(network, { epsilon })
  walk.begin(natural, label)
  walk.step()
  globalThis.ours = { ...globalThis.ours, [wasm ? 'simd' : 'plain']: round }
  return [...network.look(natural).logits]
}
"""

OPEN_PEER = """
async ({ image, epsilon }) => {
  const { readFile } = await import('/attacker/file.js')
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer
  const natural = new Float32Array(bytes(image))
  tf.wasm.setWasmPaths('/peer/')
  if (tf.wasm.setThreadsCount) tf.wasm.setThreadsCount(1)
  await tf.setBackend('wasm')
  await tf.ready()
  const content = readFile(await fetch('/network').then((answer) => answer.arrayBuffer()))
  const first = tensorflowSearch(content, natural, 0, epsilon, epsilon / 4)
  const logits = [...first.logits()]
  const label = logits.indexOf(Math.max(...logits))
  const walk = tensorflowSearch(content, natural, label, epsilon, epsilon / 4)
  globalThis.peer = (milliseconds) => {
    let count = 0
    const start = performance.now()
    while (performance.now() - start < milliseconds) { walk.step(); count++ }
    return count
  }
  return logits
}
"""

WORKER = """
async ({ source, image, epsilon }) => {
  const { startWorker } = await import('/attacker/client.js')
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer
  globalThis.client = startWorker(source)
  await client.open('it', await fetch('/network').then((answer) => answer.arrayBuffer()))
  await client.begin({ image: new Float32Array(bytes(image)), label: 0, settings: { epsilon, objective: 'joint' } })
}
"""
WORKER_STEPS = 100


class Clock:
    """Seconds of the processor that the page's own thread has used."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)
        self.session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def seconds(self) -> float:
        """Since the page was opened."""
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in metrics if each["name"] == "TaskDuration")

    def taken(self, work: Callable[[], Any]) -> tuple[Any, float]:
        """What ``work`` gives, and the seconds that it took."""
        began = self.seconds()
        found = work()
        return found, self.seconds() - began


def peer_files() -> Path | None:
    """The folder of TensorFlow.js, fetched by npm where it is missing; None without npm or its registry."""
    folder = HERE / "node_modules"
    if not (folder / "@tensorflow" / "tfjs").is_dir():
        npm = shutil.which("npm")
        names = [f"{name}@{VERSION}" for name in PEER]
        options = ["--prefix", str(HERE), "--no-save", "--no-audit", "--no-fund", "--silent"]
        if npm is None or subprocess.run([npm, "install", *options, *names], check=False).returncode:
            return None
    return folder


def networks():
    """(name, model, card) of the four networks; the one without stride is untrained."""
    for name in SHIPPED:
        yield name, *load_checkpoint(resolve_checkpoint(name))
    torch.manual_seed(0)
    _, card = load_checkpoint(resolve_checkpoint("fashion_mnist/pgd-at-ancra"))
    settings = ModelSettings(architecture="small_resnet", reverse_attention_blocks=2)
    model = build_model(settings, card.image_shape, len(card.classes)).eval()
    yield UNSTRIDED, model, card.with_changes(model=settings)


def torch_rate(model: torch.nn.Module, image: torch.Tensor, epsilon: float, seconds: float) -> float:
    """Steps a second of the core's search on one image, on its folded copy."""
    settings = AttackSettings(epsilon=epsilon, steps=20, objective="joint")
    with frozen(model):
        fast = surrogate(model, image)
        label = model(image).argmax(1)
        count, began = 0, time.process_time()
        while time.process_time() - began < seconds:
            count += sum(step.gradient is not None for step in search(fast, image, label, settings))
        return count / (time.process_time() - began)


def serve(page: Page, peer: Path | None) -> None:
    """Answer the page's requests from the folders."""
    places = {"peer/": [peer / name / "dist" for name in PEER] if peer else [], "": [FOLDER, HERE]}
    kinds = {".js": "text/javascript", ".json": "application/json", ".wasm": "application/wasm"}

    def answer(route):
        name = route.request.url.removeprefix("http://bench/")
        prefix = next(prefix for prefix in places if name.startswith(prefix))
        found = next(
            (path for folder in places[prefix] if (path := folder / name.removeprefix(prefix)).is_file()), None
        )
        if found is None:
            route.fulfill(body="<!doctype html><title>bench</title>", content_type="text/html")
        else:
            route.fulfill(body=found.read_bytes(), content_type=kinds[found.suffix])

    page.route("http://bench/**", answer)


def measure(page: Page, peer: Path | None, model, card, rounds: int) -> dict[str, float]:
    """One network: the best rates over rounds in turns, and the median ratio to the peer in the same round."""
    page.goto("http://bench/")
    epsilon = 8 / 255
    image = torch.rand(1, *card.image_shape, generator=torch.Generator().manual_seed(0))
    content = live_network(model, card).to_bytes()
    given = {"image": base64.b64encode(image.numpy().tobytes()).decode(), "epsilon": epsilon}
    page.route("http://bench/network", lambda route: route.fulfill(body=content))
    clock = Clock(page)
    logits, first = clock.taken(lambda: page.evaluate(OPEN, {**given, "wasm": True}))
    page.evaluate(OPEN, {**given, "wasm": False})
    contenders = {"simd": "ours.simd(500)", "plain": "ours.plain(500)"}
    if peer is not None:
        for name in PEER.values():
            page.add_script_tag(url=f"http://bench/peer/{name}")
        page.add_script_tag(url="http://bench/tensorflow.js")
        theirs = page.evaluate(OPEN_PEER, given)
        off = max(abs(left - right) for left, right in zip(theirs, logits, strict=True))
        assert off < 1e-2, f"TensorFlow.js computes another network ({off})"
        contenders["peer"] = "peer(500)"
    rates: dict[str, list[float]] = {name: [] for name in (*contenders, "torch")}
    for _ in range(rounds):
        for name, call in contenders.items():
            count, seconds = clock.taken(lambda call=call: page.evaluate(call))
            rates[name].append(count / seconds)
        rates["torch"].append(torch_rate(model, image, epsilon, 0.5))
    page.evaluate(WORKER, {**given, "source": script("attacker", "worker")})
    _, busy = clock.taken(lambda: page.evaluate(f"client.step({WORKER_STEPS}).then(() => client.close())"))
    others = rates.get("peer", [math.nan] * rounds)
    return {
        **{name: max(found) for name, found in rates.items()},
        "ratio": statistics.median(ours / other for ours, other in zip(rates["simd"], others, strict=True)),
        "first": 1000 * first,
        "file": len(content) / 1000,
        "page": 1000 * busy / WORKER_STEPS,
    }


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    peer = peer_files()
    runtime = len(script("attacker", "worker").encode()) / 1000
    theirs = sum(
        path.stat().st_size
        for path in (peer.glob("@tensorflow/*/dist/*") if peer else ())
        if path.name in {*PEER.values(), "tfjs-backend-wasm-simd.wasm"}
    )
    print(
        f"to load: {runtime:.0f} KB, TensorFlow.js {theirs / 1000:.0f} KB; steps a second, the best of {rounds} rounds"
    )
    print(
        "| network | file, KB | ours | plain JavaScript | TensorFlow.js | ours to it | torch | first step, ms "
        "| the page's own thread, ms a step |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    with chromium() as browser:
        page = browser.new_page()
        serve(page, peer)
        for name, model, card in networks():
            found = measure(page, peer, model, card, rounds)
            print(
                f"| {name} | {found['file']:.0f} | {found['simd']:.0f} | {found['plain']:.0f} | "
                f"{found.get('peer', math.nan):.0f} | {found['ratio']:.1f} | {found['torch']:.0f} | "
                f"{found['first']:.0f} | {found['page']:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
