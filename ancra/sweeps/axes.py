"""What a sweep varies: ``key=value,value`` or ``key=first:last:step``, and which setting of a recipe a key means."""

from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

from ancra.errors import AncraError
from ancra.recipe import Recipe
from ancra.settings import settings_in
from ancra.structured import yaml_value

MOST_VALUES = 10_000  # on one axis
STRATEGY = "negatives.strategy"  # stands for a picker and a perturbation


def parse_axis(text: str) -> tuple[str, tuple[Any, ...]]:
    """What varies, as text, as the setting's full path and its values.

    Args:
        text: ``contrast.alpha=0:1:0.1`` (both ends included) or ``negatives.strategy=random,soft_ls``.

    Raises:
        AncraError: no such setting, no values, a value twice, or a range that never ends.
    """
    key, separator, listed = text.partition("=")
    if not separator or not listed.strip():
        raise AncraError(f"{text!r} varies nothing: key=value,value or key=first:last:step is expected.")
    values = _range(text, listed) if ":" in listed else tuple(_value(text, each) for each in listed.split(","))
    if len(set(map(str, values))) < len(values):
        raise AncraError(f"{text} names a value twice.")
    return setting_path(key.strip()), values


def setting_path(key: str) -> str:
    """The full path of a setting from its last parts: ``contrast.alpha`` means ``objective.contrast.alpha``.

    Raises:
        AncraError: no setting ends like this, with the nearest one; or several do.
    """
    paths = [*_paths(Recipe), STRATEGY]
    if key in paths:
        return key
    found = [path for path in paths if path.endswith(f".{key}")]
    if len(found) == 1:
        return found[0]
    if found:
        raise AncraError(f"{key!r} may mean {' or '.join(found)}: give more of it.")
    # Whoever mistypes a short key is helped by the nearest ending, not by the nearest whole path.
    nearest = get_close_matches(key, {ending for path in paths for ending in _endings(path)}, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]!r}?" if nearest else "docs/recipes.md lists them all."
    raise AncraError(f"A recipe has no setting {key!r}; {hint}")


def _range(text: str, listed: str) -> tuple[Any, ...]:
    try:
        first, last, step = (Decimal(part.strip()) for part in listed.split(":"))
        count = int((last - first) / step) + 1
    except (ValueError, InvalidOperation, ArithmeticError):
        raise AncraError(f"{text}: a range is first:last:step, as in alpha=0:1:0.1.") from None
    if count < 1 or step <= 0:
        raise AncraError(f"{text}: the range holds no value.")
    if count > MOST_VALUES:
        raise AncraError(f"{text} has {count:,} values; {MOST_VALUES:,} are the most.")
    whole = all(part == part.to_integral_value() for part in (first, step))
    return tuple(int(value) if whole else float(value) for value in (first + index * step for index in range(count)))


def _value(text: str, part: str) -> Any:
    try:
        value = yaml_value(part, "A value")
    except AncraError:
        value = None
    if value is None or isinstance(value, dict | list):
        raise AncraError(f"{text}: {part.strip()!r} is not a value.")
    return value


def _paths(kind: type[BaseModel], prefix: str = "") -> list[str]:
    paths = []
    for name, field in kind.model_fields.items():
        inner = settings_in(field.annotation)
        paths += _paths(inner, f"{prefix}{name}.") if inner else [prefix + name]
    return paths


def _endings(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[start:]) for start in range(len(parts))]
