"""A sweep's plan: the recipe, what varies, how many seeds; and the cells that follow from it."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from ancra.errors import unknown_name
from ancra.paths import named_sweeps_folder
from ancra.recipe import Recipe, load_recipe
from ancra.settings import Line, Settings, Words, changed, parse, read_table
from ancra.sweeps.axes import setting_path

Values = tuple[tuple[str, Any], ...]


class SweepPlan(Settings):
    """What a sweep trains: every combination of the varied settings, each with several seeds."""

    name: Line = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", description="Short name: lower case, digits, dashes.")
    title: Line = Field(description="The name shown to people.")
    description: Words = Field("", description="One sentence about it.")
    recipe: Recipe = Field(description="What every cell starts from; in a YAML file a recipe's name will do.")
    vary: dict[str, tuple[Any, ...]] = Field(min_length=1, description="Full path of a setting -> its values.")
    seeds: int = Field(3, ge=1, le=1000, description="Every combination is trained with the seeds 0 to this less 1.")

    @field_validator("vary")
    @classmethod
    def _varies(cls, vary: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
        for key, values in vary.items():
            if not values:
                raise ValueError(f"{key} has no values")
            if key == "seed":
                raise ValueError("seeds are set by seeds, not varied")
        return vary

    @property
    def size(self) -> int:
        """How many runs it takes."""
        return math.prod(len(values) for values in self.vary.values()) * self.seeds

    def cells(self) -> Iterator["Cell"]:
        """Every run of the plan, seed by seed, so that a sweep that is stopped early has compared like with like.

        Raises:
            AncraError: a combination does not make a recipe; the sentence says which.
        """
        for seed in range(self.seeds):
            for values in product(*self.vary.values()):
                yield self.cell(dict(zip(self.vary, values, strict=True)), seed)

    def cell(self, values: dict[str, Any], seed: int) -> "Cell":
        """One run of the plan. Raises AncraError."""
        name = "_".join([*(f"{short(key)}-{value}" for key, value in values.items()), f"seed-{seed}"])
        title = f"{self.recipe.title}, {label(tuple(values.items()))}, seed {seed}"
        data = changed(self.recipe.model_dump(mode="json"), {**values, "seed": seed, "title": title})
        return Cell(re.sub(r"[^A-Za-z0-9._-]+", "-", name), values, seed, parse(Recipe, data, f"{self.name}, {name}"))


@dataclass(frozen=True)
class Cell:
    """One run of a sweep.

    Attributes:
        name: of its folder.
        values: full path of a setting -> its value here.
    """

    name: str
    values: dict[str, Any]
    seed: int
    recipe: Recipe


def short(key: str) -> str:
    """The last part of a setting's path."""
    return key.rpartition(".")[2]


def label(setting: Values) -> str:
    """A combination of values for people: ``alpha 0.5``, ``strategy soft_ls, zeta 3``."""
    return ", ".join(f"{short(key)} {value}" for key, value in setting)


def sweep_names() -> list[str]:
    """The names of the sweeps that come with the project."""
    return sorted(path.stem for path in named_sweeps_folder().glob("*.yaml"))


def load_plan(name_or_path: str) -> SweepPlan:
    """A plan by its name or from a YAML file. Raises AncraError."""
    path = Path(name_or_path)
    if path.suffix not in {".yaml", ".yml"}:
        if name_or_path not in sweep_names():
            raise unknown_name("sweep", name_or_path, sweep_names())
        path = named_sweeps_folder() / f"{name_or_path}.yaml"
    return parse(SweepPlan, _spelled_out(read_table(path), path), source=str(path))


def _spelled_out(data: dict[str, Any], path: Path) -> dict[str, Any]:
    """The table of a plan's file with its recipe, its changes to it and its settings' keys in full."""
    data = dict(data)
    changes = data.pop("set", {})
    recipe = data.get("recipe")
    if isinstance(recipe, str):
        values = {setting_path(key): value for key, value in changes.items()}
        data["recipe"] = changed(load_recipe(recipe).model_dump(mode="json"), values)
    vary = data.get("vary")
    if isinstance(vary, dict):
        data["vary"] = {setting_path(key): values for key, values in vary.items()}
    return data
