"""PGD-40 on 500 images: ours against torchattacks and Foolbox. One table a network, then one JSON line.

Same network, images, epsilon, steps, step size and start (the image itself), each contender in turn, several rounds;
robust accuracy is judged by the network itself in float32, whoever made the images. Run it by ``make bench``, or
``benchmarks/.venv/bin/python benchmarks/attacks.py --help``.
"""

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import foolbox
import torch
import torch.nn.functional as F
import torchattacks
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ancra.attacks.pgd import pgd  # noqa: E402
from ancra.attacks.search import perturb  # noqa: E402
from ancra.attacks.settings import AttackSettings  # noqa: E402
from ancra.attacks.verdict import decide  # noqa: E402
from ancra.checkpoints import load_checkpoint  # noqa: E402
from ancra.data.registry import load_dataset  # noqa: E402
from ancra.data.settings import DataSettings  # noqa: E402
from ancra.device import resolve_device  # noqa: E402
from ancra.models.registry import build_model  # noqa: E402
from ancra.models.settings import ModelSettings  # noqa: E402
from benchmarks.measuring import peak, reset_peak  # noqa: E402

SHIPPED = ROOT / "checkpoints" / "digits" / "pgd-at.safetensors"
REFERENCE = "torchattacks"
Attack = Callable[[nn.Module, Tensor, Tensor, AttackSettings], Tensor]


@dataclass
class Timing:
    """The rounds of one contender: seconds on the clock, seconds of processor time, peak memory in MB, accuracy."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    robust: float = float("nan")


def by_torchattacks(model: nn.Module, images: Tensor, labels: Tensor, settings: AttackSettings) -> Tensor:
    attack = torchattacks.PGD(model, settings.epsilon, settings.step_length, settings.steps, random_start=False)
    return attack(images, labels)


def by_foolbox(model: nn.Module, images: Tensor, labels: Tensor, settings: AttackSettings) -> Tensor:
    wrapped = foolbox.PyTorchModel(model, bounds=(0, 1), device=images.device)
    attack = foolbox.attacks.LinfPGD(abs_stepsize=settings.step_length, steps=settings.steps, random_start=False)
    return attack(wrapped, images, labels, epsilons=settings.epsilon)[1]


def ours(**changes: object) -> Attack:
    def attack(model: nn.Module, images: Tensor, labels: Tensor, settings: AttackSettings) -> Tensor:
        return pgd(model, images, labels, settings.with_changes(**changes)).images

    return attack


def contenders(compiled: bool) -> dict[str, Attack]:
    """The peers, then ours: like for like (the last point of all images), then as ``ancra evaluate`` runs it."""
    attacks: dict[str, Attack] = {
        REFERENCE: by_torchattacks,
        "foolbox": by_foolbox,
        "ours, last point": ours(keep="last"),
        "ours": ours(keep="first"),
        "ours, bf16, last point": ours(keep="last", precision="bf16"),
        "ours, bf16": ours(keep="first", precision="bf16"),
    }
    if compiled:
        attacks["ours, compiled"] = ours(keep="first", compiled=True)
        attacks["ours, bf16, compiled"] = ours(keep="first", precision="bf16", compiled=True)
    return attacks


def digits(count: int) -> tuple[Tensor, Tensor]:
    """The test images, filled up with training images when ``count`` is larger."""
    data = load_dataset(DataSettings())
    (images, labels), (more, their_labels) = data.test.batch(), data.train.batch()
    return torch.cat([images, more])[:count], torch.cat([labels, their_labels])[:count]


def trained(model: nn.Module, grow: Callable[[Tensor], Tensor], attack: AttackSettings, epochs: int) -> nn.Module:
    """A network after some seconds of adversarial training: enough for a robust accuracy that is neither 0 nor 1."""
    images, labels = load_dataset(DataSettings()).train.batch()
    generator = torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(epochs):
        for chosen in torch.randperm(len(images), generator=generator).split(64):
            batch = perturb(model.eval(), grow(images[chosen]), labels[chosen], attack, generator)
            optimiser.zero_grad()
            F.cross_entropy(model.train()(batch), labels[chosen]).backward()
            optimiser.step()
    return model.eval()


def small_network() -> tuple[str, nn.Module, Callable[[Tensor], Tensor], AttackSettings]:
    """The shipped PGD-AT digits model, or one like it trained on the spot."""
    attack = AttackSettings(epsilon=0.2, steps=40, start="none")
    if SHIPPED.exists():
        return "digits/pgd-at (small ResNet, 1x8x8)", load_checkpoint(SHIPPED)[0], lambda images: images, attack
    torch.manual_seed(0)
    model = build_model(ModelSettings(), (1, 8, 8), 10)
    quick = attack.with_changes(steps=3, start="uniform")
    return "small ResNet, 1x8x8", trained(model, lambda images: images, quick, 8), lambda images: images, attack


def cifar_network() -> tuple[str, nn.Module, Callable[[Tensor], Tensor], AttackSettings]:
    """ResNet-18 at a quarter of its width, on the digits enlarged to the shape of CIFAR."""

    def grow(images: Tensor) -> Tensor:
        return F.interpolate(images, size=(32, 32), mode="bilinear").expand(-1, 3, -1, -1).contiguous()

    torch.manual_seed(0)
    model = build_model(ModelSettings(architecture="resnet18", width=16), (3, 32, 32), 10)
    attack = AttackSettings(epsilon=0.1, steps=40, start="none")
    quick = attack.with_changes(steps=1, start="uniform")
    return "ResNet-18 of width 16, 3x32x32", trained(model, grow, quick, 2), grow, attack


def measure(
    attacks: dict[str, Attack], model: nn.Module, images: Tensor, labels: Tensor, settings: AttackSettings, rounds: int
) -> dict[str, Timing]:
    """Every contender once a round, in turn, so that a busy minute of the machine hits all of them."""
    timings = {name: Timing() for name in attacks}
    for attack in attacks.values():
        attack(model, images[:64], labels[:64], settings.with_changes(steps=2))  # libraries load their kernels here
    for _ in range(rounds):
        for name, attack in attacks.items():
            reset_peak(images.device)
            wall, cpu = time.perf_counter(), time.process_time()
            found = attack(model, images, labels, settings)
            if images.is_cuda:
                torch.cuda.synchronize()
            timing = timings[name]
            timing.wall.append(time.perf_counter() - wall)
            timing.cpu.append(time.process_time() - cpu)
            timing.memory.append(peak(images.device))
            print(f"  {name}: {timing.wall[-1]:.2f} s", file=sys.stderr, flush=True)
            assert bool(((found - images).abs() <= settings.epsilon + 1e-5).all()), name
            timing.robust = float((decide(model, found).argmax(dim=1) == labels).float().mean())
    return timings


def table(timings: dict[str, Timing]) -> list[dict[str, float | str]]:
    """A row a contender; ratios are medians over the rounds, each against torchattacks in the same round."""
    reference = timings[REFERENCE]

    def ratio(mine: list[float], theirs: list[float]) -> float:
        return statistics.median(a / b for a, b in zip(mine, theirs, strict=True))

    return [
        {
            "attack": name,
            "seconds": round(statistics.median(timing.wall), 3),
            "ratio": round(ratio(timing.wall, reference.wall), 3),
            "cpu_ratio": round(ratio(timing.cpu, reference.cpu), 3),
            "robust_accuracy": round(100 * timing.robust, 2),
            "points_from_torchattacks": round(100 * (timing.robust - reference.robust), 2),
            "peak_mb": round(max(timing.memory)),
        }
        for name, timing in timings.items()
    ]


def show(title: str, rows: list[dict[str, float | str]]) -> None:
    print(f"\n{title}")
    print(f"{'':24}{'seconds':>9}{'ratio':>8}{'CPU ratio':>11}{'robust %':>10}{'difference':>12}{'peak MB':>9}")
    for row in rows:
        print(
            f"{row['attack']:24}{row['seconds']:9.2f}{row['ratio']:8.2f}{row['cpu_ratio']:11.2f}"
            f"{row['robust_accuracy']:10.1f}{row['points_from_torchattacks']:+12.2f}{row['peak_mb']:9}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="PGD-40: ours against torchattacks and Foolbox.")
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=0, help="threads of torch on the CPU; 0 for its own choice")
    parser.add_argument("--network", choices=["small", "cifar"], action="append", help="default: both")
    parser.add_argument("--compiled", action="store_true", help="also with torch.compile; always on a GPU")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    device = resolve_device(options.device)
    makers = {"small": small_network, "cifar": cifar_network}
    results = {}
    for name in options.network or makers:
        title, model, grow, settings = makers[name]()
        images, labels = digits(options.images)
        images, labels, model = grow(images).to(device), labels.to(device), model.to(device).requires_grad_(False)
        timings = measure(
            contenders(options.compiled or device.type == "cuda"), model, images, labels, settings, options.rounds
        )
        results[title] = table(timings)
        natural = float((decide(model, images).argmax(dim=1) == labels).float().mean())
        show(
            f"{title}: PGD-{settings.steps}, epsilon {settings.epsilon}, {len(images)} images, natural {natural:.1%}",
            results[title],
        )
    about = {"torch": torch.__version__, "device": str(device), "machine": platform.processor() or platform.machine()}
    print()
    print(json.dumps({**about, "threads": torch.get_num_threads(), "rounds": options.rounds, "results": results}))


if __name__ == "__main__":
    main()
