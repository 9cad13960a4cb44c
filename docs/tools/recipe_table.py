"""The table of recipe fields in docs/recipes.md, made from the settings: ``python docs/tools/recipe_table.py``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from ancra.recipe import Recipe

PAGE = Path(__file__).parents[2] / "docs" / "recipes.md"
BEGIN, END = "<!-- fields -->\n", "<!-- /fields -->"
SIGNS = ((Ge, "ge", "≥"), (Gt, "gt", ">"), (Le, "le", "≤"), (Lt, "lt", "<"))


def fields(
    kind: type[BaseModel] = Recipe, default: Any = None, prefix: str = ""
) -> Iterator[tuple[str, str, str, str]]:
    """(name, default, values, description) of every field, nested ones by their dotted names."""
    for name, field in kind.model_fields.items():
        inner = [each for each in (field.annotation, *get_args(field.annotation)) if isinstance(each, type)]
        nested = next((each for each in inner if issubclass(each, BaseModel)), None)
        own = field.default if default is None else getattr(default, name)
        if nested is None:
            yield prefix + name, in_words(own), values_of(field), field.description or ""
            continue
        if own is None:
            yield prefix + name, "empty", "a table, or empty", field.description or ""
        yield from fields(nested, own, f"{prefix}{name}.")


def in_words(value: Any) -> str:
    if value is PydanticUndefined:
        return "required"
    if value is None or value == "":
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if value == 8 / 255:
        return "8/255"
    if isinstance(value, tuple):
        return str(list(value))
    return str(value)


def values_of(field: FieldInfo) -> str:
    choices = [each for part in (field.annotation, *get_args(field.annotation)) for each in literals(part)]
    if choices:
        return ", ".join(str(each) for each in choices)
    bounds = [
        f"{sign} {getattr(rule, key):g}"
        for kind, key, sign in SIGNS
        for rule in field.metadata
        if isinstance(rule, kind)
    ]
    return ", ".join(bounds)


def literals(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def table() -> str:
    """The Markdown table."""
    rows = [f"| `{name}` | {default} | {values} | {text} |" for name, default, values, text in fields()]
    return "\n".join(["| field | default | values | meaning |", "|---|---|---|---|", *rows]) + "\n"


def page_with(new: str) -> str:
    """The page with another table."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return before + BEGIN + new + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(page_with(table()), encoding="utf-8")
