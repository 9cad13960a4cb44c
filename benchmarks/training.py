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
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ancra.data.augmentation import augment  # noqa: E402
from ancra.data.batches import epoch_batches  # noqa: E402
from ancra.data.dataset import Split  # noqa: E402
from ancra.device import limit_threads, resolve_device  # noqa: E402
from ancra.losses.step import training_step  # noqa: E402
from ancra.models.folding import folded  # noqa: E402
from ancra.models.surrogate import LiveSurrogate  # noqa: E402
from benchmarks.cases import SEED, Case, make_case  # noqa: E402
from benchmarks.contenders import OURS, REFERENCE, Floor, OurStep, Way, ways  # noqa: E402
from benchmarks.measuring import peak, reset_peak  # noqa: E402
from benchmarks.reference_step import ReferenceStep  # noqa: E402

AGREEMENT = 1e-5  # of the losses, in float32


@dataclass
class Timing:
    """The rounds of one contender, and the loss of its step; ``floor`` is the share of the bare passes in its time."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    memory: float = 0.0
    loss: float = float("nan")


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
