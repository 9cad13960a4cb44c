"""An anchor and its negative in the browser: similarity, forces, picks and the second search are the core's."""

import base64

import numpy as np
import pytest
import torch

from ancra.attacks.search import search
from ancra.attacks.settings import AttackSettings
from ancra.attacks.verdict import frozen
from ancra.checkpoints import load_checkpoint, resolve_checkpoint
from ancra.data.registry import load_dataset
from ancra.live.network import live_network
from ancra.losses.contrast import head
from ancra.models.reverse_attention import label_rows
from ancra.negatives import strategy  # noqa: F401  (importing it registers the pickers)
from ancra.negatives.picker import PICKERS, Batch, pick
from ancra.strategies.forces import forces, heads_of
from ancra.web.assemble import script

pytestmark = pytest.mark.browser

CONTRAST = """
async ({ file, pairs }) => {
  const { openNetwork } = await import('/attacker/network.js')
  const { contrast } = await import('/attacker/contrast.js')
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer
  const numbers = (text) => new Float32Array(bytes(text))
  const network = await openNetwork(bytes(file))
  return pairs.map(([image, label, other, otherLabel]) =>
    contrast(network, { image: numbers(image), label }, { image: numbers(other), label: otherLabel }))
}
"""


def packed(image):
    return base64.b64encode(image.contiguous().float().numpy().tobytes()).decode()


def opened(name, count):
    """A model, its file, and test images that it is asked about."""
    model, card = load_checkpoint(resolve_checkpoint(name))
    test = load_dataset(card.data).test
    file = base64.b64encode(live_network(model, card, "fp32").to_bytes()).decode()
    return model, file, *test.batch(test.sample(count, seed=0))


@pytest.mark.parametrize("name", ["digits/trades-ancra", "digits/pgd-at", "fashion_mnist/natural-ra"])
def test_similarity_and_forces_are_those_of_the_core(blank, name):
    model, file, images, labels = opened(name, 80)
    order = torch.arange(80).roll(1)
    with frozen(model), torch.no_grad():
        anchor, negative = (
            model.predict(x, label_rows(y)) for x, y in ((images, labels), (images[order], labels[order]))
        )
    pairs = [
        [packed(images[n]), int(labels[n]), packed(images[m]), int(labels[m])] for n, m in enumerate(order.tolist())
    ]
    found = blank.evaluate(CONTRAST, {"file": file, "pairs": pairs})
    some = 0
    for index in heads_of(anchor):
        wanted = forces(model.head, anchor, negative, index)
        column = [each[index] for each in found]
        classes = [head(each, index).argmax(dim=1).tolist() for each in (anchor, negative)]
        assert [each["answers"] for each in column] == [list(pair) for pair in zip(*classes, strict=True)]
        np.testing.assert_allclose([each["similarity"] for each in column], wanted.similarity, rtol=1e-4, atol=1e-6)
        for key, force in (("onAnchor", wanted.on_anchor), ("onNegative", wanted.on_negative)):
            np.testing.assert_allclose([each[key] for each in column], force.norm(dim=1), rtol=1e-3, atol=1e-6)
        some += int((wanted.similarity > 0).sum())
    assert some


@pytest.mark.parametrize("name", ["soft_ls", "hard_ls"])
def test_each_strategy_picks_what_the_core_picks(blank, name):
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(10, (40,), generator=generator)
    logits = 3 * torch.eye(10)[labels] + torch.randn(40, 10, generator=generator)
    batch = Batch(labels, logits)
    wanted = pick(PICKERS[name], batch, torch.Generator().manual_seed(0))
    candidates = [
        {"label": int(label), "logits": row.tolist(), "predicted": int(row.argmax())}
        for label, row in zip(labels, logits, strict=True)
    ]
    found = blank.evaluate(
        "(given) => import('/live/pick.js').then((it) => "
        "given.candidates.map((anchor) => it.pick(given.name, anchor, given.candidates)))",
        {"name": name, "candidates": candidates},
    )
    own = ~wanted.fallback
    assert 0 < int(own.sum()) < len(labels)
    assert [each["fallback"] for each in found] == wanted.fallback.tolist()
    assert [each["index"] for each, met in zip(found, own, strict=True) if met] == wanted.indices[own].tolist()
    for anchor, each in zip(candidates, found, strict=True):
        assert candidates[each["index"]]["label"] != anchor["label"]


SECOND = """
async ({ file, source, image, label, negative, own }) => {
  const { startWorker } = await import('/attacker/client.js')
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer
  const numbers = (text) => new Float32Array(bytes(text))
  const client = startWorker(source)
  await client.open('it', bytes(file))
  const settings = { epsilon: 0.2, start: 'centre' }
  const first = await client.begin({ image: numbers(image), label, settings })
  await client.begin({ image: numbers(negative), label: own, settings: { ...settings, target: label }, as: 'negative' })
  const steps = []
  for (let k = 0; k < 5; k++) steps.push([...(await client.step(1, undefined, { as: 'negative' })).it.image])
  const { it } = await client.step()
  await client.close()
  return { steps, untouched: it.step, first: first.it.step }
}
"""


def test_the_attack_on_a_negative_goes_where_the_cores_does_and_leaves_the_anchors_alone(blank):
    model, file, images, labels = opened("digits/trades-ancra", 20)
    other = int((labels != labels[0]).nonzero()[0])
    settings = AttackSettings(epsilon=0.2, step_size=0.05, steps=5, start="none", keep="last")
    with frozen(model):
        walk = list(
            search(
                model, images[other : other + 1], labels[:1], settings, direction=-1.0, start=images[other : other + 1]
            )
        )
    found = blank.evaluate(
        SECOND,
        {
            "file": file,
            "source": script("attacker", "worker"),
            "image": packed(images[0]),
            "label": int(labels[0]),
            "negative": packed(images[other]),
            "own": int(labels[other]),
        },
    )
    for point, step in zip(walk[1:], found["steps"], strict=True):
        np.testing.assert_allclose(step, point.images.flatten(), atol=1e-5)
    assert (found["first"], found["untouched"]) == (0, 1)
