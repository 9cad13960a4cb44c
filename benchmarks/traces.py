"""What a trace costs beside its search: the same steps alone, and with every point of them recorded.

Each in turn, round after round, by processor time, which other work on the machine changes least. Run it by
``.venv/bin/python benchmarks/traces.py --help``.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ancra.attacks.search import search  # noqa: E402
from ancra.attacks.settings import AttackSettings  # noqa: E402
from ancra.attacks.trace import trace_attack  # noqa: E402
from ancra.attacks.verdict import frozen  # noqa: E402
from ancra.checkpoints import load_checkpoint  # noqa: E402
from ancra.data.registry import load_dataset  # noqa: E402
from ancra.data.settings import DataSettings  # noqa: E402


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of ``work``."""
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description="A trace against the search in it.")
    parser.add_argument("--model", default="trades-ancra", help="a shipped digits model")
    parser.add_argument("--images", type=int, nargs="+", default=[1, 30])
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = load_checkpoint(ROOT / "checkpoints" / "digits" / f"{options.model}.safetensors")[0].requires_grad_(False)
    images, labels = load_dataset(DataSettings()).test.batch()
    settings = AttackSettings(epsilon=0.2, steps=40)

    def walk(count: int) -> None:
        with frozen(model):
            for _ in search(model, images[:count], labels[:count], settings):
                pass

    for count in options.images:
        walk(count)  # libraries load their kernels here
        rounds = [
            (
                seconds(lambda count=count: walk(count)),
                seconds(lambda count=count: trace_attack(model, images[:count], labels[:count], settings)),
            )
            for _ in range(options.rounds)
        ]
        alone, traced = (statistics.median(each) for each in zip(*rounds, strict=True))
        ratio = statistics.median(trace / searched for searched, trace in rounds)
        print(f"{count:3} images: the search {alone:.2f} s, its trace {traced:.2f} s, {ratio:.2f} of the search")


if __name__ == "__main__":
    main()
