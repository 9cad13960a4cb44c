"""Small inputs that would cost much are refused before the work is done, in one sentence."""

import asyncio
import bz2
import io
import json
import os
import resource
import struct
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from ancra import limits
from ancra.checkpoints import CARD_KEY, Card, read_card, save_checkpoint
from ancra.data.archive import check_archive
from ancra.data.files import open_files
from ancra.data.images import read_image
from ancra.data.settings import DataSettings
from ancra.errors import AncraError
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.models.weight_files import read_weights
from ancra.recipe import load_recipe
from ancra.runs.overview import overview
from ancra.runs.run import Run, list_runs
from ancra.settings import parse_changes
from ancra.sweeps.parse_plan import make_plan
from ancra.sweeps.sweep import Sweep
from ancra.tensor_file import split
from ancra.uploads.checkpoints import add_checkpoint
from app.upload_bounds import ROUTE, UploadBounds


@pytest.fixture(autouse=True)
def cheap():
    """No refusal takes half a gigabyte."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # KB on Linux


def test_an_archive_whose_method_unpacks_to_anything(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as file:
        file.writestr("a/1.png", bytes(2**20))
    with pytest.raises(AncraError, match="deflate"):
        check_archive(path)
    with pytest.raises(AncraError, match="deflate"):
        open_files(path).read("a/1.png")
    assert len(bz2.compress(bytes(2**20))) < 100


def test_a_picture_of_one_pixel_by_many_millions() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, limits.PIXELS, 8, 2, 0, 0, 0)
    picture = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    with pytest.raises(AncraError, match="a side"):
        read_image(picture, 3, (8, 8), "thin.png")


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(1).expand(50_000, 50_000),
        torch.quantize_per_tensor(torch.zeros(3), 0.1, 0, torch.qint8),
        torch.empty(3, device="meta"),
    ],
    ids=["stride 0", "quantised", "meta"],
)
def test_tensors_that_are_not_what_the_file_holds(tmp_path: Path, tensor: torch.Tensor) -> None:
    path = tmp_path / "weights.pt"
    torch.save({"conv.weight": tensor}, path)
    with pytest.raises(AncraError, match=r"larger than the file|plain tensor|cannot be read safely|quantised weights"):
        read_weights(path)


@pytest.mark.parametrize("text", ["[&a0 [x,x],&a1 [*a0,*a0]]", "{<<: &a {b: 1}}", "[" * 2000, "!!int x", "2020-13-45"])
def test_yaml_that_grows_or_breaks(text: str) -> None:
    with pytest.raises(AncraError) as caught:
        parse_changes([f"title={text}"])
    assert len(str(caught.value)) < 2 * limits.REPEATED


def sent(tmp_path: Path, **changes: object) -> bytes:
    """A good checkpoint with other words on its card."""
    model, path = build_model(ModelSettings(width=4), (1, 8, 8), 2).eval(), tmp_path / "sent.safetensors"
    card = Card(
        name="a", title="A", dataset="digits", classes=("0", "1"), image_shape=(1, 8, 8), model=ModelSettings(width=4)
    )
    save_checkpoint(model, card, path)
    file = split(path.read_bytes(), path)
    file.write(path, {CARD_KEY: json.dumps({**json.loads(file.metadata[CARD_KEY]), **changes})})
    return path.read_bytes()


@pytest.mark.parametrize(
    "card",
    [
        {"title": "x" * 201},
        {"title": "line\nbreak"},
        {"title": "\x1b[31mred"},
        {"title": "![t](http://somewhere/x.png)"},
        {"classes": ["0", "[one](http://somewhere)"]},
        {"description": "![t](http://somewhere/x.png)"},
        {"description": "x" * 5000},
        {"evaluation": [{}] * 1001},
        {"description": "x" * (9 * 2**20)},
    ],
    ids=[
        "title",
        "line break",
        "escape",
        "picture",
        "link",
        "picture in a description",
        "description",
        "evaluations",
        "megabytes",
    ],
)
def test_cards_that_say_too_much(workspace: Path, tmp_path: Path, card: dict[str, object]) -> None:
    content = sent(tmp_path, **card)
    with pytest.raises(AncraError):
        add_checkpoint(io.BytesIO(content), "sent.safetensors")
    assert not list(workspace.rglob("*.safetensors"))


def test_a_card_opens_no_folder_of_this_machine(workspace: Path, tmp_path: Path) -> None:
    folder = {"name": "image_folder", "root": str(tmp_path)}
    added = add_checkpoint(io.BytesIO(sent(tmp_path, trained_on=folder)), "sent.safetensors")
    assert read_card(workspace / f"{added.name}.safetensors").data == DataSettings(name="image_folder")


def test_links_are_followed_only_inside(tmp_path: Path) -> None:
    folder, outside = tmp_path / "images", tmp_path / "outside"
    (folder / "a").mkdir(parents=True)
    outside.mkdir()
    (folder / "a" / "1.png").write_bytes(b"1")
    (folder / "a" / "2.png").symlink_to(folder / "a" / "1.png")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "a" / "pipe.png")
    assert list(open_files(folder).stamps) == ["a/1.png", "a/2.png"]
    (folder / "b").symlink_to(outside)
    with pytest.raises(AncraError, match="leads out of its folder"):
        open_files(folder)


def test_a_sweep_is_counted_before_it_is_made(tmp_path: Path) -> None:
    many = tuple(range(1, 5001))
    plan = make_plan("digits-trades", {"attack.steps": many, "epochs": many}, seeds=1000)
    with pytest.raises(AncraError, match="more than a sweep may have"):
        Sweep.create(tmp_path / "sweep", plan)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("recipe.yaml", b"[" * 2000),
        ("status.json", b"[" * 100_000),
        ("status.json", b'{"created": 1e20}'),
        ("launch.json", b"[" * 100_000),
        ("metrics.jsonl", b'{"epoch": 1, "natural": "x"}\n{"natural": 1}\n' + b"[" * 100_000),
        ("metrics.jsonl", b'{"epoch": 1, "natural": 0.5}\n' * 100_000),
        ("metrics.jsonl", None),
    ],
)
def test_one_damaged_run_hides_no_other(workspace: Path, file: str, content: bytes | None) -> None:
    recipe = load_recipe("digits-trades")
    for name in ("good", "bad"):
        Run.create(workspace / "runs" / name, recipe)
    broken = workspace / "runs" / "bad" / file
    broken.unlink(missing_ok=True)
    if content is None:
        broken.mkdir()
    else:
        broken.write_bytes(content)
    (workspace / "runs" / os.fsdecode(b"\xff\xfe")).mkdir()
    shown = {run.name: overview(run) for run in list_runs()}
    assert set(shown) == {"good", "bad"}
    assert shown["good"]["recipe"] == "digits-trades"


def test_one_session_holds_a_bounded_amount_of_files() -> None:
    passed: list[str] = []

    async def server(scope, receive, send) -> None:
        passed.append(scope["path"])

    def put(file: str, size: int, method: str = "PUT", session: str = "one") -> list[int]:
        sent: list[int] = []

        async def send(message) -> None:
            sent.append(message.get("status", 0))

        headers = [(b"content-length", str(size).encode())]
        scope = {"type": "http", "method": method, "path": f"{ROUTE}{session}/{file}", "headers": headers}
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, bounds(scope, None, send)).result()
        return sent

    bounds = UploadBounds(server)
    most = limits.UPLOAD_BYTES
    assert put("a", most) == put("b", most) == []
    assert put("c", 1)[0] == 413
    assert put("c", 1, session="two") == []
    assert put("a", 0, method="DELETE") == put("c", 1) == []
    assert len(passed) == 5


def test_uploads_are_bounded_in_all(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = sent(tmp_path)
    add_checkpoint(io.BytesIO(content), "one.safetensors")
    monkeypatch.setattr(limits, "UPLOADS_BYTES", 1000)
    with pytest.raises(AncraError, match="delete some of them"):
        add_checkpoint(io.BytesIO(content), "two.safetensors")
