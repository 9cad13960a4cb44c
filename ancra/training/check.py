"""The names in a recipe, checked before anything is trained: a typo must not wait for the epoch that first needs it."""

from ancra.attacks.objectives import as_objective
from ancra.attacks.suite import ATTACKS
from ancra.data.registry import DATASETS
from ancra.models.registry import check_architecture
from ancra.negatives.strategy import active_picker
from ancra.recipe import Recipe

NO_ATTACKS = ("natural", "worst")  # of test_attacks, which are always there, or made of others


def check_names(recipe: Recipe) -> None:
    """Raises AncraError, with the nearest known name, for a dataset, architecture, objective, picker or attack."""
    DATASETS[recipe.data.name]
    check_architecture(recipe.model.architecture)
    as_objective(recipe.attack.objective)
    active_picker(recipe.negatives)
    for name in recipe.test_attacks:
        if name not in NO_ATTACKS:
            ATTACKS[name]
