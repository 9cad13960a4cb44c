"""The command that trains a recipe again."""

import json
import shlex
from typing import Any

from ancra.recipe import Recipe, recipe_names
from ancra.runs.overview import unlike_named


def train_command(recipe: Recipe) -> str | None:
    """``ancra train ...``; None for a recipe whose name is none of those that come with the project."""
    if recipe.name not in recipe_names():
        return None
    sets = (word for key, value in unlike_named(recipe).items() for word in ("--set", f"{key}={as_yaml(value)}"))
    return shlex.join(["ancra", "train", recipe.name, *sets])


def as_yaml(value: Any) -> str:
    """A value as YAML reads it back."""
    return value if isinstance(value, str) else json.dumps(value)
