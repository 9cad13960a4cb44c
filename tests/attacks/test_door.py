"""What comes in at the door of every attack: numbers in any format, models in any precision, and what is refused."""

import numpy as np
import pytest
import torch
from torch import nn

from ancra.attacks.noise import noise
from ancra.attacks.pgd import pgd
from ancra.attacks.settings import AttackSettings, Threat
from ancra.attacks.standard import autoattack, square
from ancra.attacks.suite import run_attack
from ancra.attacks.trace import trace_attack
from ancra.attacks.verdict import decide
from ancra.data.dataset import Split
from ancra.errors import AncraError
from ancra.evaluation.robustness import evaluate_robustness
from ancra.evaluation.settings import EvaluationSettings
from ancra.trust.examine import examine
from ancra.trust.settings import TrustSettings

SETTINGS = AttackSettings(epsilon=0.1, steps=3)
IMAGES = torch.rand(6, 1, 4, 4, generator=torch.Generator().manual_seed(0))


class Net(nn.Module):
    """A small network with so many outputs; what it answers is taken for the truth."""

    def __init__(self, outputs=4):
        super().__init__()
        torch.manual_seed(1)
        self.layers = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, outputs))

    def forward(self, images):
        return self.layers(images)


@pytest.fixture
def net():
    return Net().eval()


@pytest.fixture
def labels(net):
    return net(IMAGES).argmax(dim=1)


ATTACKS = {
    "pgd": lambda model, images, labels: pgd(model, images, labels, SETTINGS),
    "square": lambda model, images, labels: square(model, images, labels, epsilon=0.1, queries=5),
    "noise": lambda model, images, labels: noise(model, images, labels, Threat(epsilon=0.1), tries=2),
}
LABELS = {
    "int32": lambda labels: labels.int(),
    "uint8": lambda labels: labels.byte(),
    "float": lambda labels: labels.float(),
    "NumPy": lambda labels: labels.numpy().astype(np.int16),
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_any_kind_of_whole_number_give_the_same(net, labels, attack, kind):
    usual = ATTACKS[attack](net, IMAGES, labels)
    other = ATTACKS[attack](net, IMAGES, LABELS[kind](labels))
    assert torch.equal(usual.images, other.images)
    assert torch.equal(usual.success, other.success)


@pytest.mark.parametrize("attack", ATTACKS)
def test_images_of_numpy_and_in_double_give_images_that_the_model_takes(net, labels, attack):
    usual = ATTACKS[attack](net, IMAGES, labels)
    for images in (IMAGES.numpy(), IMAGES.double(), IMAGES.double().numpy()):
        found = ATTACKS[attack](net, images, labels)
        assert found.images.dtype == torch.float32
        assert torch.equal(found.images, usual.images)


@pytest.mark.parametrize("attack", [*ATTACKS, "autoattack"])
@pytest.mark.parametrize("format", [torch.float16, torch.bfloat16, torch.float64])
def test_a_model_is_judged_in_its_own_number_format(net, labels, attack, format):
    run = ATTACKS.get(attack) or (
        lambda model, images, labels: autoattack(model, images, labels, epsilon=0.1, parts=("apgd-ce",), steps=3)
    )
    model = net.to(format)
    for images in (IMAGES, IMAGES.to(format)):
        found = run(model, images, labels)
        assert found.format == found.images.dtype == format
        with torch.no_grad():
            assert torch.equal(model(found.images).argmax(dim=1) != labels, found.success)
        assert float((found.images.double() - images.double()).abs().max()) <= 0.1 + 1e-6
        assert model.layers[0].weight.dtype == format


@pytest.mark.parametrize("attack", [*ATTACKS, "autoattack"])
def test_inference_mode_around_an_attack_changes_nothing(net, labels, attack):
    run = ATTACKS.get(attack) or (
        lambda model, images, labels: autoattack(model, images, labels, epsilon=0.1, parts=("apgd-ce",), steps=3)
    )
    outside = run(net, IMAGES, labels)
    with torch.inference_mode():
        inside = run(net, IMAGES.clone(), labels.clone())
    assert torch.equal(outside.images, inside.images)


def test_traces_evaluations_and_reports_work_inside_inference_mode(net, labels):
    split = Split((IMAGES * 255).byte(), labels.int())
    with torch.inference_mode():
        assert trace_attack(net, IMAGES, labels, SETTINGS).losses.shape[0] == 4
        report = evaluate_robustness(net, split, EvaluationSettings(epsilon=0.1, steps=2), ("pgd",))
        examine(net, split, TrustSettings(threat=Threat(epsilon=0.1, steps=2, queries=5), restarts=2, more_steps=2))
    again = evaluate_robustness(net, split, EvaluationSettings(epsilon=0.1, steps=2), ("pgd",))
    assert np.array_equal(report.survivors, again.survivors)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES, torch.full((6,), 0.5), "whole numbers"),
        (IMAGES, torch.eye(6)[:, :4], "argmax"),
        (IMAGES, torch.full((6,), 4), "classes 0 to 3"),
        (IMAGES, torch.full((6,), -1), "classes 0 to 3"),
        (IMAGES.expand(6, 3, 4, 4), torch.zeros(6), r"does not take images of shape \(3, 4, 4\)"),
        ((IMAGES * 255).byte(), torch.zeros(6), "floating-point"),
        (IMAGES * 255, torch.zeros(6), "divide 8-bit images by 255"),
        (IMAGES[0], torch.zeros(6), "floating-point"),
        ([[0.5]], torch.zeros(6), "a tensor or a NumPy array"),
    ],
)
@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_no_image_or_no_class_is_one_sentence(net, attack, images, labels, message):
    with pytest.raises(AncraError, match=message):
        ATTACKS[attack](net, images, labels)


def test_a_model_made_in_inference_mode_is_one_sentence(labels):
    with torch.inference_mode():
        made = Net().eval()
    with pytest.raises(AncraError, match="load it outside"):
        pgd(made, IMAGES, labels, SETTINGS)


class Sigmoid(Net):
    """One probability an image."""

    def __init__(self):
        super().__init__(1)

    def forward(self, images):
        return self.layers(images).sigmoid()


@pytest.mark.parametrize("model", [Net(1), Sigmoid()], ids=["logit", "sigmoid"])
def test_a_model_with_one_output_is_refused_everywhere_with_the_remedy(model):
    labels = torch.arange(6) % 2
    split = Split((IMAGES * 255).byte(), labels)
    doors = [
        *(lambda attack=attack: attack(model, IMAGES, labels) for attack in ATTACKS.values()),
        lambda: autoattack(model, IMAGES, labels, epsilon=0.1),
        lambda: evaluate_robustness(model, split, EvaluationSettings(epsilon=0.9), ("pgd",)),
        lambda: examine(model, split, TrustSettings()),
        lambda: trace_attack(model, IMAGES, labels, SETTINGS),
    ]
    for door in doors:
        with pytest.raises(AncraError, match=r"torch\.cat\(\[torch\.zeros_like\(z\), z\], dim=1\)"):
            door()


class TwoColumns(nn.Module):
    """The remedy, followed."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, images):
        z = torch.logit(self.model(images))
        return torch.cat([torch.zeros_like(z), z], dim=1)


def test_the_remedy_for_one_output_works():
    model = TwoColumns(Sigmoid()).eval()
    labels = decide(model, IMAGES).argmax(dim=1)
    report = evaluate_robustness(
        model, Split((IMAGES * 255).byte(), labels), EvaluationSettings(epsilon=0.9, steps=10), ("pgd", "margin")
    )
    assert report.natural_accuracy.value >= 5 / 6
    assert report.worst.value < report.natural_accuracy.value


def test_an_objective_outside_its_domain_is_refused_and_recorded_as_nothing():
    model = Net(2).eval()
    labels = decide(model, IMAGES).argmax(dim=1)
    with pytest.raises(AncraError, match="from 3 classes on, and this model has 2"):
        pgd(model, IMAGES, labels, SETTINGS.with_changes(objective="dlr"))
    with pytest.raises(AncraError, match="from 3 classes on"):
        run_attack(model, IMAGES, labels, "dlr", Threat(epsilon=0.1, steps=2))
    trace = trace_attack(model, IMAGES, labels, SETTINGS)
    assert np.isnan(trace.loss("dlr")).all()
    assert np.isfinite(trace.loss("margin")).all()


def test_a_linf_epsilon_above_one_is_asked_about_and_a_fraction_is_a_number():
    with pytest.raises(AncraError, match=r"did you mean 8/255\?$"):
        AttackSettings(epsilon=8)
    with pytest.raises(AncraError, match="did you mean 8/255"):
        square(Net(), IMAGES, torch.zeros(6), epsilon=8)
    assert AttackSettings(epsilon=3, norm="l2").epsilon == 3
    assert AttackSettings(epsilon="8/255").epsilon == Threat(epsilon=" 8 / 255").epsilon == 8 / 255
    with pytest.raises(AncraError, match="step_size = 0 does not work"):
        AttackSettings(step_size=0)
