"""What holds for the house as a whole: what is quick to import, and that every room says what is in it."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import ancra

ROOT = Path(ancra.__file__).parents[1]
MODULES = [path for folder in ("ancra", "app") for path in sorted((ROOT / folder).rglob("*.py"))]
SETTINGS = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in MODULES if path.name == "settings.py"]
HEAVY = ("torch", "sklearn", "streamlit", "plotly", "lightning_fabric", "umap")


@pytest.mark.parametrize("module", ["ancra.cli", "ancra.checkpoints", "ancra.recipe", *SETTINGS])
def test_settings_checkpoints_and_the_command_line_load_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_is_in_it(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree) or not tree.body


def test_no_module_or_script_is_longer_than_300_lines() -> None:
    scripts = [path for folder in ("ancra", "app", "tests") for path in (ROOT / folder).rglob("*.js")]
    modules = [*MODULES, *(ROOT / "benchmarks").glob("*.py"), *scripts]
    assert scripts
    lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in modules}
    assert not {name: count for name, count in lines.items() if count > 300}


def test_every_package_that_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    declared = {re.match(r"[\w-]+", each)[0].lower() for each in listed}
    imported = {name.partition(".")[0] for path in MODULES for name in _imports(path)}
    # cuML comes with a CUDA machine's own packages; where it is missing UMAP runs on the CPU.
    foreign = imported - set(sys.stdlib_module_names) - {"ancra", "app", "cuml", "cupy"}
    of_package = packages_distributions()
    assert not [name for name in foreign if not {each.lower() for each in of_package.get(name, [name])} & declared]


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
