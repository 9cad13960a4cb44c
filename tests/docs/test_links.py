"""What README.md and docs/ point at is there: files, headings, and functions named as `path:function`."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOP = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES = [path for path in (*TOP, *sorted((ROOT / "docs").glob("*.md"))) if path.is_file()]
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:ancra|app|benchmarks|checkpoints|docs|recipes|tests)/[\w./-]*)(?::([\w.]+))?`")
MADE = {"benchmarks/.venv", "checkpoints/results"}  # by make
SOURCE = re.compile(r"`((?:ancra|app|benchmarks|tests)/[\w/]+\.py):([\w.]+)`")


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def names_of(source: Path) -> set[str]:
    """Functions, classes, `Class.method`s and constants that a module defines."""
    found: set[str] = set()
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
            if isinstance(node, ast.ClassDef):
                found |= {f"{node.name}.{child.name}" for child in node.body if isinstance(child, ast.FunctionDef)}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name}: {link} is not there"
        if anchor:
            assert anchor in anchors(target), f"{page.name}: {link} names no heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_are_there(page):
    for path, name in PATH.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        assert path in MADE or (ROOT / path).exists(), f"{page.name}: {path} is not there"
        if name:
            assert path.endswith(".py"), f"{page.name}: {path}:{name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_functions_are_where_the_page_says(page):
    for path, name in SOURCE.findall(page.read_text(encoding="utf-8")):
        assert name in names_of(ROOT / path), f"{page.name}: {path} has no {name}"
