"""The examples of README.md and docs/ run: blocks fenced as ```python runnable, those of a page one after another."""

import re
from pathlib import Path

import pytest
import torch

from ancra.attacks.objectives import OBJECTIVES
from ancra.attacks.suite import ATTACKS
from ancra.data.registry import DATASETS
from ancra.models.registry import MODELS
from ancra.negatives.strategy import PICKERS
from ancra.trust.check import CHECKS

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python runnable\n(.*?)^```", re.DOTALL | re.MULTILINE)
FILES = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if path.is_file()]
PAGES = [path for path in FILES if BLOCK.search(path.read_text(encoding="utf-8"))]


@pytest.fixture
def own_registries(monkeypatch):
    """What an example registers is gone after it."""
    for registry in (ATTACKS, CHECKS, DATASETS, MODELS, OBJECTIVES, PICKERS):
        monkeypatch.setattr(registry, "_entries", dict(registry._entries))


@pytest.fixture
def one_thread():
    """Small models gain nothing from more, and on a busy machine threads wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("own_registries", "one_thread", "workspace")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    names = {"__name__": f"docs_{page.stem}"}
    for block in BLOCK.finditer(text):
        # Blank lines in front, so that a traceback shows the line of the page.
        code = "\n" * text[: block.start(1)].count("\n") + block.group(1)
        exec(compile(code, str(page), "exec"), names)
