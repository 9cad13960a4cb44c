"""Time to a robust model: the paper's ten-step training against the short attacks of our recipes, on Fashion-MNIST.

Network, images, objective, schedule and epochs are those of a shipped recipe; the attack in training differs, and so do
the seeds. Each model is judged by the worst case over all attacks on the same test images. Time is the processor's, of
the whole of `ancra train`. Finished rows are kept in ``--out``, so that the command goes on where it was ended. Run it
by ``.venv/bin/python benchmarks/recipes.py --help``; it needs the training images (`ancra data get fashion_mnist`).
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ancra.files import replace_file  # noqa: E402
from ancra.recipe import load_recipe  # noqa: E402

ANCRA = (sys.executable, "-m", "ancra")
PEER = "ten steps"


def attacks(epsilon: float) -> dict[str, dict[str, object]]:
    """The attacks in training by name: the paper's (ten steps of a quarter of epsilon), and the short ones."""
    return {
        PEER: {"attack.steps": 10, "attack.step_size": epsilon / 4},
        "two steps": {"attack.steps": 2, "attack.step_size": 0.6 * epsilon},
        "N-FGSM": {"attack.start": "n_fgsm", "attack.steps": 1, "attack.step_size": epsilon},
    }


def train(recipe: str, changes: dict[str, object], folder: Path) -> tuple[Path, float]:
    """Train into ``folder``; gives the checkpoint and the processor seconds of the command and its children."""
    checkpoint = folder.with_suffix(".safetensors")
    options = [f"--set={key}={value}" for key, value in changes.items()]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [*ANCRA, "train", recipe, *options, "--out", str(folder), "--checkpoint", str(checkpoint)]
    subprocess.run(command, check=True, stdout=sys.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return checkpoint, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def judge(checkpoint: Path, samples: int) -> dict[str, float]:
    """Natural, PGD-40, adaptive and worst-case accuracy on a seeded sample of the test images, each in [0, 1]."""
    command = [*ANCRA, "evaluate", str(checkpoint), "--attacks", "worst", "--samples", str(samples), "--json"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {name: found[name] for name in ("natural", "pgd", "adaptive", "worst")}


def table(rows: list[dict]) -> str:
    """Means over the seeds; time and worst case are compared with the ten steps of the same seed."""
    lines = [
        "| recipe | attack in training | seeds | CPU s | time, ratio | natural | PGD-40 | worst case | difference |"
    ]
    lines.append("|---|---|---:|---:|---:|---:|---:|---:|---:|")
    for recipe, attack in dict.fromkeys((row["recipe"], row["attack"]) for row in rows):
        own = {row["seed"]: row for row in rows if (row["recipe"], row["attack"]) == (recipe, attack)}
        peers = {row["seed"]: row for row in rows if (row["recipe"], row["attack"]) == (recipe, PEER)}
        both = sorted(own.keys() & peers.keys())
        mean = {
            key: statistics.mean(row[key] for row in own.values()) for key in ("seconds", "natural", "pgd", "worst")
        }
        ratio = (
            statistics.mean(own[seed]["seconds"] / peers[seed]["seconds"] for seed in both) if both else float("nan")
        )
        apart = [100 * (own[seed]["worst"] - peers[seed]["worst"]) for seed in both]
        points = f"{statistics.mean(apart):+.1f} ({min(apart):+.1f} to {max(apart):+.1f})" if both else ""
        shares = " | ".join(f"{100 * mean[key]:.1f} %" for key in ("natural", "pgd", "worst"))
        lines.append(
            f"| {recipe} | {attack} | {len(own)} | {mean['seconds']:.0f} | {ratio:.2f} | {shares} | {points} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Robust accuracy in the worst case against processor seconds.")
    parser.add_argument("--recipes", nargs="+", default=["fashion-pgd-at", "fashion-trades-ancra"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--samples", type=int, default=500, help="test images that each model is judged by")
    parser.add_argument("--out", type=Path, default=Path("recipes-benchmark"), help="folder of runs and finished rows")
    options = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1", OMP_WAIT_POLICY="PASSIVE", ANCRA_THREADS="1")
    options.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for seed in range(options.seeds):
        for recipe in options.recipes:
            for attack, changes in attacks(load_recipe(recipe).attack.epsilon).items():
                length = {"seed": seed, "epochs": options.epochs, "schedule.warmup_epochs": 0}
                folder = options.out / f"{recipe}-{attack.replace(' ', '-').lower()}-{options.epochs}-{seed}"
                finished = folder.with_suffix(f".{options.samples}.json")
                if not finished.exists():
                    shutil.rmtree(folder, ignore_errors=True)  # half a run has half of its time
                    checkpoint, seconds = train(recipe, {**changes, **length}, folder)
                    row = {"recipe": recipe, "attack": attack, "seed": seed, "seconds": seconds}
                    row |= judge(checkpoint, options.samples)
                    replace_file(finished, lambda file, row=row: file.write(json.dumps(row).encode()))
                rows.append(json.loads(finished.read_text()))
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    print(table(rows))
    print(json.dumps({"rows": rows, "epochs": options.epochs, "samples": options.samples}))


if __name__ == "__main__":
    main()
