"""The wheel: built, installed into an empty folder, and used from another."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ancra.checkpoints import find_checkpoints
from ancra.extras import EXTRAS
from ancra.paths import ROOT
from benchmarks.serving import answer, free_port

LEFT_OUT = (
    "checkpoints/results/map-pixels/",
    "checkpoints/results/traces-first/",
    "checkpoints/cifar10/",
    "checkpoints/tiny_imagenet/",
)
"""What a wheel does without, and so without the results of those checkpoints."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", str(ROOT), "-w", folder]
    subprocess.run(command, check=True, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def run(wheel, tmp_path_factory):
    """Runs the installed package in an empty folder: its packages before those of the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    site, empty = folder / "site", folder / "empty"
    empty.mkdir()
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", site, wheel]
    subprocess.run(command, check=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANCRA")}
    kept |= {"PYTHONPATH": str(site), "HOME": str(folder / "home"), "OMP_WAIT_POLICY": "PASSIVE"}

    def started(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-P", *arguments]
        return subprocess.Popen(
            command, cwd=empty, env=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    return started


def printed(process: "subprocess.Popen[str]") -> str:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    return output


def test_one_package_with_all_that_comes_with_the_project(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"ancra"}
    tracked = subprocess.run(
        ["git", "ls-files", "app", "recipes", "sweeps", "checkpoints"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    of_photographs = (
        card.digest for path, card in find_checkpoints() if path.parent.name in ("cifar10", "tiny_imagenet")
    )
    left_out = [*LEFT_OUT, *of_photographs]
    assert len(left_out) > len(LEFT_OUT)
    wanted = {f"ancra/shipped/{name}" for name in tracked if not any(part in name for part in left_out)}
    assert wanted == {name for name in names if name.startswith("ancra/shipped/")}
    assert wheel.stat().st_size < 12e6


def test_an_editable_install_uses_the_checkout(tmp_path):
    code = f"import hatchling.build as b; print(b.build_editable({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    archive = zipfile.ZipFile(next(tmp_path.glob("*.whl")))
    paths = [name for name in archive.namelist() if name.endswith(".pth")]
    assert [archive.read(name).decode().strip() for name in paths] == [str(ROOT)]


def test_it_lists_and_evaluates_from_an_empty_folder(run):
    where = printed(run("-c", "import ancra.paths as p; print(p.IN_CHECKOUT, p.ROOT, p.workspace())"))
    assert re.match(r"False \S+/site/ancra/shipped \S+/home/\S*ancra-lab", where)
    assert "fashion_mnist/trades" in printed(run("-m", "ancra", "list", "checkpoints"))
    assert "digits-trades-ancra" in printed(run("-m", "ancra", "list", "recipes"))
    assert "8 images of digits" in printed(run("-m", "ancra", "evaluate", "digits/trades", "--samples", "8"))


def test_models_attacks_losses_and_trust_need_no_extra(run):
    code = f"""
import sys
sys.modules.update(dict.fromkeys({list(EXTRAS)!r}))
import ancra.losses.objectives, ancra.trust.stored, ancra.trust.examine, ancra.training.trainer
from ancra.cli import main
sys.argv = ["ancra", "evaluate", "digits/trades", "--samples", "8"]
main()
"""
    assert "8 images of digits" in printed(run("-c", code))


def test_it_serves_the_app(run):
    port = free_port()
    process = run("-m", "ancra", "app", "--port", str(port))
    try:
        assert answer(f"http://localhost:{port}/_stcore/health", process) == "ok"
        assert Path(f"/proc/{process.pid}/cwd").resolve().match("site/ancra/shipped") or sys.platform != "linux"
    finally:
        process.terminate()
        print(process.communicate(timeout=30)[0])


@pytest.mark.parametrize(("module", "extra"), [("streamlit", "app"), ("captum", "attribution"), ("umap", "maps")])
def test_a_missing_extra_is_named(run, module, extra):
    code = f"import sys; sys.modules[{module!r}] = None; import ancra.cli as c; import builtins\n"
    code += f"c.cli = lambda: __import__({module!r})\nc.main()"
    process = run("-c", code)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert output.strip().endswith(f"pip install 'ancra-lab[{extra}]'.")
