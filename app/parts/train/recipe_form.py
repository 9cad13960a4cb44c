"""A form made from the Recipe itself: every setting with its own description, bounds and choices."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ancra.data.titles import DATASET_TITLES
from ancra.recipe import Recipe
from ancra.settings import parse, settings_in
from ancra.uploads.images import image_sets
from app import state
from app.answers import recipes
from app.parts.train.field import MARK, field_widget, label, shown

MAIN = ("data.name", "epochs", "attack.epsilon", "optimiser.learning_rate", "batch_size", "seed")
HIDDEN = (
    "name",
    "title",
    "description",
    "attack.targeted",
    "attack.restarts",
    "attack.keep",
    "attack.seed",
    "attack.targets",
    "attack.compiled",
)
ONLY_WITH: dict[str, tuple[str, tuple[Any, ...]]] = {
    "model.depth": ("model.architecture", ("wide_resnet",)),
    "model.widen_factor": ("model.architecture", ("wide_resnet",)),
    "objective.beta": ("objective.base", ("trades",)),
    "objective.mart_weight": ("objective.base", ("mart",)),
    "objective.contrast": ("objective.base", ("pgd_at", "trades", "mart")),
    "schedule.milestones": ("schedule.kind", ("steps",)),
    "schedule.factor": ("schedule.kind", ("steps",)),
    "data.image_size": ("data.name", ("image_folder",)),
    "data.test_fraction": ("data.name", ("image_folder",)),
    "data.split_seed": ("data.name", ("image_folder",)),
}
"""Settings that mean something only where another one has one of these values."""
NARROWEST = 140  # pixels of a column
UPLOAD = "uploads/"
"""What an uploaded image set is called among the datasets."""


def recipe_form(
    name: str, base: Recipe, start: Recipe | None = None, anew: bool = False
) -> tuple[Recipe, "RecipeForm"]:
    """Draw the form and return the recipe as it stands in it, and the form, which can take changes back.

    Args:
        name: tells this form's widgets from those of other recipes.
        base: what changes are counted against.
        start: what the widgets show first; the base itself where it is left out.
        anew: whether they show it again, whatever they hold.

    Raises:
        AncraError: the settings do not fit together; the sentence says which.
    """
    form = RecipeForm(name, base, start or base, anew)
    form.draw()
    return parse(Recipe, form.values, source="These settings"), form


class RecipeForm:
    """Widgets for one recipe; ``values`` is the nested table of what they hold."""

    def __init__(self, name: str, base: Recipe, start: Recipe, anew: bool) -> None:
        self.name, self.base, self.start, self.anew = name, base.model_dump(), start.model_dump(), anew
        self.values: dict[str, Any] = start.model_dump()
        self._widgets: dict[str, tuple[str, Any]] = {}

    def draw(self) -> None:
        """The few settings that people change most, then all others."""
        with st.grid(2, min_column_width=NARROWEST, gap="small") as grid:
            for path in MAIN:
                with grid.cell():
                    self._ask(path, *_field_at(path))
        with st.expander("More settings", icon=":material/tune:"):
            st.markdown("**General**")
            self._table("", Recipe, nested=False)
            for name, field in Recipe.model_fields.items():
                inner = settings_in(field.annotation)
                if name == "negatives" and self._value("objective.contrast") is None:
                    self._keep(name, self.base[name])
                elif inner is not None:
                    st.markdown(f"**{label(name)}**")
                    self._table(f"{name}.", inner, nested=True)

    def reset(self, *paths: str) -> None:
        """Take changes back. To be called before the widgets are drawn again: from a callback."""
        for path in paths:
            while path and path not in self._widgets:
                path = path.rpartition(".")[0]
            if path:
                key, value = self._widgets[path]
                st.session_state[key] = value

    def _table(self, prefix: str, kind: type[BaseModel], nested: bool) -> None:
        plain = [(n, f) for n, f in kind.model_fields.items() if settings_in(f.annotation) is None]
        with st.grid(2, min_column_width=NARROWEST, gap="small") as grid:
            for name, field in plain:
                path = prefix + name
                if path not in (*MAIN, *HIDDEN) and self._means_something(path, field):
                    with grid.cell():
                        self._ask(path, field.annotation, field)
        for name, field in kind.model_fields.items():
            inner = settings_in(field.annotation)
            if nested and inner is not None and self._means_something(prefix + name, field):
                self._optional_table(prefix + name, inner, field)

    def _optional_table(self, path: str, kind: type[BaseModel], field: FieldInfo) -> None:
        had, key = _at(self.base, path) is not None, self._key(path)
        self._widgets[path] = key, had
        first = _at(self.start, path) is not None
        title = MARK + label(path) if self._held(key, first) != had else label(path)
        if not st.toggle(title, first, key=key, help=field.description):
            self._keep(path, None)
            return
        if self._value(path) is None:
            self._keep(path, kind().model_dump())
        self._table(f"{path}.", kind, nested=True)

    def _ask(self, path: str, annotation: Any, field: FieldInfo) -> None:
        if path == "data.name":
            self._ask_data(field)
            return
        key, default = self._key(path), field.default
        first, before = _at(self.start, path, default), shown(annotation, _at(self.base, path, default), path)
        self._widgets[path] = key, before
        held = self._held(key, shown(annotation, first, path))
        self._keep(path, field_widget(path, annotation, field, first, key, changed=held != before))

    def _ask_data(self, field: FieldInfo) -> None:
        """The datasets by name, and the uploaded image sets among them."""
        sets = {UPLOAD + one.name: one for one in image_sets()}
        options, key = [*_datasets(), *sets], self._key("data.name")
        first, before = (_data_option(table, options) for table in (self.start, self.base))
        self._widgets["data.name"] = self._widgets["data.root"] = key, before
        changed = self._held(key, first) != before
        chosen = st.selectbox(
            MARK + "Data" if changed else "Data",
            options,
            index=options.index(first),
            key=key,
            format_func=lambda name: DATASET_TITLES.get(name, f"{name.removeprefix(UPLOAD)} (your images)"),
            help=f"{field.description} Images of your own are added under **Upload**.",
        )
        if chosen in sets:
            self._keep("data.name", "image_folder")
            self._keep("data.root", sets[chosen].root)
            return
        self._keep("data.name", chosen)
        if chosen != first and first in sets:
            self._keep("data.root", None)
        if chosen == "image_folder" and not state.on_this_machine():
            st.caption("A folder is named only by who sits at this server's machine: upload the images instead.")
        elif chosen == "image_folder":
            root = Recipe.model_fields["data"].annotation.model_fields["root"]  # type: ignore[union-attr]
            self._ask("data.root", root.annotation, root)

    def _means_something(self, path: str, field: FieldInfo) -> bool:
        if path == "data.root":
            return False  # asked for beside the dataset
        other, values = ONLY_WITH.get(path, ("", ()))
        if path == "model.width":
            # A plugin's network may take it, one of another library has its own.
            network = str(self._value("model.architecture"))
            fits = ":" not in network and not network.startswith(("wide_resnet", "vgg"))
        else:
            fits = not other or self._value(other) in values
        if fits:
            return True
        self._keep(path, None if field.default is None else _at(self.base, path))
        return False

    def _value(self, path: str) -> Any:
        return _at(self.values, path)

    def _key(self, path: str) -> str:
        return f"recipe/{self.name}/{path}"

    def _held(self, key: str, first: Any) -> Any:
        """What a widget that is about to be drawn holds."""
        if self.anew:
            st.session_state[key] = first
        return st.session_state.get(key, first)

    def _keep(self, path: str, value: Any) -> None:
        table = self.values
        *parents, last = path.split(".")
        for part in parents:
            table = table[part]
        table[last] = value


def _at(table: Any, path: str, otherwise: Any = None) -> Any:
    for part in path.split("."):
        if not isinstance(table, dict):
            return otherwise
        table = table.get(part)
    return table


def _data_option(recipe: Mapping[str, Any], options: list[str]) -> str:
    from ancra.data.settings import DataSettings

    data = DataSettings(**recipe["data"])
    upload = recipes.uploaded(data)
    option = UPLOAD + upload if upload else data.name
    return option if option in options else data.name


def _datasets() -> list[str]:
    from ancra.data.registry import dataset_names

    return sorted(dataset_names(), key=lambda name: list(DATASET_TITLES).index(name) if name in DATASET_TITLES else 9)


def _field_at(path: str) -> tuple[Any, FieldInfo]:
    kind: Any = Recipe
    field: FieldInfo | None = None
    for part in path.split("."):
        field = (settings_in(kind) or kind).model_fields[part]
        kind = field.annotation
    assert field is not None
    return kind, field
