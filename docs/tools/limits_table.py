"""The table of limits in docs/security.md, made from the code: ``python docs/tools/limits_table.py``."""

import ast
from itertools import pairwise
from pathlib import Path

from ancra import limits

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
BEGIN, END = "<!-- limits -->\n", "<!-- /limits -->"


def table() -> str:
    """Every limit with its number and what it is of."""
    body = ast.parse(Path(limits.__file__).read_text(encoding="utf-8")).body
    lines = ["| limit | number | of |", "|---|---:|---|"]
    for assignment, text in pairwise(body):
        if isinstance(assignment, ast.Assign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            name = ast.unparse(assignment.targets[0])
            lines.append(f"| `{name}` | {number(name, getattr(limits, name))} | {str(text.value.value).rstrip('.')} |")
    return "\n".join(lines) + "\n"


def number(name: str, value: float) -> str:
    """A limit for people: bytes in MB or GB."""
    if not name.endswith("BYTES"):
        return f"{value:,.0f}"
    return f"{value / 2**30:g} GB" if value >= 2**30 else f"{value / 2**20:g} MB"


def page() -> str:
    """docs/security.md with an up-to-date table."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
