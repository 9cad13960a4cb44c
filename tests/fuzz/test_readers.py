"""Any bytes, and any small damage to a good file, give a value or one sentence: ``make fuzz`` tries 10,000 a reader."""

import io
import json
import os
import tarfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from ancra import limits
from ancra.checkpoints import load_checkpoint, read_card, resolve_checkpoint
from ancra.data.archive import check_archive
from ancra.data.files import open_files
from ancra.data.images import read_image
from ancra.data.layout import read_layout
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.errors import AncraError
from ancra.jobs.launch import read_launch
from ancra.jobs.status import RunStatus, ShareStatus, read_status
from ancra.models.weight_files import read_weights
from ancra.recipe import Recipe, load_recipe
from ancra.runs.overview import overview
from ancra.runs.run import Run
from ancra.settings import parse_changes, read_yaml, yaml_text
from ancra.store import Store
from ancra.sweeps.outcome import read_outcome
from ancra.sweeps.plan import SweepPlan

EXAMPLES = int(os.environ.get("ANCRA_FUZZ", "20"))
EXAMPLES_A_READER = settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=EXAMPLES < 100)
NASTY = (b"[" * 3000, b"{", b"&a [*a]", b"\xed\xa0\x80", b"1e999", b"2020-13-45", b"\x1b[31m\n")
ROOT = Path(__file__).parents[2]


def recipe() -> bytes:
    return yaml_text(load_recipe("digits-trades-ancra")).encode()


def status() -> bytes:
    return RunStatus(created=1e9, epochs=3).model_dump_json().encode()


def metrics() -> bytes:
    return b"".join(json.dumps({"epoch": epoch, "natural": 0.5, "pgd": None}).encode() + b"\n" for epoch in (1, 2))


def checkpoint() -> bytes:
    return resolve_checkpoint("digits/trades").read_bytes()


def weights() -> bytes:
    buffer = io.BytesIO()
    torch.save({"state_dict": {"conv.weight": torch.zeros(2, 3)}}, buffer)
    return buffer.getvalue()


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((9, 7), 50).save(buffer, "PNG")
    return buffer.getvalue()


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("train/a/0.png", "train/a/1.png", "train/b/0.png", "train/b/1.png"):
            file.writestr(name, picture())
    return buffer.getvalue()


def tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file, zipfile.ZipFile(io.BytesIO(archive())) as images:
        for name in images.namelist():
            member = tarfile.TarInfo(name)
            member.size = len(images.read(name))
            file.addfile(member, io.BytesIO(images.read(name)))
    return buffer.getvalue()


def arrays() -> bytes:
    buffer = io.BytesIO()
    images, labels = np.zeros((4, 8, 8), np.uint8), np.array([0, 1, 0, 1])
    np.savez(buffer, train_images=images, train_labels=labels, test_images=images, test_labels=labels)
    return buffer.getvalue()


def read_folder(path: Path) -> None:
    load_dataset(DataSettings(name="image_folder", root=path))


def stored() -> bytes:
    store = Store([Path(os.environ["ANCRA_HOME"])])
    store.put("kind", "key", arrays={"a": np.arange(3)}, meta={"b": 1})
    return (store.folders[0] / "kind" / "key.npz").read_bytes()


def outcome() -> bytes:
    return (ROOT / "checkpoints/results/sweeps/figure4-digits.json").read_bytes()


def plan() -> bytes:
    return (ROOT / "sweeps" / "figure4-digits.yaml").read_bytes()


def read_everything_of_a_run(path: Path) -> None:
    overview(Run(path.parent))


def read_zip(path: Path) -> None:
    check_archive(path)
    files = open_files(path)
    for name in files.stamps:
        files.read(name)
    read_layout(path)


def get_stored(path: Path) -> None:
    Store([path.parents[1]]).get("kind", "key")


# Each reader: what it reads, under which name, and a good file.
READERS: dict[str, tuple[Callable[[Path], object], str, Callable[[], bytes]]] = {
    "recipe": (lambda path: read_yaml(Recipe, path), "recipe.yaml", recipe),
    "plan": (lambda path: read_yaml(SweepPlan, path), "plan.yaml", plan),
    "change": (lambda path: parse_changes([path.read_bytes().decode(errors="replace")]), "x", lambda: b"epochs=[3]"),
    "run status": (lambda path: read_status(RunStatus, path), "status.json", status),
    "share status": (lambda path: read_status(ShareStatus, path), "status.json", status),
    "metrics": (read_everything_of_a_run, "metrics.jsonl", metrics),
    "recipe of a run": (read_everything_of_a_run, "recipe.yaml", recipe),
    "launch": (lambda path: read_launch(Run(path.parent)), "launch.json", lambda: b'{"launcher": "ray", "job": "x"}'),
    "outcome": (read_outcome, "outcome.json", outcome),
    "stored result": (get_stored, "kind/key.npz", stored),
    "card": (read_card, "model.safetensors", checkpoint),
    "checkpoint": (load_checkpoint, "model.safetensors", checkpoint),
    "weights": (read_weights, "model.pt", weights),
    "picture": (lambda path: read_image(path, 3, (8, 8)), "a.png", picture),
    "zip": (read_zip, "images.zip", archive),
    "tar": (read_layout, "images.tar", tar),
    "arrays": (read_folder, "images.npz", arrays),
}


@cache
def good(name: str) -> bytes:
    return READERS[name][2]()


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """Good content with a few bytes changed, cut out, doubled or put in; or cut off."""
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        kind = draw(st.sampled_from(("flip", "cut", "insert", "double", "end")))
        if kind == "flip" and data:
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "cut":
            del data[at : at + draw(st.integers(1, 40))]
        elif kind == "insert":
            data[at:at] = draw(st.binary(max_size=20) | st.sampled_from(NASTY))
        elif kind == "double":
            data[at:at] = data[at : at + draw(st.integers(1, 200))]
        else:
            del data[at:]
    return bytes(data)


@pytest.fixture(autouse=True)
def home(workspace):
    workspace.mkdir()


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("source", ["any bytes", "damaged"])
def test_a_reader_gives_a_value_or_a_sentence(name, source, tmp_path):
    read, file, _ = READERS[name]
    path = tmp_path / "read" / file
    path.parent.mkdir(parents=True)
    contents = st.binary(max_size=300) if source == "any bytes" else damaged(good(name))
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]

    @settings(EXAMPLES_A_READER, suppress_health_check=quiet)
    @given(contents)
    def reads(content: bytes) -> None:
        path.write_bytes(content)
        said = sentence(read, path)
        assert said.isprintable()
        assert len(said) <= limits.TEXT + 10

    reads()


def sentence(read: Callable[[Path], object], path: Path) -> str:
    """What a reader says of a file that it cannot read; empty where it can."""
    try:
        read(path)
    except AncraError as error:
        return str(error)
    return ""
