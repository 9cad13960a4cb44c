"""Time and faithfulness of our maps against plain umap-learn, and of four comparable maps against AlignedUMAP.

    python benchmarks/maps.py [--full]

Each figure comes from a process of its own: "new" counts from its start with the features in memory, imports and
compilation included; "warm" is the same once more; CPU seconds beside them hold on a busy machine, too. Ours keeps
compiled code on disk, as the app does; what a machine needs the very first time is given by --full, which also adds
10,000 points and four models of 5,000.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from ancra.arrays import FloatArray

WIDTH = 512
MODELS = 4
ROOT = Path(__file__).resolve().parent.parent
FIRST_MAP, FOUR_MAPS, KEPT = 0.5, 0.2, 0.01  # What the project aims at.


def make_features(count: int, models: int = 1) -> list[FloatArray]:
    """(count, 512) random ReLU features of scikit-learn's digits, each shifted a little, one set of weights a model."""
    from sklearn.datasets import load_digits

    random = np.random.default_rng(0)
    images = load_digits().data.astype(np.float32) / 16
    images = images[np.arange(count) % len(images)] + 0.1 * random.normal(size=(count, 64)).astype(np.float32)
    return [np.maximum(images @ random.normal(size=(64, WIDTH)).astype(np.float32) / 8, 0) for _ in range(models)]


def plain(features: list[FloatArray]) -> list[FloatArray]:
    import umap

    return [umap.UMAP(random_state=0).fit_transform(features[0])]


def ours(features: list[FloatArray]) -> list[FloatArray]:
    from ancra.maps.layout import make_maps
    from ancra.maps.settings import MapSettings

    return [made.positions for made in make_maps(features, MapSettings())]


def aligned(features: list[FloatArray]) -> list[FloatArray]:
    import umap

    relations = [{row: row for row in range(len(features[0]))}] * (len(features) - 1)
    return list(umap.AlignedUMAP(random_state=0).fit(features, relations=relations).embeddings_)


def apart(features: list[FloatArray]) -> list[FloatArray]:
    import umap

    return [umap.UMAP(random_state=0).fit_transform(each) for each in features]


WAYS = {"plain": plain, "ours": ours, "aligned": aligned, "apart": apart}


def work(way: str, folder: Path, warm: bool) -> None:
    """In a process of its own: make the maps once or twice and leave times and positions in the folder."""
    import warnings

    warnings.simplefilter("ignore")
    features = [np.load(path) for path in sorted(folder.glob("features*.npy"))]
    seconds, cpu = [], []
    for _ in range(2 if warm else 1):
        began, began_cpu = time.perf_counter(), time.process_time()
        positions = WAYS[way](features)
        seconds.append(time.perf_counter() - began)
        cpu.append(time.process_time() - began_cpu)
    np.savez(folder / "result.npz", seconds=seconds, cpu=cpu, **{f"p{i}": place for i, place in enumerate(positions)})


def run(way: str, count: int, models: int, warm: bool = True, first_ever: bool = False) -> dict[str, Any]:
    """One line of the table."""
    from ancra.maps.faithfulness import faithfulness, movement

    features = make_features(count, models)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for index, each in enumerate(features):
            np.save(folder / f"features{index}.npy", each)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        if first_ever:
            environment["NUMBA_CACHE_DIR"] = str(folder / "empty")
        command = [sys.executable, __file__, "--work", way, name, *(["--warm"] if warm else [])]
        subprocess.run(command, check=True, env=environment, stderr=subprocess.DEVNULL)
        with np.load(folder / "result.npz") as result:
            seconds, cpu = result["seconds"].tolist(), result["cpu"].tolist()
            places = [result[f"p{index}"] for index in range(models)]
    found = [faithfulness(each, place)[0] for each, place in zip(features, places, strict=True)]
    moved = [float(np.median(movement(places[0], place))) for place in places[1:]]
    return {
        "way": way,
        "points": count,
        "models": models,
        "first_ever": first_ever,
        "new": round(seconds[0], 2),
        "warm": round(seconds[1], 2) if warm else None,
        "new_cpu": round(cpu[0], 2),
        "warm_cpu": round(cpu[1], 2) if warm else None,
        "kept": round(float(np.mean([one.kept for one in found])), 4),
        "trustworthiness": round(float(np.mean([one.trustworthiness or np.nan for one in found])), 4),
        "movement": round(float(np.mean(moved)), 3) if moved else None,
    }


TITLES = {"plain": "umap-learn", "ours": "ours", "aligned": "AlignedUMAP", "apart": "umap-learn, each alone"}


def show(row: dict[str, Any]) -> None:
    """Print one line of the table."""
    name = TITLES[row["way"]] + (", first time ever" if row["first_ever"] else "")
    cells = [row[key] for key in ("new", "warm", "new_cpu", "warm_cpu", "kept", "trustworthiness", "movement")]
    text = "".join(f"{'–' if cell is None else cell:>9}" for cell in cells)
    print(f"{row['points']:>7,} x {row['models']}  {name:<32}{text}", flush=True)


def compare(rows: list[dict[str, Any]], way: str, count: int, models: int, aim: float) -> dict[str, Any]:
    """Ours against another way, new and warm, and whether the aims are met."""

    def pick(wanted: str) -> dict[str, Any]:
        key = (wanted, count, models, False)
        return next(row for row in rows if (row["way"], row["points"], row["models"], row["first_ever"]) == key)

    mine, other = pick("ours"), pick(way)
    ratio = mine["new"] / other["new"]
    return {
        "against": way,
        "points": count,
        "models": models,
        "new_ratio": round(ratio, 3),
        "new_cpu_ratio": round(mine["new_cpu"] / other["new_cpu"], 3),
        "warm_ratio": round(mine["warm"] / other["warm"], 3) if other["warm"] else None,
        "kept_difference": round(mine["kept"] - other["kept"], 4),
        "aims_met": ratio <= aim and mine["kept"] >= other["kept"] - KEPT,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="more points, and a first time ever (about 15 minutes)")
    parser.add_argument("--work", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    parser.add_argument("--warm", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        return work(options.work[0], Path(options.work[1]), options.warm)
    sys.path.insert(0, str(ROOT))
    # Leaves the compiled code on disk, as a first start of the app does.
    run("ours", 100, 1, warm=False)
    titles = ("new s", "warm s", "new CPU", "warm CPU", "kept", "trust", "movement")
    print(f"{'points x models':<44}{''.join(f'{title:>9}' for title in titles)}")
    rows: list[dict[str, Any]] = []
    plan = [(way, count, 1) for count in (2000, 5000, *([10_000] if options.full else [])) for way in ("plain", "ours")]
    plan += [(way, count, MODELS) for count in (2000, *([5000] if options.full else [])) for way in ("aligned", "ours")]
    for way, count, models in plan:
        rows.append(run(way, count, models, warm=options.full or way != "aligned"))
        show(rows[-1])
    if options.full:
        for way, models in (("plain", 1), ("ours", 1), ("apart", MODELS)):
            rows.append(run(way, 2000, models, warm=False, first_ever=way != "apart"))
            show(rows[-1])
    against = [("plain", count, 1, FIRST_MAP) for way, count, models in plan if way == "plain"]
    against += [("aligned", count, MODELS, FOUR_MAPS) for way, count, models in plan if way == "aligned"]
    results = [compare(rows, *each) for each in against]
    for each in results:
        print(
            f"{each['points']:,} points, {each['models']} model(s): {each['new_ratio']} of the time (CPU: "
            f"{each['new_cpu_ratio']}) of {TITLES[each['against']]}, kept neighbours {each['kept_difference']:+.3f}: "
            f"{'aims met' if each['aims_met'] else 'aims missed'}"
        )
    from ancra.maps.umap_engine import cuml_umap

    engine = "umap-learn" if cuml_umap() is None else "cuML"
    print(json.dumps({"benchmark": "maps", "engine": engine, "rows": rows, "comparisons": results}))


if __name__ == "__main__":
    main()
