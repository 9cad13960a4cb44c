"""The widget for one setting of a recipe: its kind, bounds and choices come from the recipe's own description."""

import math
from collections.abc import Callable, Iterable
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import streamlit as st
from pydantic.fields import FieldInfo

from ancra.errors import AncraError
from ancra.structured import yaml_value
from app.answers.recipes import FRACTIONS, fraction

MARK = "• "
"""Stands before the name of a setting that was changed: plain text, which is read aloud as well."""
OPEN = ("model.architecture",)
"""Choices that another value may be typed for."""
LABELS = {
    "data.name": "Dataset",
    "attack.epsilon": "Epsilon",
    "optimiser.learning_rate": "Learning rate",
    "validation.metric": "Best epoch by",
    "root": "Folder or zip",
    "std": "Standard deviation",
    "epsilon_ramp": "Epsilon ramp",
    "mart_weight": "MART weight",
    "ema_decay": "EMA decay",
    "linf": "Linf",
    "l2": "L2",
    "ce": "CE",
}


def label(path: str) -> str:
    """What a setting is called, from its dotted path."""
    last = path.rpartition(".")[2]
    return LABELS.get(path) or LABELS.get(last) or last.replace("_", " ").capitalize()


def setting_title(path: str) -> str:
    """A setting with the table that it stands in."""
    table = path.rpartition(".")[0]
    return f"{label(table)}: {label(path)}" if table else label(path)


def field_widget(path: str, annotation: Any, field: FieldInfo, value: Any, key: str, changed: bool) -> Any:
    """Draw the widget; gives what it holds, None for an optional setting that was left empty.

    Args:
        value: what it shows first.
        changed: whether it differs from the recipe that the form started from; its name is then marked.
    """
    name, about = MARK + label(path) if changed else label(path), field.description
    options = choices(path, annotation)
    kind, optional = without_none(annotation)
    if path in FRACTIONS:
        typed = st.text_input(name, shown(annotation, value, path), key=key, help=f"{about} A fraction such as 8/255.")
        return typed.strip() or None
    if options is not None and _many(kind):
        return st.multiselect(name, options, list(value or ()), key=key, help=about)
    if options is not None:
        listed = [None, *options] if optional else list(options)
        listed = listed if value in listed or path not in OPEN else [value, *listed]
        index = listed.index(value) if value in listed else 0
        return st.selectbox(
            name, listed, index=index, format_func=option_text, key=key, help=about, accept_new_options=path in OPEN
        )
    if kind is bool:
        return st.toggle(name, value, key=key, help=about)
    if kind in (int, float):
        return _number(name, kind, field, value, key)
    typed = st.text_input(name, shown(annotation, value), key=key, help=about)
    if not typed.strip():
        return None if optional else [] if _many(kind) else typed
    return _list(typed) if _many(kind) else typed


def shown(annotation: Any, value: Any, path: str = "") -> Any:
    """What the widget of a setting holds for a value."""
    kind, _ = without_none(annotation)
    if path in FRACTIONS:
        return "" if value is None else fraction(float(value))
    if choices(path, annotation) is not None:
        return list(value or ()) if _many(kind) else value
    if kind in (int, float, bool):
        return None if value is None else kind(value)
    if value is None:
        return ""
    return ", ".join(map(str, value)) if _many(kind) else str(value)


def choices(path: str, annotation: Any) -> Iterable[Any] | None:
    """The known values of a setting, where there are any."""
    named: dict[str, Callable[[], Iterable[str]]] = {
        "attack.objective": _objectives,
        "model.architecture": _architectures,
        "negatives.picker": _pickers,
        "test_attacks": _attacks,
        "device": lambda: ("auto", "cpu", "cuda", "mps"),
    }
    if path in named:
        return named[path]()
    inner, _ = without_none(annotation)
    return get_args(inner) if get_origin(inner) is Literal else None


def option_text(value: Any) -> str:
    """A choice for people."""
    return "Its own" if value is None else LABELS.get(value, str(value))


def without_none(annotation: Any) -> tuple[Any, bool]:
    """An annotation without ``| None``, and whether it had one."""
    if get_origin(annotation) in (Union, UnionType):
        rest = [each for each in get_args(annotation) if each is not type(None)]
        return rest[0], len(rest) < len(get_args(annotation))
    return annotation, False


def _number(name: str, kind: type, field: FieldInfo, value: Any, key: str) -> Any:
    limits = {name: getattr(each, name) for each in field.metadata for name in ("ge", "le") if hasattr(each, name)}
    low, high = (None if limit is None else kind(limit) for limit in (limits.get("ge"), limits.get("le")))
    value = None if value is None else kind(value)  # a default of 0 may stand for 0.0
    if kind is int:
        return st.number_input(name, low, high, value, step=1, key=key, help=field.description)
    # The step is part of what the widget is: it must not change with the value that is typed.
    default = field.default if isinstance(field.default, int | float) else 0
    step = 10.0 ** math.floor(math.log10(abs(default))) if default else 0.1
    return st.number_input(name, low, high, value, step=step, format="%.6g", key=key, help=field.description)


def _list(text: str) -> Any:
    """A list typed as ``75, 90, 100`` or ``[75, 90, 100]``; what is no list is left for the recipe to refuse."""
    try:
        return yaml_value(text if text.strip().startswith("[") else f"[{text}]", "The list")
    except AncraError:
        return text


def _objectives() -> list[str]:
    from ancra.attacks.objectives import OBJECTIVES

    return list(OBJECTIVES)


def _architectures() -> list[str]:
    from ancra.models.registry import MODELS
    from ancra.models.sources import torchvision_names

    return [*MODELS, *(f"torchvision:{name}" for name in torchvision_names())]


def _pickers() -> list[str]:
    from ancra.negatives.strategy import PICKERS

    return list(PICKERS)


def _attacks() -> list[str]:
    from ancra.attacks.suite import ATTACKS

    return [*ATTACKS, "worst"]


def _many(kind: Any) -> bool:
    return get_origin(kind) is tuple
