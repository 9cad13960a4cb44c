"""The attacker in the browser says what the core says, of every shipped network and of a file that is damaged."""

import base64
import runpy
from dataclasses import replace

import pytest
import torch

from ancra.attacks.ball import own_starts
from ancra.attacks.objectives import OBJECTIVES
from ancra.attacks.search import attention_of, search
from ancra.attacks.settings import AttackSettings
from ancra.attacks.verdict import frozen
from ancra.checkpoints import load_checkpoint, resolve_checkpoint
from ancra.data.registry import load_dataset
from ancra.live.network import live_network
from ancra.models.prediction import Prediction
from ancra.models.reverse_attention import predicted_rows
from ancra.paths import shipped_checkpoints

pytestmark = pytest.mark.browser

IMAGES = 100
SHIPPED = sorted(
    f"{folder}/{path.stem}"
    for folder in ("digits", "fashion_mnist")
    for path in (shipped_checkpoints() / folder).glob("*.safetensors")
)
FEW = ["cifar10/natural", "cifar10/trades-ancra"]

COMPARE = """
async ({ file, cases, wasm }) => {
  const { openNetwork } = await import('/attacker/network.js')
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer
  const numbers = (text) => new Float32Array(bytes(text))
  const network = await openNetwork(bytes(file), { wasm })
  const size = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
  const off = (found, wanted, least = 1e-9) =>
    size(found.map((value, k) => value - wanted[k])) / Math.max(size(wanted), least)
  const found = { simd: network.simd, logits: [], losses: [], gradients: [] }
  for (const { image, label, other, logits, losses, objective, gradient, slope } of cases) {
    const pixels = numbers(image)
    const answer = network.look(pixels)
    found.logits.push(Math.max(...[answer.logits, ...answer.auxiliary].map((each, k) => off(each, numbers(logits[k])))))
    const aim = (name) => name === 'forced_target' ? other : null
    const sign = (name) => aim(name) === null ? 1 : -1
    for (const [name, wanted] of Object.entries(losses)) {
      const loss = sign(name) * network.loss(pixels, name, label, aim(name))
      found.losses.push(Math.abs(loss - wanted) / Math.max(1, Math.abs(wanted)))
    }
    const own = network.gradient(pixels, objective, label, aim(objective)).gradient
    // Towards a target the attacker's loss is the objective's with the other sign.
    found.gradients.push(off(own.map((slope) => sign(objective) * slope), numbers(gradient), slope))
  }
  return found
}
"""


def packed(tensor):
    return base64.b64encode(tensor.detach().float().numpy().tobytes()).decode()


def some_images(card, count):
    """Images of the card's test set; random ones where it is not there."""
    if card.dataset == "cifar10":
        generator = torch.Generator().manual_seed(0)
        return torch.rand(count, *card.image_shape, generator=generator), torch.arange(count) % len(card.classes)
    test = load_dataset(card.data).test
    return test.batch(test.sample(count, seed=0))


def expected(network, images, labels):
    """What the core says of each image: all logits and losses, and the gradient of one objective, each in turn.

    In double precision: the order in which single precision is rounded differs from processor to processor. The
    browser rounds one minus a probability near one to 6e-8: ``slope`` is the size of gradient of which that is 1e-4.
    """
    others = (labels + 1) % len(network.classes)
    losses, gradients, clear = {}, {}, {}
    for name, objective in OBJECTIVES.items():
        sought = others if objective.needs_targets else labels
        point = images.double().requires_grad_()
        attention = attention_of(objective, sought) or predicted_rows
        final, *auxiliary = network.logits(point, attention)
        loss = objective.loss(Prediction(final, tuple(auxiliary)), sought)
        (gradients[name],) = torch.autograd.grad(loss.sum(), point)
        losses[name] = loss.tolist()
        clear[name] = away_from_kinks(network, images, attention)
    logits = network.logits(images.double())
    slopes = torch.stack([gradients[name].flatten(1).norm(dim=1) for name in ("margin", "margin_first", "margin_last")])
    names = list(OBJECTIVES)
    return [
        {
            "image": packed(images[row]),
            "label": int(labels[row]),
            "other": int(others[row]),
            "logits": [packed(each[row]) for each in logits],
            "losses": {name: values[row] for name, values in losses.items()},
            "objective": names[row % len(names)],
            "clear": bool(clear[names[row % len(names)]][row]),
            "slope": 2e-3 * float(slopes[:, row].max()),
            "gradient": packed(gradients[names[row % len(names)]][row]),
        }
        for row in range(len(images))
    ]


def away_from_kinks(network, images, attention):
    """(N,) whether no ReLU's input is zero up to the rounding of single precision: there either slope is right."""
    inputs = tuple(each.inputs[0] for each in network.program.operations if each.kind == "relu")
    maps = replace(network.program, results=inputs).run(images.double(), attention)
    return torch.stack([each.flatten(1).abs().amin(dim=1) > 1e-6 * each.flatten(1).std(dim=1) for each in maps]).all(0)


def opened(name):
    model, card = load_checkpoint(resolve_checkpoint(name))
    return model, card, live_network(model, card, "fp32")


@pytest.mark.parametrize("name", SHIPPED + FEW)
def test_logits_losses_and_gradients_are_those_of_the_core(blank, name):
    _, card, network = opened(name)
    images, labels = some_images(card, 10 if name in FEW else IMAGES)
    file = base64.b64encode(network.to_bytes()).decode()
    cases = expected(network, images, labels)
    found = blank.evaluate(COMPARE, {"file": file, "cases": cases, "wasm": True})
    assert found["simd"]
    assert max(found["logits"]) < 1e-4
    assert max(found["losses"]) < 1e-4
    clear = [error for error, case in zip(found["gradients"], cases, strict=True) if case["clear"]]
    assert len(clear) >= 0.9 * len(images)
    assert max(clear) < 1e-4


@pytest.mark.parametrize("name", ["digits/trades-ancra", "fashion_mnist/natural-ra"])
def test_plain_javascript_says_the_same(blank, name):
    _, card, network = opened(name)
    file, cases = base64.b64encode(network.to_bytes()).decode(), expected(network, *some_images(card, 10))
    found = blank.evaluate(COMPARE, {"file": file, "cases": cases, "wasm": False})
    assert not found["simd"]
    assert max(*found["logits"], *found["losses"], *found["gradients"]) < 1e-4


SEARCH = """
async ({ file, cases, settings, steps }) => {
  const { openNetwork } = await import('/attacker/network.js')
  const { search } = await import('/attacker/search.js')
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer
  const numbers = (text) => new Float32Array(bytes(text))
  const network = await openNetwork(bytes(file))
  return cases.map(({ image, start, label }) => {
    const walk = search(network, settings)
    let point = walk.begin(numbers(image), label, start && numbers(start))
    for (let k = 0; k < steps; k++) point = walk.step()
    const change = Math.max(...point.image.map((value, k) => Math.abs(value - walk.natural[k])))
    return { predicted: point.answer.predicted, loss: point.loss, image: [...point.image], change, step: point.step }
  })
}
"""


def searched(blank, network, images, starts, labels, settings, steps):
    cases = [
        {"image": packed(image), "start": None if start is None else packed(start), "label": int(label)}
        for image, start, label in zip(images, starts, labels, strict=True)
    ]
    file = base64.b64encode(network.to_bytes()).decode()
    return blank.evaluate(SEARCH, {"file": file, "cases": cases, "settings": settings, "steps": steps})


@pytest.mark.parametrize(
    ("name", "epsilon", "objective"),
    [
        ("digits/trades-ancra", 0.2, "ce"),
        ("digits/pgd-at", 0.2, "joint"),
        ("fashion_mnist/pgd-at-ancra", 0.1, "margin_first"),
    ],
)
def test_forty_steps_from_the_same_start_end_in_the_same_verdict(blank, name, epsilon, objective):
    model, card, network = opened(name)
    images, labels = some_images(card, IMAGES)
    settings = AttackSettings(epsilon=epsilon, steps=40, objective=objective, keep="last")
    starts = own_starts(images, settings)
    with frozen(model):
        *_, last = search(model, images, labels, settings, start=starts)
        wanted = model(last.images).argmax(1) != labels
    there = {"epsilon": epsilon, "objective": objective}
    found = searched(blank, network, images, starts, labels, there, 40)
    verdicts = torch.tensor([each["predicted"] for each in found]) != labels
    assert 0 < int(wanted.sum()) < IMAGES
    assert int((verdicts == wanted).sum()) >= 0.99 * IMAGES
    assert max(each["change"] for each in found) <= epsilon + 1e-6


@pytest.mark.parametrize(
    "settings",
    [
        {"norm": "l2", "epsilon": 1.0, "stepSize": 0.2},
        {"norm": "linf", "epsilon": 0.1, "stepSize": 0.1},
        {"norm": "linf", "epsilon": 0.1, "target": 3, "objective": "soft_attention"},
        {"norm": "l2", "epsilon": 1.0, "target": 3, "objective": "joint"},
    ],
    ids=["L2", "FGSM", "soft attention to a target", "joint to a target"],
)
def test_each_step_leads_where_the_cores_does(blank, settings):
    model, card, network = opened("digits/mart-ancra")
    images, labels = some_images(card, 12)
    images, labels = images[labels != 3][:6], labels[labels != 3][:6]
    steps = 1 if settings["epsilon"] == settings.get("stepSize") else 4
    own = AttackSettings(
        norm=settings["norm"],
        epsilon=settings["epsilon"],
        step_size=settings.get("stepSize", settings["epsilon"] / 4),
        steps=steps,
        start="none",
        objective=settings.get("objective", "ce"),
    )
    target = settings.get("target")
    sought, direction = (labels, 1.0) if target is None else (torch.full_like(labels, target), -1.0)
    with frozen(model):
        *_, last = search(model, images, sought, own, direction=direction)
    found = searched(blank, network, images, [None] * len(images), labels, {**settings, "start": "centre"}, steps)
    for each, image, loss in zip(found, last.images, last.loss, strict=True):
        assert torch.allclose(torch.tensor(each["image"]), image.flatten(), atol=1e-4)
        assert each["loss"] == pytest.approx(float(loss), rel=1e-3, abs=1e-3)


def test_objectives_have_the_names_and_words_of_the_core(blank):
    found = blank.evaluate(
        """import('/attacker/objectives.js').then(({ OBJECTIVES }) => Object.entries(OBJECTIVES).map(
             ([name, each]) => [name, each.title, each.explanation, each.needsTarget, each.fewestClasses]))"""
    )
    assert found == [
        [name, each.title, each.explanation, each.needs_targets, each.fewest_classes]
        for name, each in OBJECTIVES.items()
    ]


def test_the_kernel_is_the_one_of_its_text():
    tool = runpy.run_path("docs/tools/kernel.py")
    assert tool["TEXT"].with_suffix(".json").read_text(encoding="utf-8") == tool["assembled"]()
