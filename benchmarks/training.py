"""One TRADES-ANCRA training step: ours against one written the way of the paper's public code.

Same network, weights, batch, negatives and starting noise; the losses have to agree. Every contender takes one step in
turn, round after round, each from the same weights. Beside the time stands the floor: the bare forward and backward
passes that a step cannot do without, on the same copy of the network. One table a network, then one JSON line.

    python benchmarks/training.py [--full]
"""

import argparse
import copy
import json
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ancra.attacks.verdict import frozen  # noqa: E402
from ancra.data.augmentation import augment  # noqa: E402
from ancra.data.batches import epoch_batches  # noqa: E402
from ancra.data.dataset import Split  # noqa: E402
from ancra.data.registry import load_dataset  # noqa: E402
from ancra.data.settings import DataSettings  # noqa: E402
from ancra.device import limit_threads, resolve_device  # noqa: E402
from ancra.losses.step import StepSettings, training_step  # noqa: E402
from ancra.models.classifier import Classifier  # noqa: E402
from ancra.models.folding import folded  # noqa: E402
from ancra.models.plain import as_classifier  # noqa: E402
from ancra.models.prediction import Prediction  # noqa: E402
from ancra.models.registry import build_model  # noqa: E402
from ancra.models.reverse_attention import label_rows  # noqa: E402
from ancra.models.surrogate import LiveSurrogate, surrogate, usable_precision  # noqa: E402
from ancra.negatives.strategy import pick_negatives  # noqa: E402
from ancra.recipe import Recipe, load_recipe  # noqa: E402
from ancra.settings import apply_changes, parse  # noqa: E402
from ancra.training.forward import TrainingPass  # noqa: E402
from ancra.training.processes import Processes  # noqa: E402
from ancra.training.update import Stepper, new_optimiser  # noqa: E402
from benchmarks.measuring import peak, reset_peak  # noqa: E402

AGREEMENT = 1e-5  # of the losses, in float32
SEED = 0
CLASSES = 10


@dataclass(frozen=True)
class Case:
    """A network of a recipe, and the batch that every contender trains on."""

    title: str
    recipe: Recipe
    model: Classifier
    images: Tensor
    labels: Tensor

    def draws(self) -> torch.Generator:
        """The same random numbers for every contender."""
        return torch.Generator(self.images.device).manual_seed(SEED)


@dataclass(frozen=True)
class Way:
    """How a step is taken.

    Attributes:
        changes: of the recipe, as ``--set`` takes them.
        aim: the share of the reference's time that it should need at most.
    """

    name: str
    aim: float | None = None
    changes: tuple[str, ...] = ()


@dataclass
class Timing:
    """The rounds of one contender, and the loss of its step; ``floor`` is the share of the bare passes in its time."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    memory: float = 0.0
    loss: float = float("nan")


REFERENCE, OURS = Way("the reference's way"), Way("ours", 0.5)


BF16_ATTACK, BF16_TRAINING, CHANNELS_LAST = "attack.precision=bf16", "precision=bf16-mixed", "channels_last=true"
COMPILED = ("compile=true", "attack.compiled=true")


def ways(device: torch.device) -> list[Way]:
    """Ours as the recipe has it, then with what a recipe can switch on."""
    every = (BF16_ATTACK, BF16_TRAINING, CHANNELS_LAST)
    if device.type == "cuda":
        return [
            OURS,
            Way("ours, bf16, channels last", None, every),
            Way("ours, the same compiled", 0.15, every + COMPILED),
        ]
    return [
        OURS,
        Way("ours, bf16 attack", 0.35, (BF16_ATTACK,)),
        Way("ours, bf16, channels last", 0.35, every),
    ]


class OurStep:
    """The step of ``ancra train``: what a run keeps between its steps is kept here too."""

    def __init__(self, case: Case, way: Way) -> None:
        recipe = changed(case.recipe, way)
        self.case, self.model = case, copy.deepcopy(case.model)
        if recipe.channels_last:
            self.model.to(memory_format=torch.channels_last)
        self.optimiser = new_optimiser(self.model, recipe)
        self.settings = StepSettings(recipe.objective, recipe.attack, recipe.negatives, epoch=0)
        self.stepper = Stepper(self.model, self.optimiser, recipe, Processes(recipe), _tell)

    def __call__(self) -> None:
        case = self.case
        sums = self.stepper.take(case.images, case.labels, self.settings, case.draws())
        self.loss = sums["loss"] / len(case.images)


class ReferenceStep:
    """The step of the public code."""

    def __init__(self, case: Case) -> None:
        self.case, self.model = case, copy.deepcopy(case.model)
        self.optimiser = new_optimiser(self.model, case.recipe)

    def __call__(self) -> None:
        self.loss = reference_step(self.case, self.model, self.optimiser)


def reference_step(case: Case, model: Classifier, optimiser: torch.optim.Optimizer) -> Tensor:
    """The same step as the public code takes it, with our draws of negatives and noise.

    Each of the two attacks by itself on the network as it is; a loop over the batch to pick negatives and one for each
    contrast; three more forward passes, with their graphs, for what is logged; every logged number fetched at once.
    """
    recipe, images, labels, draws = case.recipe, case.images, case.labels, case.draws()
    # Asked of our picker for its draw only: what it costs is what drawing costs anyone.
    agreed = pick_negatives(model, images, labels, recipe.negatives, draws, epoch=0).indices
    chosen = pick_in_a_loop(labels, agreed)
    shape = (2 * len(images), *images.shape[1:])
    noise = 0.001 * torch.randn(shape, generator=draws, device=images.device, dtype=images.dtype)
    negatives, own = images[chosen], labels[chosen]
    negatives = attack_alone(model, negatives, labels, noise[len(images) :], recipe, -1)
    adversarial = attack_alone(model, images, labels, noise[: len(images)], recipe, 1)
    weights, size = recipe.objective, len(images)
    assert weights.contrast is not None

    model.train()
    optimiser.zero_grad()
    natural = model.predict(images, label_rows(labels))
    attacked = model.predict(adversarial, label_rows(labels))
    pushed = model.predict(negatives, label_rows(own))

    def summed(term: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Tensor:
        extra = torch.zeros((), device=images.device)
        for heads in zip(natural.auxiliary, attacked.auxiliary, pushed.auxiliary, strict=True):
            extra = extra + term(*heads)
        final = term(natural.logits, attacked.logits, pushed.logits)
        return final + weights.auxiliary_weight * extra / len(natural.auxiliary)

    def divergence(nat: Tensor, adv: Tensor, neg: Tensor) -> Tensor:
        return F.kl_div(adv.log_softmax(dim=1), nat.softmax(dim=1), reduction="sum") / size

    def contrast(nat: Tensor, adv: Tensor, neg: Tensor) -> Tensor:
        assert weights.contrast is not None
        p, q, alpha = nat.softmax(dim=1), neg.softmax(dim=1), weights.contrast.alpha
        forces = alpha * contrast_in_a_loop(p.detach(), q) + (1 - alpha) * contrast_in_a_loop(p, q.detach())
        return forces / size

    parts = [summed(lambda nat, adv, neg: F.cross_entropy(nat, labels)), summed(divergence), summed(contrast)]
    loss = parts[0] + weights.beta * parts[1] + weights.contrast.zeta * parts[2]
    model.eval()
    logged = [model.predict(batch).logits.detach() for batch in (images, adversarial, negatives)]
    loss.backward()
    optimiser.step()
    for logits, truth in zip(logged, (labels, labels, own), strict=True):
        (logits.argmax(dim=1) == truth).float().mean().item()
    for number in (loss, *parts, (logged[0] - logged[1]).norm(), (logged[0] - logged[2]).norm()):
        number.item()
    return loss.detach()


def pick_in_a_loop(labels: Tensor, agreed: Tensor) -> list[int]:
    """An image of another class for each label, anchor by anchor; the draw is then replaced by the agreed one."""
    of_class: dict[int, list[int]] = {name: [] for name in range(CLASSES)}
    for index, label in enumerate(labels):
        of_class[int(label.item())].append(index)
    chosen = []
    for label, ours in zip(labels, agreed.tolist(), strict=True):
        # A comparison with a tensor: on a GPU each one waits for the device.
        others = [name for name in of_class if name != label and of_class[name]]
        random.choice(of_class[random.choice(others)])
        chosen.append(ours)
    return chosen


def contrast_in_a_loop(anchor: Tensor, negative: Tensor) -> Tensor:
    """The sum of sqrt(max P(x) * max P(x_o)) where both predict the same class, one sample after the other."""
    (p, p_class), (q, q_class) = anchor.max(dim=1), negative.max(dim=1)
    total = torch.zeros((), device=anchor.device)
    for place in (p_class == q_class).nonzero():
        total = total + (p[place[0]] * q[place[0]]) ** 0.5
    return total


def attack_alone(
    model: Classifier, images: Tensor, labels: Tensor, noise: Tensor, recipe: Recipe, direction: int
) -> Tensor:
    """PGD on the network as it is, in evaluation mode; ``direction`` -1 descends towards ``labels``."""
    model.eval()
    attack, current = recipe.attack, (images + noise).clamp(0, 1)
    for _ in range(attack.steps):
        current.requires_grad_()
        answer = model.predict(current)
        extra = torch.stack([F.cross_entropy(logits, labels) for logits in answer.auxiliary]).mean()
        loss = F.cross_entropy(answer.logits, labels) + recipe.objective.auxiliary_weight * extra
        (gradient,) = torch.autograd.grad(loss, [current])
        current = current.detach() + direction * attack.step_length * gradient.sign()
        current = torch.min(torch.max(current, images - attack.epsilon), images + attack.epsilon).clamp(0, 1)
    return current


class Floor:
    """The passes alone: as many as the attack has steps on both halves, and three in training mode, each and back."""

    def __init__(self, case: Case, way: Way) -> None:
        self.recipe = changed(case.recipe, way)
        self.images, self.labels = case.images, case.labels
        self.both = torch.cat([case.images, case.images])
        self.model = copy.deepcopy(case.model)
        if self.recipe.channels_last:
            self.model.to(memory_format=torch.channels_last)
        precision = usable_precision(self.recipe.attack.precision, self.images.device)
        with frozen(self.model):
            fast = surrogate(self.model, self.images[:1], precision, self.recipe.attack.compiled)
        self.copy = as_classifier(fast).eval().requires_grad_(False)
        self.answer = TrainingPass(self.model.train().requires_grad_(), self.recipe, _tell)

    def __call__(self) -> None:
        for _ in range(self.recipe.attack.steps):
            point = self.both.detach().requires_grad_()
            torch.autograd.grad(_summed(self.copy.predict(point)), point)
        self.model.zero_grad(set_to_none=True)
        mixed = self.recipe.precision == "bf16-mixed"
        with torch.autocast(self.images.device.type, torch.bfloat16, enabled=mixed):
            total = torch.stack([_summed(self.answer(self.images, self.labels)) for _ in range(3)]).sum()
        total.backward()


def measure(case: Case, contenders: list[Way], rounds: int) -> dict[Way, Timing]:
    """Every contender one step a round, in turn, so that a busy minute of the machine hits all of them."""
    timings = {way: Timing() for way in contenders}
    steps = {way: ReferenceStep(case) if way is REFERENCE else OurStep(case, way) for way in contenders}
    floors = {way: Floor(case, way) for way in contenders if way is not REFERENCE}
    device = case.images.device
    for turn in range(rounds + 1):
        for way, timing in timings.items():
            step = steps[way]
            step.model.load_state_dict(case.model.state_dict())
            step.optimiser.state.clear()
            reset_peak(device)
            wall, cpu = _timed(step, device)
            timing.memory = max(timing.memory, peak(device))
            bare = _timed(floors[way], device) if way in floors else (0.0, 0.0)
            if turn == 0:
                continue  # libraries load and compile their kernels here, and copies of the network are made
            timing.loss = float(step.loss)
            timing.wall.append(wall)
            timing.cpu.append(cpu)
            timing.floor.append(bare[0] / wall if device.type == "cuda" else bare[1] / cpu)
            print(f"  {way.name}: {wall:.2f} s", file=sys.stderr, flush=True)
    return timings


def data_seconds(case: Case) -> float:
    """Processor seconds (on a GPU: seconds) to cut a batch out of 10,000 images and augment it, as a run does."""
    device, count = case.images.device, 10_000
    indices = torch.arange(count, device=device)
    pixels = (255 * case.images).to(torch.uint8)[indices % len(case.images)]
    split = Split(pixels, case.labels[indices % len(case.images)])
    batches = [batch.to(device) for batch in epoch_batches(count, len(case.images), SEED)[:21]]
    draws = case.draws()

    def prepare(batch: Tensor) -> None:
        augment(split.batch(batch, device)[0], case.recipe.augmentation, draws)

    times = [_timed(partial(prepare, batch), device)[0 if device.type == "cuda" else 1] for batch in batches]
    return statistics.median(times[1:])


def check(case: Case) -> float:
    """How far the loss of our step is from the reference's, relative to it, in double precision.

    In float32 PGD itself is what differs: where a gradient is all but 0, rounding decides its sign, and the searches
    part. In double precision they do not.

    Raises:
        AssertionError: by more than ``AGREEMENT``.
    """
    exact = replace(case, model=copy.deepcopy(case.model).double(), images=case.images.double())
    model = copy.deepcopy(exact.model).train()

    class Copies(LiveSurrogate):
        """The folded copy in double precision, too, which the search leaves alone by itself."""

        def current(self, probe: Tensor, *rest: object) -> nn.Module:
            return folded(self.model, probe)

    recipe = case.recipe
    ours = training_step(
        model,
        exact.images,
        exact.labels,
        objective=recipe.objective,
        attack=recipe.attack,
        negatives=recipe.negatives,
        epoch=0,
        generator=exact.draws(),
        live=Copies(model),
    )
    step = ReferenceStep(exact)
    step()
    difference = float((ours.total.detach() - step.loss).abs() / step.loss)
    assert difference <= AGREEMENT, f"the losses differ by {difference:.1e}"
    return difference


def table(case: Case, timings: dict[Way, Timing]) -> list[dict[str, float | str | bool | None]]:
    """A row a contender; ratios are medians over the rounds, each against the reference's way in the same round."""
    reference = timings[REFERENCE]

    def ratio(mine: list[float], theirs: list[float]) -> float:
        return round(statistics.median(a / b for a, b in zip(mine, theirs, strict=True)), 3)

    rows: list[dict[str, float | str | bool | None]] = []
    for way, timing in timings.items():
        clock, processor = ratio(timing.wall, reference.wall), ratio(timing.cpu, reference.cpu)
        # On a GPU the processor mostly waits; on a CPU its time is what other work on the machine does not change.
        share = clock if case.images.is_cuda else processor
        seconds = statistics.median(timing.wall)
        difference = abs(timing.loss - reference.loss) / abs(reference.loss)
        rows.append(
            {
                "way": way.name,
                "seconds": round(seconds, 4),
                "ratio": clock,
                "cpu_ratio": processor,
                "images_per_second": round(len(case.images) / seconds, 1),
                "peak_mb": round(timing.memory),
                "floor_share": None if way is REFERENCE else round(statistics.median(timing.floor), 3),
                "loss": round(timing.loss, 6),
                "loss_difference": difference,
                "aim": way.aim,
                "aim_met": None if way.aim is None else share <= way.aim,
            }
        )
    return rows


def show(case: Case, rows: list[dict[str, float | str | bool | None]]) -> None:
    print(f"\n{case.title}, batch {len(case.images)}, {case.recipe.name}")
    titles = ("seconds", "ratio", "CPU ratio", "images/s", "peak MB", "floor", "loss", "difference", "aim")
    print(f"{'':34}" + "".join(f"{title:>11}" for title in titles))
    for row in rows:
        floor_share = "" if row["floor_share"] is None else f"{row['floor_share']:.0%}"
        aim = "" if row["aim"] is None else f"{row['aim']} {'met' if row['aim_met'] else 'missed'}"
        print(
            f"{row['way']:34}{row['seconds']:11.3f}{row['ratio']:11.2f}{row['cpu_ratio']:11.2f}"
            f"{row['images_per_second']:11.1f}{row['peak_mb']:11}{floor_share:>11}{row['loss']:11.5f}"
            f"{row['loss_difference']:11.1e}{aim:>12}"
        )


def make_case(name: str, title: str, batch: int, width: int, device: torch.device) -> Case:
    """A recipe's network after some plain steps, and a batch of digits in the shape that it takes."""
    recipe = load_recipe(name)
    recipe = recipe.with_changes(model={**recipe.model.model_dump(), "width": width})
    images, labels = load_dataset(DataSettings()).train.batch(slice(batch))
    if recipe.data.name != "digits":
        images = F.interpolate(images, size=(32, 32), mode="bilinear").expand(-1, 3, -1, -1).contiguous()
    torch.manual_seed(SEED)
    model = build_model(recipe.model, (images.shape[1], images.shape[2], images.shape[3]), CLASSES).to(device)
    images, labels = images.to(device), labels.to(device)
    optimiser = torch.optim.SGD(model.parameters(), 0.01, 0.9)
    for _ in range(10):
        optimiser.zero_grad()
        F.cross_entropy(model.predict(images, label_rows(labels)).logits, labels).backward()
        optimiser.step()
    model.zero_grad(set_to_none=True)
    return Case(title, recipe, model, images, labels)


def changed(recipe: Recipe, way: Way) -> Recipe:
    """The recipe as a way of taking steps has it."""
    return parse(Recipe, apply_changes(recipe.model_dump(mode="json"), list(way.changes)), source=way.name)


def _summed(prediction: Prediction) -> Tensor:
    return torch.stack([logits.sum() for logits in (prediction.logits, *prediction.auxiliary)]).sum()


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


def _timed(work: Callable[[], None], device: torch.device) -> tuple[float, float]:
    """Seconds on the clock and of processor time until the device is done."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - wall, time.process_time() - cpu


DIGITS, CIFAR = "digits-trades-ancra", "cifar10-resnet18-trades-ancra"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="wider networks, larger batches, more rounds")
    parser.add_argument("--rounds", type=int, help="default: 5, or 9 with --full")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--network", choices=["digits", "cifar"], action="append", help="default: both")
    options = parser.parse_args()
    limit_threads()
    device = resolve_device(options.device)
    rounds = options.rounds or (9 if options.full else 5)
    if device.type == "cuda":
        plan = [(CIFAR, "ResNet-18", 128, 64)]
    else:
        plan = [(DIGITS, "small ResNet", 128, 12), (CIFAR, "ResNet-18 of width 16", 64, 16)]
    if options.full:
        plan += [(CIFAR, "ResNet-18 of width 32", 128, 32)]
    if options.network:
        plan = [each for each in plan if each[0].partition("-")[0].startswith(tuple(options.network))]
    results = {}
    for name, title, batch, width in plan:
        case = make_case(name, title, batch, width, device)
        difference = check(case)
        timings = measure(case, [REFERENCE, *ways(device)], rounds)
        rows = table(case, timings)
        show(case, rows)
        print(f"In double precision the losses of ours and the reference's way differ by {difference:.1e}.")
        step = statistics.median(timings[OURS].wall if device.type == "cuda" else timings[OURS].cpu)
        data = data_seconds(case)
        print(f"Cutting out and augmenting the batch: {1000 * data:.2f} ms, {data / (data + step):.2%} of our step.")
        results[f"{title}, batch {batch}"] = {
            "double_precision_difference": difference,
            "data_share": round(data / (data + step), 5),
            "rows": rows,
        }
    about = {"benchmark": "training", "torch": torch.__version__, "device": str(device)}
    machine = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor()
    about["machine"] = machine or platform.machine()
    print()
    print(json.dumps({**about, "threads": torch.get_num_threads(), "rounds": rounds, "results": results}))


if __name__ == "__main__":
    main()
