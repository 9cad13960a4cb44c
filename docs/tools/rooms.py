"""The lists of rooms and floors in docs/architecture.md and docs/rooms.md: ``python docs/tools/rooms.py``.

A room is described by the first line of its own docstring, a floor by the contract in pyproject.toml.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE, MODULES = ROOT / "docs" / "architecture.md", ROOT / "docs" / "rooms.md"
TOPS = ("ancra", "app")
HEAD = """# Every module

Made by `make docs` from the modules' own first lines. [How the rooms hang together](architecture.md#rooms).
"""


def first_line(path: Path) -> str:
    """The first line of a module's docstring, without its full stop. Raises ValueError when it has none."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    if not text:
        raise ValueError(f"{path} has no docstring")
    return text.splitlines()[0].rstrip(".").replace("``", "`").replace("|", "\\|")


def entries(folder: Path) -> Iterator[tuple[Path, str]]:
    """The modules and packages in a folder, each with its line; a package by its ``__init__``."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".py" and path.stem not in ("__init__", "__main__"):
            yield path, first_line(path)
        elif (path / "__init__.py").is_file():
            yield path, first_line(path / "__init__.py")


def table(folder: Path) -> str:
    """The rooms of one top-level package."""
    rows = (f"| `{_name(path)}` | {line} |" for path, line in entries(folder))
    return "\n".join(["| room | what is in it |", "|---|---|", *rows])


def floors(package: str) -> str:
    """The floors of one top-level package, the highest first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each.get("containers") == [package])
    rows = []
    for place, layer in enumerate(layers):
        names = ", ".join(f"`{package}.{name}`" for name in re.split(r"\s*[:|]\s*", layer))
        rows.append(f"| {len(layers) - place} | {names} |")
    return "\n".join(["| floor | rooms |", "|---|---|", *rows])


def modules() -> str:
    """The page of every module, a heading a room."""
    return HEAD + "".join(_section(ROOT / top) for top in TOPS)


def page() -> str:
    """docs/architecture.md with its tables as they have to be."""
    text = PAGE.read_text(encoding="utf-8")
    for top in TOPS:
        for name, made in ((f"rooms of {top}", table(ROOT / top)), (f"floors of {top}", floors(top))):
            begin, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
            before, rest = text.split(begin)
            text = f"{before}{begin}{made}{end}{rest.split(end)[1]}"
    return text


def _section(folder: Path) -> str:
    """A room and the rooms in it."""
    found = list(entries(folder))
    rows = [f"| `{path.name}` | {line} |" for path, line in found if path.is_file()]
    own = "\n".join(["| module | what is in it |", "|---|---|", *rows]) + "\n" if rows else ""
    text = f"\n## {_name(folder)}\n\n{first_line(folder / '__init__.py')}.\n" + (f"\n{own}" if own else "")
    return text + "".join(_section(path) for path, _ in found if path.is_dir())


def _name(path: Path) -> str:
    name = path.relative_to(ROOT).as_posix()
    return name if path.is_file() else f"{name}/"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    MODULES.write_text(modules(), encoding="utf-8")
