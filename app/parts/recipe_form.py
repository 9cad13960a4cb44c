"""A form made from the Recipe itself: every setting with its own description, bounds and choices."""

import math
from collections.abc import Callable, Iterable
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import streamlit as st
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ancra.settings import parse
from ancra.training.recipe import Recipe

MAIN = ("epochs", "attack.epsilon", "optimiser.learning_rate", "batch_size", "seed")
HIDDEN = (
    "name",
    "title",
    "description",
    "attack.targeted",
    "attack.restarts",
    "attack.keep",
    "attack.seed",
    "attack.targets",
)
NARROWEST = 140  # pixels of a column
LABELS = {
    "attack.epsilon": "Epsilon",
    "optimiser.learning_rate": "Learning rate",
    "std": "Standard deviation",
    "epsilon_ramp": "Epsilon ramp",
    "mart_weight": "MART weight",
    "linf": "Linf",
    "l2": "L2",
    "ce": "CE",
}
GENERAL = "General"


def recipe_form(preset: Recipe) -> Recipe:
    """Draw the form for a preset and return the recipe as it stands in it.

    Raises:
        AncraError: the settings do not fit together; the sentence says which.
    """
    form = _Form(preset)
    form.draw_main()
    with st.expander("More settings", icon=":material/tune:"):
        form.draw_rest()
    return parse(Recipe, form.values, source="These settings")


class _Form:
    """Widgets for one preset; ``values`` is the nested table of what they hold."""

    def __init__(self, preset: Recipe) -> None:
        self.preset = preset.model_dump()
        self.name = preset.name
        self.values: dict[str, Any] = preset.model_dump()

    def draw_main(self) -> None:
        """The few settings that people change most."""
        with st.grid(2, min_column_width=NARROWEST, gap="small") as grid:
            for path in MAIN:
                kind, field = _field_at(path)
                with grid.cell():
                    self._ask(path, kind, field)

    def draw_rest(self) -> None:
        """Everything else, a heading for each table of settings."""
        st.markdown(f"**{GENERAL}**")
        self._table("", Recipe, nested=False)
        for name, field in Recipe.model_fields.items():
            inner = _settings_in(field.annotation)
            if inner is not None:
                st.markdown(f"**{_label(name)}**")
                self._table(f"{name}.", inner, nested=True)

    def _table(self, prefix: str, kind: type[BaseModel], nested: bool) -> None:
        plain = [(n, f) for n, f in kind.model_fields.items() if _settings_in(f.annotation) is None]
        with st.grid(2, min_column_width=NARROWEST, gap="small") as grid:
            for name, field in plain:
                if prefix + name not in (*MAIN, *HIDDEN):
                    with grid.cell():
                        self._ask(prefix + name, field.annotation, field)
        for name, field in kind.model_fields.items():
            inner = _settings_in(field.annotation)
            if nested and inner is not None:
                self._optional_table(prefix + name, inner, field)

    def _optional_table(self, path: str, kind: type[BaseModel], field: FieldInfo) -> None:
        wanted = st.toggle(_label(path), self._preset(path) is not None, key=self._key(path), help=field.description)
        if not wanted:
            self._keep(path, None)
            return
        if self._preset(path) is None:
            self._keep(path, kind().model_dump())
        self._table(f"{path}.", kind, nested=True)

    def _ask(self, path: str, kind: Any, field: FieldInfo) -> None:
        self._keep(path, _widget(path, kind, field, self._preset(path, field.default), self._key(path)))

    def _key(self, path: str) -> str:
        return f"recipe/{self.name}/{path}"

    def _preset(self, path: str, otherwise: Any = None) -> Any:
        table: Any = self.preset
        for part in path.split("."):
            if not isinstance(table, dict):
                return otherwise
            table = table.get(part)
        return table

    def _keep(self, path: str, value: Any) -> None:
        table = self.values
        *parents, last = path.split(".")
        for part in parents:
            table = table[part]
        table[last] = value


def _widget(path: str, kind: Any, field: FieldInfo, value: Any, key: str) -> Any:
    """The widget for one setting; gives what it holds, None for an optional setting that was left empty."""
    label, about = _label(path), field.description
    choices = _choices(path, kind)
    kind, optional = _without_none(kind)
    if choices is not None:
        options = [None, *choices] if optional else list(choices)
        index = options.index(value) if value in options else 0
        return st.selectbox(label, options, index=index, format_func=_option, key=key, help=about)
    if kind is bool:
        return st.toggle(label, value, key=key, help=about)
    if kind in (int, float):
        return _number(label, kind, field, value, key)
    shown = ", ".join(map(str, value)) if _many(kind) and value is not None else value
    typed = st.text_input(label, "" if shown is None else str(shown), key=key, help=about)
    if not typed.strip():
        return None if optional else typed
    return _list(typed) if _many(kind) else typed


def _number(label: str, kind: type, field: FieldInfo, value: Any, key: str) -> Any:
    limits = {name: getattr(each, name) for each in field.metadata for name in ("ge", "le") if hasattr(each, name)}
    low, high = (None if limit is None else kind(limit) for limit in (limits.get("ge"), limits.get("le")))
    value = None if value is None else kind(value)  # a default of 0 may stand for 0.0
    if kind is int:
        return st.number_input(label, low, high, value, step=1, key=key, help=field.description)
    step = 10.0 ** math.floor(math.log10(abs(value))) if value else 0.1
    shown = "%.6g"
    return st.number_input(label, low, high, value, step=step, format=shown, key=key, help=field.description)


def _list(text: str) -> Any:
    """A list typed as ``75, 90, 100`` or ``[75, 90, 100]``; what is no list is left for the recipe to refuse."""
    try:
        return yaml.safe_load(text if text.strip().startswith("[") else f"[{text}]")
    except yaml.YAMLError:
        return text


def _choices(path: str, kind: Any) -> Iterable[Any] | None:
    """The known values of a setting, where there are any."""
    named: dict[str, Callable[[], Iterable[str]]] = {
        "data.name": _datasets,
        "attack.objective": _objectives,
        "negatives.picker": _pickers,
        "device": lambda: ("auto", "cpu", "cuda", "mps"),
    }
    if path in named:
        return named[path]()
    inner, _ = _without_none(kind)
    return get_args(inner) if get_origin(inner) is Literal else None


def _datasets() -> list[str]:
    from ancra.data.registry import dataset_names

    return dataset_names()


def _objectives() -> list[str]:
    from ancra.attacks.objectives import OBJECTIVES

    return list(OBJECTIVES)


def _pickers() -> list[str]:
    from ancra.negatives.strategy import PICKERS

    return list(PICKERS)


def _field_at(path: str) -> tuple[Any, FieldInfo]:
    kind: Any = Recipe
    field: FieldInfo | None = None
    for part in path.split("."):
        field = (_settings_in(kind) or kind).model_fields[part]
        kind = field.annotation
    assert field is not None
    return kind, field


def _settings_in(kind: Any) -> type[BaseModel] | None:
    """The settings class that an annotation names, alone or as one that may be missing."""
    inner, _ = _without_none(kind)
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def _without_none(kind: Any) -> tuple[Any, bool]:
    if get_origin(kind) in (Union, UnionType):
        rest = [each for each in get_args(kind) if each is not type(None)]
        return rest[0], len(rest) < len(get_args(kind))
    return kind, False


def _many(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _label(path: str) -> str:
    last = path.rpartition(".")[2]
    return LABELS.get(path) or LABELS.get(last) or last.replace("_", " ").capitalize()


def _option(value: Any) -> str:
    if value is None:
        return "its own"
    return LABELS.get(str(value), str(value).replace("_", " "))
