"""Ends the work that pages ask for at random moments, by a kill and by a disk that is full: ``make chaos``.

Uploads of models and of images, an evaluation and a map: afterwards nothing is half written, nothing that was there is
lost, and the same work comes to its end. Each try is a process forked from this one, which has computed nothing.
"""

import argparse
import io
import json
import os
import random
import shutil
import signal
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from PIL import Image

import ancra.maps.making
import ancra.reports.results  # noqa: F401
from ancra.bin import discard
from ancra.checkpoints import CARD_KEY, read_card, resolve_checkpoint
from ancra.evaluation.robustness import evaluate_robustness
from ancra.evaluation.settings import EvaluationSettings
from ancra.evaluation.subject import subject_of
from ancra.features.settings import FeatureSettings
from ancra.maps.making import model_map
from ancra.maps.settings import MapSettings, ModelMapSettings, resolve
from ancra.paths import uploads_folder, workspace
from ancra.store import Store
from ancra.tensor_file import split
from ancra.uploads.checkpoints import add_checkpoint, uploaded_checkpoints
from ancra.uploads.images import add_images, image_sets, images_folder
from tests.forked import forked

MODEL = "digits/trades"


def upload_a_model() -> None:
    """What the Train page does with a checkpoint."""
    add_checkpoint(io.BytesIO(OTHER_MODEL), "mine.safetensors")


def upload_images() -> None:
    """What the Train page does with an archive."""
    add_images(io.BytesIO(ARCHIVE), "pets.zip")


def evaluate() -> None:
    """What an evaluation stores, outcome after outcome."""
    from ancra.checkpoints import load_checkpoint
    from ancra.data.registry import load_dataset

    model, card = load_checkpoint(resolve_checkpoint(MODEL))
    settings = EvaluationSettings(epsilon=0.2, steps=2, samples=64)
    evaluate_robustness(
        model, load_dataset(card.data).test, settings, ("pgd", "adaptive"), subject=subject_of(card), store=Store()
    )


def draw_a_map() -> None:
    """What the Feature maps page stores: features, the common start, the map, its images."""
    path = resolve_checkpoint(MODEL)
    layout = MapSettings(method="pca")
    features = FeatureSettings(attack="pgd10", samples=60)
    model_map(path, resolve(read_card(path), ModelMapSettings(features=features, layout=layout)))


def throw_away() -> None:
    """What a press on Delete does."""
    target = workspace() / "runs" / "thing"
    if target.exists():
        discard(target)


WORK: dict[str, Callable[[], None]] = {
    "upload of a model": upload_a_model,
    "upload of images": upload_images,
    "evaluation": evaluate,
    "map": draw_a_map,
    "deletion": throw_away,
}


def _other_model() -> bytes:
    """A checkpoint that is not among the shipped ones: one of them with a weight that differs in its last bit."""
    path = resolve_checkpoint(MODEL)
    file = split(path.read_bytes(), path)
    card = json.loads(file.metadata[CARD_KEY]) | {"digest": ""}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.safetensors"
        first = min(entry["data_offsets"][0] for entry in file.entries.values() if entry["dtype"] == "F32")
        weights = bytearray(file.buffer)
        weights[first] ^= 1
        replace(file, buffer=memoryview(weights)).write(copy, {CARD_KEY: json.dumps(card)})
        return copy.read_bytes()


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for index in range(12):
            picture = io.BytesIO()
            Image.effect_noise((40, 40), 50 + index).save(picture, "PNG")
            file.writestr(f"{'cat' if index % 2 else 'dog'}/{index}.png", picture.getvalue())
    return buffer.getvalue()


ARCHIVE, OTHER_MODEL = _archive(), _other_model()


def check(name: str) -> None:
    """Nothing is half written: every file of the workspace that has its name is whole. Raises AssertionError."""
    # Names that begin with a dot are not finished yet; nobody reads them, and they go by themselves.
    for path in workspace().rglob("*.npz"):
        if not any(part.startswith(".") for part in path.relative_to(workspace()).parts):
            with zipfile.ZipFile(path) as file:
                assert file.testzip() is None, f"{name}: {path} is damaged"
    known = {path for path, _ in uploaded_checkpoints()}
    assert known == set(uploads_folder().glob("[a-z]*.safetensors")), f"{name}: an upload cannot be read"
    folders = [path.parent for path in images_folder().glob("[a-z]*/about.json")]
    assert len(image_sets()) == len(folders), f"{name}: a set of images cannot be read"
    thing = [*(workspace() / "runs").glob("thing"), *(workspace() / "bin").glob("*/thing")]
    assert len(thing) == 1, f"{name}: what was deleted is lost, or there twice"


def survive(repeats: int, seed: int) -> Counter[str]:
    """Each kind of work ended so many times by a kill and so many times by a full disk.

    Returns:
        How the tries ended.

    Raises:
        AssertionError: something is half written or lost, or the work cannot be done any more.
    """
    chance, ends = random.Random(seed), Counter[str]()
    for name, work in WORK.items():
        _fresh()
        began = time.monotonic()
        assert os.waitpid(forked(work), 0)[1] == 0, f"{name} does not work"
        length = time.monotonic() - began
        for number in range(2 * repeats):
            _fresh()
            if number % 2:
                code = os.waitpid(forked(work, room=int(10 ** chance.uniform(1, 5.5))), 0)[1]
                ends["full disk" if code else "room enough"] += 1
                assert code in (0, 2 << 8), f"{name}: a full disk is no sentence"
            else:
                pid = forked(work)
                time.sleep(chance.uniform(0, length))
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                ends["killed" if os.waitpid(pid, 0)[1] else "too late"] += 1
            check(name)
            assert os.waitpid(forked(work), 0)[1] == 0, f"{name} cannot be done after it was ended"
            check(name)
    return ends


def _fresh() -> None:
    shutil.rmtree(workspace(), ignore_errors=True)
    (workspace() / "runs" / "thing").mkdir(parents=True)


def main() -> None:
    """Try, and say how the tries ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ANCRA_HOME"] = str(Path(folder) / "workspace")
        ends = survive(arguments.repeats, arguments.seed)
    words = ", ".join(f"{count} {name}" for name, count in sorted(ends.items()))
    print(f"{2 * arguments.repeats} tries of each of {len(WORK)} kinds of work: {words}; nothing half written or lost")


if __name__ == "__main__":
    main()
