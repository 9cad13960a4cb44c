"""The attacker as a page asks it: in a worker, in the page where there is none, and with files that are damaged."""

import base64
import json

import numpy as np
import pytest
import torch

from ancra.checkpoints import Card
from ancra.live.head import FORMAT
from ancra.live.network import live_network
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.web.assemble import script

pytestmark = pytest.mark.browser

# What the page's functions are called with: the file, and a client in a worker (or in the page) with one network open.
PRELUDE = """
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer
const image = Float32Array.from({ length: 64 }, (_, k) => (k % 7) / 7)
const { startWorker } = await import('/attacker/client.js')
const { openNetwork } = await import('/attacker/network.js')
const client = startWorker(source)
const plain = (value) => JSON.parse(JSON.stringify(value, (_, each) => ArrayBuffer.isView(each) ? [...each] : each))
"""


@pytest.fixture(scope="module")
def content():
    torch.manual_seed(0)
    model = build_model(ModelSettings(width=4, reverse_attention_blocks=2), (1, 8, 8), 4).eval()
    names = ("zero", "one", "two", "three")
    card = Card(name="some", title="Some", dataset="digits", classes=names, image_shape=(1, 8, 8), model=model.settings)
    return live_network(model, card, "fp32").to_bytes()


@pytest.fixture
def ask(blank, content):
    """Runs the body of an asynchronous function that knows ``file``, ``client``, ``image`` and ``plain``."""

    def run(body, file=content, source=None):
        packed = base64.b64encode(file).decode()
        source = script("attacker", "worker") if source is None else source
        return blank.evaluate(f"async ({{file, source}}) => {{ {PRELUDE} {body} }}", {"file": packed, "source": source})

    return run


WALK = """
const head = await client.open('some', bytes(file))
const begun = plain(await client.begin({ image, label: 1, settings: { epsilon: 0.1, start: 'centre' } }))
const heard = []
const last = plain(await client.step(5, (point) => heard.push(point.step)))
client.set({ epsilon: 0.05 })
const smaller = plain(await client.step())
const moved = plain(await client.move(image, 2))
const looked = plain(await client.look(image))
const { some: { loss, gradient } } = await client.gradient({ image, label: 1, settings: { objective: 'joint' } })
const line = plain(await client.line({ image, direction: gradient, span: 1, points: 5, label: 1 }))
const plane = plain(await client.plane({ image, u: gradient, v: image, span: 0.1, points: 3, label: 1 }))
const threaded = client.threaded
await client.close()
return { head, begun, heard, last, smaller, moved, looked, loss, line, plane, threaded }
"""


@pytest.mark.parametrize("source", [None, ""], ids=["in a worker", "in the page"])
def test_questions_are_answered(ask, source):
    found = ask(WALK, source=source)
    assert found["threaded"] == (source is None)
    assert found["head"]["classes"] == ["zero", "one", "two", "three"]
    assert (found["head"]["blocks"], found["head"]["attention"]) == (2, True)
    begun, last, smaller = (found[name]["some"] for name in ("begun", "last", "smaller"))
    assert begun["answer"] == begun["natural"] == found["looked"]["some"]
    assert set(begun["answer"]["features"]) == {"z:0", "z:1", "z_prime:0", "z_prime:1"}
    assert sum(begun["answer"]["p"]) == pytest.approx(1, abs=1e-5)
    assert found["heard"] == [1, 2, 3, 4, 5]
    assert last["loss"] > begun["loss"]
    natural = np.array(begun["image"])
    assert np.abs(np.array(last["image"]) - natural).max() == pytest.approx(0.1, abs=1e-6)
    assert np.abs(np.array(smaller["image"]) - natural).max() <= 0.05 + 1e-6
    assert (found["moved"]["some"]["step"], found["moved"]["some"]["image"]) == (2, begun["image"])
    losses = found["line"]["some"]["losses"]
    assert len(losses) == 5
    assert losses[2] == pytest.approx(begun["loss"], rel=1e-5)
    assert len(found["plane"]["some"]["losses"]) == 9
    assert found["plane"]["some"]["losses"][4] == pytest.approx(begun["loss"], rel=1e-5)


def test_two_networks_are_attacked_on_the_same_image(ask):
    found = ask("""
      await client.open('a', bytes(file))
      await client.open('b', bytes(file), false)
      await client.begin({ image, label: 0, settings: { epsilon: 0.1, seed: 3, objective: 'margin_first' } })
      const points = plain(await client.step(3))
      await client.close()
      return points""")
    np.testing.assert_allclose(found["a"]["image"], found["b"]["image"], atol=1e-5)
    assert found["a"]["loss"] == pytest.approx(found["b"]["loss"], rel=1e-4)


def test_steps_under_way_can_be_stopped(ask):
    found = ask("""
      await client.open('some', bytes(file))
      await client.begin({ image, label: 0 })
      const running = client.step(1e6)
      await client.stop()
      const last = plain(await running)
      await client.close()
      return last.some.step""")
    assert 0 < found < 1e6


@pytest.mark.parametrize(
    ("place", "body"),
    [
        ("a worker that no policy allows", "globalThis.Worker = class { constructor() { throw new Error('no') } }"),
        ("a worker whose script is refused", "source = 'this is no script'"),
    ],
    ids=lambda value: value[:30],
)
def test_the_page_computes_where_there_is_no_worker(ask, place, body):
    found = ask(
        f"""
      const worker = globalThis.Worker
      {body}
      const other = startWorker(source)
      globalThis.Worker = worker
      await other.open('some', bytes(file))
      const {{ some }} = await other.look(image)
      return [other.threaded, some.predicted]"""
    )
    assert found[0] is False, place
    assert found[1] in range(4)


def test_without_webassembly_plain_javascript_computes(ask):
    assert not ask("""
      const own = WebAssembly.compile
      const fresh = await import('/attacker/kernel.js?fresh')
      WebAssembly.compile = () => Promise.reject(new WebAssembly.CompileError('refused by a policy'))
      const kernel = await fresh.openKernel(64)
      WebAssembly.compile = own
      return kernel.simd""")


def changed_head(content, **changes):
    """The file with another head; None leaves a field out."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    head = {**json.loads(header["__metadata__"][FORMAT]), **changes}
    header["__metadata__"] = {FORMAT: json.dumps(head)}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content[8 + length :]


def with_nan(content):
    import zlib

    start = 8 + int.from_bytes(content[:8], "little")
    tensors = bytes(np.float32([np.nan]).tobytes() + content[start + 4 :])
    return changed_head(content[:start] + tensors, checksum=zlib.crc32(tensors))


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (lambda content: b"", "damaged or cut off"),
        (lambda content: content[:2000], "damaged or cut off"),
        (lambda content: content[:-4], "damaged or cut off"),
        (lambda content: content[:-40] + b"\1" + content[-39:], "damaged or cut off"),
        (lambda content: b"\xff" * 64, "damaged or cut off"),
        (lambda content: (2).to_bytes(8, "little") + b"{}", "holds no network"),
        (lambda content: changed_head(content, version=2), "has version 2"),
        (lambda content: changed_head(content, operations=[{"kind": "fft", "inputs": [0], "shape": [1, 8, 8]}]), "fft"),
        (with_nan, "not all numbers"),
    ],
    ids=["empty", "header cut", "weights cut", "a byte changed", "noise", "no network", "version", "operation", "NaN"],
)
def test_a_file_that_cannot_be_used_gives_one_sentence(ask, content, damage, word):
    said = ask(
        """
      const own = await openNetwork(bytes(file)).then(() => 'opened', (error) => error.message)
      const asked = await client.open('some', bytes(file)).then(() => 'opened', (error) => error.message)
      await client.close()
      return [own, asked]""",
        file=damage(content),
    )
    assert said[0] == said[1]
    assert word in said[0]
    assert said[0].endswith(".")


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("network.look(new Float32Array(9))", "images of 8 x 8 pixels and 1 channel(s)"),
        ("network.gradient(image, 'nothing', 0)", "no objective nothing"),
        ("network.gradient(image, 'forced_target', 0)", "choose a target"),
    ],
)
def test_a_question_that_makes_no_sense_gives_one_sentence(ask, body, word):
    said = ask(
        f"const network = await openNetwork(bytes(file)); try {{ {body} }} catch (error) {{ return error.message }}"
    )
    assert word in said


def test_an_attack_that_has_not_begun_is_said(ask):
    found = ask(
        "await client.open('some', bytes(file)); const said = await client.step(); await client.close(); return said"
    )
    assert found["some"]["failed"] == "No attack has begun on this network."
