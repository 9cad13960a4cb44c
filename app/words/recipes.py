"""What a recipe trains, in words and in the field's units."""

from ancra.recipe import Recipe
from ancra.text import epsilon_text

OBJECTIVES = {"natural": "natural training", "pgd_at": "PGD-AT", "trades": "TRADES", "mart": "MART"}
NORMS = {"linf": "Linf", "l2": "L2"}


def network(recipe: Recipe, title: str) -> str:
    """The network that is trained; ``title`` is its architecture's."""
    width = f" of width {recipe.model.width}" if recipe.model.width else ""
    blocks = recipe.model.reverse_attention_blocks
    attention = f", reverse attention in its last {'block' if blocks == 1 else f'{blocks} blocks'}" if blocks else ""
    return f"{title}{width}{attention}"


def objective(recipe: Recipe) -> str:
    """What is minimised, and against which attack."""
    base = OBJECTIVES[recipe.objective.base]
    contrast = " with the contrast" if recipe.objective.contrast else ""
    if recipe.objective.base == "natural":
        return f"{base}, judged at epsilon {epsilon_text(recipe.attack.epsilon)}"
    attack = recipe.attack
    steps = "1 step" if attack.steps == 1 else f"{attack.steps} steps"
    return f"{base}{contrast}, attacked in {steps} within {NORMS[attack.norm]} epsilon {epsilon_text(attack.epsilon)}"


def sizes(images: int, steps: int, batch: int, parameters: int) -> str:
    """How much is trained, from its counts."""
    each = "1 step" if steps == 1 else f"{steps:,} steps"
    return f"**{parameters:,} parameters** on **{images:,} images**: **{each} an epoch** of up to {batch:,} images"
